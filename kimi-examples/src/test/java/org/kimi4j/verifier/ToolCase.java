package org.kimi4j.verifier;

import java.util.List;
import org.kimi4j.Kimi;

/**
 * Something the verifier checks.
 *
 * @param issues where it went wrong elsewhere, each {@code owner/repository#number}
 */
record ToolCase(String name, Origin origin, List<String> issues, Check check) {

    /** What the replies are made by. */
    enum Origin {
        SCRIPT,
        MODEL,
        PROMPT
    }

    /** Throws an {@link AssertionError} for what is wrong. */
    @FunctionalInterface
    interface Check {

        /** @return calls of tools that were checked */
        int run(Kimi kimi);
    }

    ToolCase {
        issues = List.copyOf(issues);
    }
}
