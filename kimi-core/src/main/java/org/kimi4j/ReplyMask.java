package org.kimi4j;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.grammar.Grammar;
import org.kimi4j.grammar.Matcher;

/**
 * Follows one reply and says which tokens may come next. The thinking is free; what would end the reply there ends the
 * thinking if an answer must follow. For one thread.
 */
final class ReplyMask {

    private final ReplyRules rules;
    private final int[] stopIds;
    private final BitSet scratch = new BitSet();
    private final @Nullable Matcher answer;
    private @Nullable Matcher header;
    private @Nullable Matcher arguments;
    private boolean answered;
    private boolean inCall;
    private boolean called;

    ReplyMask(ReplyRules rules, int[] stopIds) {
        this.rules = rules;
        this.stopIds = stopIds;
        this.answer = rules.answer().map(Grammar::matcher).orElse(null);
    }

    /** Whether a token of the thinking would leave no answer behind it. */
    boolean endsThinking(int id, boolean isStop) {
        if (answer == null) {
            return false;
        }
        boolean call =
                id == rules.controls().sectionBegin() || id == rules.controls().callBegin();
        return isStop || call && !rules.hasTools();
    }

    /** Whether the answer is complete and nothing can follow it. */
    boolean isWhole() {
        return answer != null
                && answered
                && answer.isComplete()
                && answer.allowed(Integer.MAX_VALUE).isEmpty();
    }

    /**
     * The tokens that may come next.
     *
     * @param left tokens that the reply may still have
     * @return null for all; valid until the next call
     */
    @Nullable
    BitSet allowed(ReplyChannel channel, int left) {
        return switch (channel) {
            case THINKING -> null;
            case ANSWER -> inAnswer(left);
            case TOOL_HEADER -> inHeader(left);
            case TOOL_ARGUMENTS -> inArguments(left);
        };
    }

    private @Nullable BitSet inAnswer(int left) {
        if (answer == null) {
            return null;
        }
        scratch.clear();
        if (called) {
            addStops();
            return scratch;
        }
        scratch.or(answer.allowed(left));
        if (answer.isComplete()) {
            addStops();
        }
        if (!answered && rules.hasTools()) {
            scratch.set(rules.controls().sectionBegin());
        }
        return scratch;
    }

    private @Nullable BitSet inHeader(int left) {
        if (rules.header().isEmpty()) {
            return null;
        }
        scratch.clear();
        if (header != null && inCall) {
            addPossible(header, left);
            if (header.isComplete()) {
                scratch.set(rules.controls().argumentBegin());
            }
        } else {
            scratch.set(rules.controls().callBegin());
            if (called) {
                scratch.set(rules.controls().sectionEnd());
                addStops();
            }
        }
        return scratch;
    }

    private @Nullable BitSet inArguments(int left) {
        if (arguments == null) {
            return null;
        }
        scratch.clear();
        addPossible(arguments, left);
        if (arguments.isComplete()) {
            scratch.set(rules.controls().callEnd());
        }
        return scratch;
    }

    /** A call that began too late for its shortest arguments is cut; until then it follows its schema. */
    private void addPossible(Matcher matcher, int left) {
        boolean fits = left >= matcher.tokensToEnd();
        scratch.or(matcher.allowed(fits ? left : Integer.MAX_VALUE));
    }

    private void addStops() {
        for (int id : stopIds) {
            scratch.set(id);
        }
    }

    /**
     * Takes the next token.
     *
     * @param before what was being written when it came
     * @param tool the function whose arguments follow it, empty if none do
     */
    void accept(int id, ReplyChannel before, String tool) {
        if (id == rules.controls().callBegin()) {
            inCall = true;
            called = true;
            header = rules.header().map(Grammar::matcher).orElse(null);
            arguments = null;
        } else if (id == rules.controls().callEnd() || id == rules.controls().sectionEnd()) {
            inCall = false;
            arguments = null;
        } else if (id == rules.controls().argumentBegin()) {
            Grammar grammar = rules.arguments().get(tool);
            arguments = grammar == null ? null : grammar.matcher();
        } else if (id != rules.controls().sectionBegin()) {
            follow(id, before);
        }
    }

    private void follow(int id, ReplyChannel channel) {
        Matcher matcher = switch (channel) {
            case THINKING -> null;
            case ANSWER -> answer;
            case TOOL_HEADER -> inCall ? header : null;
            case TOOL_ARGUMENTS -> arguments;
        };
        if (matcher != null) {
            answered |= matcher == answer;
            matcher.accept(id);
        }
    }
}
