package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Rows of activations in the order an encoding sums them in, ready to be walked along: either row after row, or, for each
 * chain, in tiles of a few rows whose vectors take turns, so that register tiles read one stream. Rows come in sets that are
 * multiplied with different weights; a tile never spans two. Kept and refilled; rows of a set may be packed by different
 * threads. An owner of memory outside the heap, where tiles are.
 */
final class PackedRows implements AutoCloseable {

    private static final int L = Lanes.COUNT;

    private final AlignedFloats memory = new AlignedFloats();
    private MemorySegment tiles = MemorySegment.NULL;
    private float[] data = {};
    private int[] start = {0};
    private int sets;
    private int stride;
    private ElementOrder order = new ElementOrder(1, 1);

    /** Prepares for sets of the given sizes, whose rows {@link #set} must fill. */
    void reset(ElementOrder elementOrder, int... sizes) {
        order = elementOrder;
        sets = sizes.length;
        stride = elementOrder.packedCols();
        if (start.length <= sets) {
            start = new int[sets + 1];
        }
        for (int s = 0; s < sets; s++) {
            start[s + 1] = start[s] + sizes[s];
        }
        if (hasTiles()) {
            tiles = memory.atLeast((long) start[sets] * stride);
        }
        if (hasRows() && data.length < start[sets] * stride) {
            data = new float[start[sets] * stride];
        }
    }

    /** Packs a row, from column {@code from} on, as row r of a set. */
    void set(int set, int r, float[] row, int from, Scratch scratch) {
        if (isTiled(set)) {
            float[] packed = scratch.panel(stride);
            order.pack(row, from, packed, 0);
            tile(set, r, packed);
        } else {
            order.pack(row, from, data, vectors(set, r));
        }
    }

    /** Puts the vectors of a packed row where those of its tile take turns. */
    private void tile(int set, int r, float[] packed) {
        MemorySegment to = tiles;
        if (to.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(to);
        }
        int first = r / Gemm.ROWS * Gemm.ROWS;
        long step = 4L * Math.min(Gemm.ROWS, rows(set) - first) * L;
        for (int place = 0; place < stride; ) {
            int length = order.chainLength(place);
            long at = tile(set, first, place, length) + 4L * (r - first) * L;
            for (int i = place; i < place + length; i += L) {
                FloatVector.fromArray(Lanes.FLOAT, packed, i).intoMemorySegment(to, at, Lanes.LE);
                at += step;
            }
            place += length;
        }
    }

    /** The rows of sets without tiles. */
    float[] data() {
        return data;
    }

    /** The rows of sets with tiles. */
    MemorySegment tiles() {
        return tiles;
    }

    ElementOrder order() {
        return order;
    }

    int rows(int set) {
        return start[set + 1] - start[set];
    }

    /** Rows of the largest set. */
    int mostRows() {
        int most = 0;
        for (int s = 0; s < sets; s++) {
            most = Math.max(most, rows(s));
        }
        return most;
    }

    /** Whether any set is in tiles. */
    boolean hasTiles() {
        for (int s = 0; s < sets; s++) {
            if (isTiled(s)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasRows() {
        for (int s = 0; s < sets; s++) {
            if (!isTiled(s)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the rows of a set are in tiles: from {@link Gemm#MIN_ROWS} rows on. */
    boolean isTiled(int set) {
        return rows(set) >= Gemm.MIN_ROWS;
    }

    /** Where the first vector of a row of a set without tiles is. */
    int vectors(int set, int r) {
        return (start[set] + r) * stride;
    }

    /**
     * The byte at which the tile is that begins with row r, of a chain in a set with tiles; the next tile of the chain follows.
     *
     * @param first where the chain begins in a packed row
     * @param length of the chain
     */
    long tile(int set, int r, int first, int length) {
        return 4 * ((long) start[set] * stride + (long) first * rows(set) + (long) r * length);
    }

    @Override
    public void close() {
        tiles = MemorySegment.NULL;
        memory.close();
    }
}
