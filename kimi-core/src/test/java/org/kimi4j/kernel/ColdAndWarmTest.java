package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.ChildJvm;
import org.kimi4j.config.Precision;

/** Results have the same bits in the interpreter, after the first compiler and after the optimising one. */
class ColdAndWarmTest {

    private static final long SEED = 20261103;
    private static final int ROUNDS = 8;
    /** Enough for the code for many rows, and for a rest of less than a tile. */
    private static final int[] ROWS = {3, 1, 4, 15, 9};

    /** What a JVM prints that runs every operation once. */
    public static void main(String[] arguments) throws Exception {
        try (RowOps ops = RowOps.narrow(SEED)) {
            digests(ops.all()).forEach(System.out::println);
        }
    }

    private static List<String> digests(List<RowOps.Named> ops) {
        List<String> digests = new ArrayList<>();
        for (Backends backend : Backends.values()) {
            for (Precision precision : Precision.values()) {
                try (Kernels k = backend.create(precision, 2)) {
                    for (RowOps.Named op : ops) {
                        long digest = 0;
                        for (float[] row : op.op().run(k, ROWS)) {
                            for (float value : row) {
                                digest = digest * 0x9e3779b97f4a7c15L + Float.floatToRawIntBits(value);
                            }
                        }
                        digests.add(backend + " " + precision + " " + op + " " + Long.toHexString(digest));
                        k.workspace().release(0);
                    }
                }
            }
        }
        return digests;
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1"})
    void compilingChangesNoBit(String flag) throws Exception {
        List<String> cold = cold(flag);
        try (RowOps ops = RowOps.narrow(SEED)) {
            List<RowOps.Named> all = ops.all();
            for (int round = 0; round < ROUNDS; round++) {
                assertThat(digests(all)).as("round %d, seed %d", round, SEED).isEqualTo(cold);
            }
        }
    }

    private static List<String> cold(String flag) throws IOException, InterruptedException {
        return ChildJvm.run(ColdAndWarmTest.class, List.of(flag, "-Dkimi.vectorBits=" + PanamaKernels.vectorBits()));
    }
}
