package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

/** Waiting for an engine to have taken notice of everything that was told it. */
final class Settled {

    private Settled() {}

    /** The engine has been round, so that it has seen what it was told before. */
    static void rounds(KimiModel model) {
        try (Session session = model.newSession()) {
            session.truncate(0);
            session.truncate(0);
        }
    }

    /** Nothing waits and nothing runs, at once or very soon. */
    static void assertIdle(KimiModel model) {
        long end = System.nanoTime() + 10_000_000_000L;
        do {
            rounds(model);
        } while (model.stats().waiting() + model.stats().active() > 0 && System.nanoTime() < end);
        assertThat(model.stats().waiting()).as("requests waiting").isZero();
        assertThat(model.stats().active()).as("requests running").isZero();
    }
}
