package org.kimi4j;

import java.util.Map;
import java.util.Optional;
import org.kimi4j.grammar.Grammar;
import org.kimi4j.tokenizer.SpecialTokens;

/**
 * What a reply must obey. Immutable; {@link ReplyMask} follows one reply.
 *
 * @param answer of the answer; empty for anything
 * @param header of what names the function of a call; empty for anything
 * @param arguments of the arguments of strict tools, by their names
 */
record ReplyRules(
        Optional<Grammar> answer,
        Optional<Grammar> header,
        Map<String, Grammar> arguments,
        Calls calls,
        Controls controls) {

    static final ReplyRules NONE = new ReplyRules(
            Optional.empty(), Optional.empty(), Map.of(), Calls.UNKNOWN, new Controls(-1, -1, -1, -1, -1));

    /** Tokens of a call around its header and arguments: beginning of section and call, the two tags behind. */
    private static final int CALL_MARKUP = 4;

    /** Tokens of an object without members. */
    private static final int EMPTY_ARGUMENTS = 2;

    /** Whether there may be calls in place of an answer. */
    enum Calls {
        /** No tools were declared, and nobody forbade calls. */
        UNKNOWN,
        FORBIDDEN,
        ALLOWED,
        REQUIRED
    }

    /** Ids of the markup of calls, -1 for those that there are not. */
    record Controls(int sectionBegin, int sectionEnd, int callBegin, int argumentBegin, int callEnd) {

        static Controls of(SpecialTokens special) {
            return new Controls(
                    id(special, SpecialTokens.TOOL_CALLS_SECTION_BEGIN),
                    id(special, SpecialTokens.TOOL_CALLS_SECTION_END),
                    id(special, SpecialTokens.TOOL_CALL_BEGIN),
                    id(special, SpecialTokens.TOOL_CALL_ARGUMENT_BEGIN),
                    id(special, SpecialTokens.TOOL_CALL_END));
        }

        /** A vocabulary without calls has none of them. */
        private static int id(SpecialTokens special, String name) {
            return special.find(name).orElse(-1);
        }
    }

    /** Tokens that the shortest reply needs behind its thinking; 0 if it may be empty. */
    int shortestReply() {
        return calls == Calls.REQUIRED
                ? shortestCall()
                : answer.map(Grammar::shortestTokens).orElse(0);
    }

    /** Tokens that a call needs whichever tool it is of, its id being the shortest. */
    int shortestCall() {
        return CALL_MARKUP + header.map(Grammar::shortestTokens).orElse(1) + shortestArguments();
    }

    /** Tokens in which the arguments of any tool can be completed. */
    int shortestArguments() {
        int most = EMPTY_ARGUMENTS;
        for (Grammar grammar : arguments.values()) {
            most = Math.max(most, grammar.shortestTokens());
        }
        return most;
    }
}
