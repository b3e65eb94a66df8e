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
 * @param hasTools whether there may be calls in place of an answer
 */
record ReplyRules(
        Optional<Grammar> answer,
        Optional<Grammar> header,
        Map<String, Grammar> arguments,
        boolean hasTools,
        Controls controls) {

    static final ReplyRules NONE =
            new ReplyRules(Optional.empty(), Optional.empty(), Map.of(), false, new Controls(-1, -1, -1, -1, -1));

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

    /** Tokens that the shortest answer needs; 0 if there need not be one. */
    int shortestAnswer() {
        return answer.map(Grammar::shortestTokens).orElse(0);
    }
}
