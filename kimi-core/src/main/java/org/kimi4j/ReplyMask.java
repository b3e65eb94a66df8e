package org.kimi4j;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.kimi4j.ReplyRules.Calls;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.grammar.Grammar;
import org.kimi4j.grammar.Matcher;

/**
 * Follows one reply and says which tokens may come next. The thinking is free; what would end the reply there ends the
 * thinking if an answer or a call must follow. For one thread.
 */
final class ReplyMask {

    private final ReplyRules rules;
    private final int[] stopIds;
    private final int vocabSize;
    private final BitSet scratch = new BitSet();
    private final @Nullable Matcher answer;
    private @Nullable Matcher header;
    private @Nullable Matcher arguments;
    private boolean answered;
    private boolean inCall;
    private boolean called;

    ReplyMask(ReplyRules rules, int[] stopIds, int vocabSize) {
        this.rules = rules;
        this.stopIds = stopIds;
        this.vocabSize = vocabSize;
        this.answer = rules.answer().map(Grammar::matcher).orElse(null);
    }

    /** Whether a token of the thinking would end the reply without what must be in it, or begin a call that may not be. */
    boolean endsThinking(int id, boolean isStop) {
        if (id == rules.controls().sectionBegin() || id == rules.controls().callBegin()) {
            return rules.calls() == Calls.FORBIDDEN || rules.calls() == Calls.UNKNOWN && answer != null;
        }
        return isStop && (answer != null || rules.calls() == Calls.REQUIRED);
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
        scratch.clear();
        boolean required = rules.calls() == Calls.REQUIRED;
        if (called && (answer != null || required)) {
            addStops();
            return scratch;
        }
        if (required) {
            scratch.set(rules.controls().sectionBegin());
            return scratch;
        }
        if (answer != null) {
            return inFormedAnswer(answer, left);
        }
        if (rules.calls() != Calls.FORBIDDEN) {
            return null;
        }
        scratch.set(0, vocabSize);
        for (int id :
                new int[] {rules.controls().sectionBegin(), rules.controls().callBegin()}) {
            if (id >= 0) {
                scratch.clear(id);
            }
        }
        return scratch;
    }

    private BitSet inFormedAnswer(Matcher matcher, int left) {
        scratch.or(matcher.allowed(left));
        if (matcher.isComplete()) {
            addStops();
        }
        if (!answered && rules.calls() == Calls.ALLOWED && left >= rules.shortestCall()) {
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
            int behind = 2 + rules.shortestArguments(); // the tags before and behind them
            addPossible(header, left - behind);
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
