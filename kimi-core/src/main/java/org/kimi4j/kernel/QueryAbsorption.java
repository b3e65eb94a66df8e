package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
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

    /** Columns that are widened together when there are many rows. */
    private static final int COLUMNS = LaneAttention.COLUMNS;
    /** From this many rows on. */
    private static final int MIN_ROWS = 8;
    /** Rows whose products of {@link #COLUMNS} stay in the first cache: whole tiles of attention. */
    private static final int BLOCK_ROWS = 96;

    private QueryAbsorption() {}

    /** Whether the latent is whole vectors of pairs. */
    static boolean takes(MlaShape shape) {
        return shape.latentDim() % (2 * L) == 0;
    }

    /** One head of all rows: out[r, head * latent + c]. */
    static void head(Tensor out, Tensor q, Matrix.Bf16 w, MlaShape shape, int head, Scratch scratch) {
        if (q.rows() >= MIN_ROWS) {
            manyRows(out, q, w, shape, head, scratch);
            return;
        }
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

    /**
     * The same, with columns as lanes and key rows as the width of {@link LaneAttention#scores}, whose chains are these. Some
     * columns are widened once and meet all rows.
     */
    private static void manyRows(Tensor out, Tensor q, Matrix.Bf16 w, MlaShape shape, int head, Scratch scratch) {
        int latent = shape.latentDim();
        int nope = shape.nopeDim();
        int rows = q.rows();
        Tensor of = q.columns(head * shape.queryDim(), nope);
        float[] query = scratch.values(rows * nope); // [rows, nope]
        for (int r = 0; r < rows; r++) {
            of.copyRow(r, query, r * nope);
        }
        float[] keys = scratch.panel(nope * COLUMNS); // [nope, COLUMNS]
        float[] products = scratch.sums(BLOCK_ROWS * COLUMNS);
        long rowBytes = 2L * latent;
        for (int c = 0; c < latent; c += COLUMNS) {
            widen(w.values(), rowBytes * head * shape.kvDim() + 2L * c, rowBytes, nope, keys);
            Tensor into = out.columns(head * latent + c, COLUMNS);
            for (int r = 0; r < rows; r += BLOCK_ROWS) {
                int count = Math.min(BLOCK_ROWS, rows - r);
                LaneAttention.scores(keys, nope, query, r * nope, nope, count, 1, products);
                store(products, into.memory(), into.offset(r), into.offset(1) - into.offset(0), count);
            }
        }
    }

    /** {@link #COLUMNS} of each row, in their own order. */
    private static void widen(MemorySegment w, long at, long rowBytes, int rows, float[] to) {
        for (int d = 0; d < rows; d++) {
            long from = at + d * rowBytes;
            ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, w, from, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoArray(to, d * COLUMNS);
            ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, w, from + 2 * L, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoArray(to, d * COLUMNS + L);
        }
    }

    private static void store(float[] products, MemorySegment to, long at, long rowBytes, int rows) {
        for (int r = 0; r < rows; r++) {
            long into = at + r * rowBytes;
            FloatVector.fromArray(Lanes.FLOAT, products, r * COLUMNS).intoMemorySegment(to, into, LE);
            FloatVector.fromArray(Lanes.FLOAT, products, r * COLUMNS + L).intoMemorySegment(to, into + 4 * L, LE);
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
