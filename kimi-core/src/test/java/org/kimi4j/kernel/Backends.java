package org.kimi4j.kernel;

import java.util.stream.Stream;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** The implementations under test, by name. */
public enum Backends {
    SCALAR {
        @Override
        public Kernels create(Precision precision, int threads) {
            return new ScalarKernels(precision, new WorkerPool("test", threads), new Workspace(true));
        }
    },
    VECTOR {
        @Override
        public Kernels create(Precision precision, int threads) {
            return new PanamaKernels(precision, new WorkerPool("test", threads), new Workspace(true));
        }
    };

    public abstract Kernels create(Precision precision, int threads);

    /** All of them, or where a vector width is forced the one that it means something to. */
    public static Stream<Backends> atThisWidth() {
        return Widths.isForced() ? Stream.of(VECTOR) : Stream.of(values());
    }

    static Tensor tensor(Kernels kernels, float[][] rows) {
        Tensor t = kernels.workspace().allocate(rows.length, rows[0].length);
        for (int r = 0; r < rows.length; r++) {
            kernels.write(t, r, rows[r]);
        }
        return t;
    }

    static float[][] rows(Kernels kernels, Tensor t) {
        float[][] rows = new float[t.rows()][t.cols()];
        for (int r = 0; r < rows.length; r++) {
            kernels.read(t, r, rows[r]);
        }
        return rows;
    }
}
