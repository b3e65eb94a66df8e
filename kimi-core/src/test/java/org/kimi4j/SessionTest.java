package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.nano.KimiNano;

/** Tokens in, logits out, below the level of chat. */
class SessionTest {

    private static final long SEED = 20261107;
    private static final int[] TOKENS =
            new SplittableRandom(SEED).ints(150, 0, 1280).toArray();
    private static final Gate GATE = new Gate();
    private static KimiModel model;

    @BeforeAll
    static void open() {
        model = KimiModel.open(KimiNano.path(), WatchedBackend.watchedBy(GATE));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static float[] lastLogits(int... tokens) {
        try (Session session = model.newSession()) {
            return session.append(tokens);
        }
    }

    @Test
    void chunksAndSingleTokensGiveTheLogitsOfOnePass() {
        float[] whole = lastLogits(TOKENS);
        for (int chunk : new int[] {1, 7, 64}) {
            try (Session session = model.newSession()) {
                List<float[]> last = new ArrayList<>();
                session.append(TOKENS, chunk, true, (position, logits) -> {
                    assertThat(position).isEqualTo(TOKENS.length - 1);
                    last.add(logits.clone());
                });
                assertThat(last).hasSize(1);
                assertThat(last.getFirst()).as("chunk %d, seed %d", chunk, SEED).containsExactly(whole);
            }
        }
    }

    @Test
    void allPositionsAreShownInOrder() {
        try (Session session = model.newSession()) {
            List<Integer> positions = new ArrayList<>();
            List<float[]> all = new ArrayList<>();
            session.append(Arrays.copyOf(TOKENS, 40), 17, false, (position, logits) -> {
                positions.add(position);
                all.add(logits.clone());
            });
            assertThat(positions)
                    .isEqualTo(java.util.stream.IntStream.range(0, 40).boxed().toList());
            assertThat(all.get(20)).containsExactly(lastLogits(Arrays.copyOf(TOKENS, 21)));
        }
    }

    @Test
    void truncatedSessionGoesOnAsIfTheRestHadNeverBeen() {
        try (Session session = model.newSession()) {
            session.append(TOKENS);
            session.truncate(70);
            assertThat(session.length()).isEqualTo(70);
            float[] logits = session.append(5, 6, 7);
            int[] expected = Arrays.copyOf(TOKENS, 73);
            expected[70] = 5;
            expected[71] = 6;
            expected[72] = 7;
            assertThat(session.tokens()).containsExactly(expected);
            assertThat(logits).containsExactly(lastLogits(expected));
        }
    }

    @Test
    void interruptedPassLeavesTheSessionAsItWas() throws Exception {
        try (Session session = model.newSession()) {
            session.append(Arrays.copyOf(TOKENS, 10));
            GATE.hold();
            List<Throwable> thrown = new ArrayList<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    session.append(1, 2, 3);
                } catch (CancelledException e) {
                    thrown.add(e);
                }
            });
            GATE.awaitHeld();
            caller.interrupt();
            caller.join(60_000);
            assertThat(thrown).hasSize(1);
            GATE.passes.clear();
            GATE.open();
            assertThat(session.length()).isEqualTo(10);
            float[] logits = session.append(Arrays.copyOfRange(TOKENS, 10, 20));
            assertThat(logits).containsExactly(lastLogits(Arrays.copyOf(TOKENS, 20)));
            assertThat(GATE.passes)
                    .as("the interrupted pass ends before its first layer")
                    .noneMatch(p -> p.tokens().length == 3);
        }
    }

    @Test
    void interruptedThreadStillGivesTheCacheBack() throws Exception {
        long before = model.stats().kvBytes();
        Session session = model.newSession();
        session.append(TOKENS);
        Thread caller = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            session.close();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
        caller.join(60_000);
        Settled.rounds(model);
        assertThat(model.stats().kvBytes()).isEqualTo(before);
    }

    @Test
    void wrongTokensAndLengthsAreRefusedWithNumbers() {
        try (Session session = model.newSession()) {
            session.append(TOKENS);
            assertThatThrownBy(() -> session.append(1536))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("token 1536 at 0: expected 0 to 1535");
            assertThatThrownBy(() -> session.append(0, -1)).hasMessageContaining("token -1 at 1");
            assertThatThrownBy(() -> session.append(new int[1899]))
                    .isInstanceOf(ContextLengthException.class)
                    .hasMessageContaining("150")
                    .hasMessageContaining("1899")
                    .hasMessageContaining("2048");
            assertThatThrownBy(() -> session.truncate(151)).hasMessageContaining("0 to 150");
            assertThat(session.length()).isEqualTo(150);
        }
    }

    @Test
    void sessionsBeyondTheBudgetAreRefusedAndStayAsTheyWere() {
        long page = model.stats().kvBudgetBytes() / (8 * 2048 / 64);
        try (KimiModel small = KimiModel.open(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.kvBudget(3 * page)));
                Session first = small.newSession();
                Session second = small.newSession()) {
            first.append(Arrays.copyOf(TOKENS, 100));
            second.append(Arrays.copyOf(TOKENS, 64));
            assertThatThrownBy(() -> second.append(1))
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("65 positions")
                    .hasMessageContaining("kvBudget is " + 3 * page);
            assertThat(second.length()).isEqualTo(64);
            first.truncate(64);
            assertThat(second.append(1)).containsExactly(lastLogits(with(Arrays.copyOf(TOKENS, 64), 1)));
        }
    }

    private static int[] with(int[] tokens, int more) {
        int[] all = Arrays.copyOf(tokens, tokens.length + 1);
        all[tokens.length] = more;
        return all;
    }
}
