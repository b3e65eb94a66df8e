package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

/** Waiting for an engine to have taken notice of everything that was told it. */
final class Settled {

    private Settled() {}

    /** Two rounds of the engine: what was cancelled before is gone after the first. */
    static void rounds(KimiModel model) {
        try (Session session = model.newSession()) {
            session.truncate(0);
            session.truncate(0);
        }
    }

    /** Nothing waits and nothing runs. */
    static void assertIdle(KimiModel model) {
        rounds(model);
        assertThat(model.stats().waiting()).as("requests waiting").isZero();
        assertThat(model.stats().active()).as("requests running").isZero();
    }
}
