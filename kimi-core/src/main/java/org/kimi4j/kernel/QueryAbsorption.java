package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * The key half of kv_b_proj, transposed, times a head's query: each column is one chain over the key rows. The rows are read
 * as they lie in memory, four at a time, and the sums stay in the first cache; columns in registers would mean many passes
 * over rows of which each reads a piece.
 */
final class QueryAbsorption {

    private static final int L = Lanes.COUNT;
    private static final int HIGH = 0xffff0000;
    /** Key rows read at a time. */
    private static final int ROWS = 4;

    private QueryAbsorption() {}

    /** Whether the latent is whole vectors of pairs. */
    static boolean takes(MlaShape shape) {
        return shape.latentDim() % (2 * L) == 0;
    }

    /** One head of all rows: out[r, head * latent + c]. */
    static void head(Tensor out, Tensor q, Matrix.Bf16 w, MlaShape shape, int head, Scratch scratch) {
        int latent = shape.latentDim();
        int nope = shape.nopeDim();
        float[] query = scratch.row(nope + latent);
        float[] sums = scratch.sums(latent);
        long rowBytes = 2L * latent;
        long first = rowBytes * head * shape.kvDim();
        for (int r = 0; r < q.rows(); r++) {
            q.columns(head * shape.queryDim(), nope).copyRow(r, query, 0);
            Arrays.fill(sums, 0, latent, 0);
            int d = 0;
            for (; d <= nope - ROWS; d += ROWS) {
                addRows(w.values(), first + d * rowBytes, rowBytes, query, d, sums, latent);
            }
            for (; d < nope; d++) {
                addRow(w.values(), first + d * rowBytes, query[d], sums, latent);
            }
            inOrder(sums, latent, query, nope);
            out.columns(head * latent, latent).setRow(r, query, nope);
        }
    }

    /** Of each 2 L columns the even ones come first, then the odd ones, as words have them. */
    private static void inOrder(float[] sums, int latent, float[] to, int at) {
        for (int c = 0; c < latent; c += 2 * L) {
            for (int i = 0; i < L; i++) {
                to[at + c + 2 * i] = sums[c + i];
                to[at + c + 2 * i + 1] = sums[c + L + i];
            }
        }
    }

    private static void addRows(
            MemorySegment w, long at, long rowBytes, float[] query, int d, float[] sums, int latent) {
        FloatVector x0 = FloatVector.broadcast(Lanes.FLOAT, query[d]);
        FloatVector x1 = FloatVector.broadcast(Lanes.FLOAT, query[d + 1]);
        FloatVector x2 = FloatVector.broadcast(Lanes.FLOAT, query[d + 2]);
        FloatVector x3 = FloatVector.broadcast(Lanes.FLOAT, query[d + 3]);
        for (int c = 0; c < latent; c += 2 * L) {
            long from = at + 2L * c;
            IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, from, LE);
            IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, from + rowBytes, LE);
            IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, from + 2 * rowBytes, LE);
            IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, from + 3 * rowBytes, LE);
            FloatVector even = FloatVector.fromArray(Lanes.FLOAT, sums, c);
            FloatVector odd = FloatVector.fromArray(Lanes.FLOAT, sums, c + L);
            even = v0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x0, even);
            odd = v0.and(HIGH).reinterpretAsFloats().fma(x0, odd);
            even = v1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x1, even);
            odd = v1.and(HIGH).reinterpretAsFloats().fma(x1, odd);
            even = v2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x2, even);
            odd = v2.and(HIGH).reinterpretAsFloats().fma(x2, odd);
            v3.lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(x3, even)
                    .intoArray(sums, c);
            v3.and(HIGH).reinterpretAsFloats().fma(x3, odd).intoArray(sums, c + L);
        }
    }

    private static void addRow(MemorySegment w, long at, float x, float[] sums, int latent) {
        FloatVector factor = FloatVector.broadcast(Lanes.FLOAT, x);
        for (int c = 0; c < latent; c += 2 * L) {
            IntVector v = IntVector.fromMemorySegment(Lanes.INT, w, at + 2L * c, LE);
            v.lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(factor, FloatVector.fromArray(Lanes.FLOAT, sums, c))
                    .intoArray(sums, c);
            v.and(HIGH)
                    .reinterpretAsFloats()
                    .fma(factor, FloatVector.fromArray(Lanes.FLOAT, sums, c + L))
                    .intoArray(sums, c + L);
        }
    }
}
