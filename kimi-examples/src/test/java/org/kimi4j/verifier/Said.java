package org.kimi4j.verifier;

import java.util.List;
import org.kimi4j.agents.ToolResult.Outcome;

/** What a reply of a script is to be taken for. */
record Said(String reasoning, String text, List<Call> calls) {

    /** A call, and what is to come of it. */
    record Call(String id, String arguments, Outcome outcome) {}

    static Said of(String reasoning, String text, Call... calls) {
        return new Said(reasoning, text, List.of(calls));
    }

    /** A call that is run. */
    static Call runs(String id, String arguments) {
        return new Call(id, arguments, Outcome.RETURNED);
    }

    /** A call whose function throws. */
    static Call fails(String id, String arguments) {
        return new Call(id, arguments, Outcome.FAILED);
    }

    /** A call that must not be run; the model is told why. */
    static Call refused(String id, String arguments) {
        return new Call(id, arguments, Outcome.NOT_RUN);
    }

    /** A part of a tool section that is no call; the model is told so. */
    static Call unreadable(int index, String text) {
        return new Call("unreadable-" + index, text, Outcome.NOT_RUN);
    }

    int runnable() {
        return (int)
                calls.stream().filter(call -> call.outcome() != Outcome.NOT_RUN).count();
    }
}
