package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.config.Precision;

/**
 * A row of a result depends on its own input row, role, position and cache, and on nothing else: every row of any call
 * has the bits of a call with that row alone, whatever the other rows, their order and number, the threads, and how often
 * the code ran before.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisabledIf(
        value = "org.kimi4j.kernel.Widths#isThatOfTheDefaultRun",
        disabledReason = "the default run has this vector width")
class RowIndependenceTest {

    private static final long SEED = 20261102;
    private static final int[] COUNTS = {1, 2, 3, 5, 8, 13, 85, 128};
    private static final int THREADS = 4;

    private final RowOps ops = Widths.isEmulated() ? RowOps.narrow(SEED) : RowOps.wide(SEED);
    private final List<RowOps.Named> named = ops.all();

    @AfterAll
    void close() throws Exception {
        ops.close();
    }

    Stream<Object[]> cases() {
        return Backends.atThisWidth()
                .flatMap(backend -> Stream.of(Precision.values())
                        .flatMap(precision -> named.stream().map(op -> new Object[] {backend, precision, op})));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyRowHasTheBitsOfItsOwnCall(Backends backend, Precision precision, RowOps.Named op) {
        float[][] alone = new float[RowOps.ROWS][];
        try (Kernels k = backend.create(precision, 1)) {
            for (int r = 0; r < RowOps.ROWS; r++) {
                alone[r] = run(k, op, new int[] {r})[0];
            }
        }
        SplittableRandom random = new SplittableRandom(SEED);
        for (int threads = 1; threads <= THREADS; threads++) {
            try (Kernels k = backend.create(precision, threads)) {
                for (int count : COUNTS) {
                    int[] rows = choose(random, count, op.repeats() && count > 1);
                    float[][] together = run(k, op, rows);
                    for (int i = 0; i < count; i++) {
                        if (!Arrays.equals(together[i], alone[rows[i]])) {
                            assertThat(together[i])
                                    .as("row %d, %d-th of %d, %d threads, seed %d", rows[i], i, count, threads, SEED)
                                    .containsExactly(alone[rows[i]]);
                        }
                    }
                }
            }
        }
    }

    private static float[][] run(Kernels k, RowOps.Named op, int[] rows) {
        float[][] result = op.op().run(k, rows);
        k.workspace().release(0);
        return result;
    }

    /** Rows in any order; with repeats about a third of them are others again. */
    private static int[] choose(SplittableRandom random, int count, boolean repeats) {
        List<Integer> all = new ArrayList<>();
        for (int r = 0; r < RowOps.ROWS; r++) {
            all.add(random.nextInt(all.size() + 1), r);
        }
        int[] rows = all.stream().limit(count).mapToInt(Integer::intValue).toArray();
        if (repeats) {
            for (int i = 0; i < count; i += 3) {
                rows[i] = rows[random.nextInt(count)];
            }
        }
        return rows;
    }
}
