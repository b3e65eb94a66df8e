package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;

/** One worker's private memory, grown to what the largest task needed and kept; an owner. */
final class Scratch implements AutoCloseable {

    private final AlignedFloats tile = new AlignedFloats();
    private float[] panel = {};
    private float[] sums = {};
    private float[] row = {};
    private float[] values = {};
    private int[] ints = {};
    /** Something that depends on reads made for their own sake, so that the compiler keeps them. */
    long touched;

    /** Unpacked weights of one tile. */
    MemorySegment tile(int size) {
        return tile.atLeast(size);
    }

    /** A packed row on its way to its tile, or what a kernel needs of weight rows. */
    float[] panel(int size) {
        if (panel.length < size) {
            panel = new float[size];
        }
        return panel;
    }

    /** Running vectors. */
    float[] sums(int size) {
        if (sums.length < size) {
            sums = new float[size];
        }
        return sums;
    }

    /** Results of one stretch. */
    float[] values(int size) {
        if (values.length < size) {
            values = new float[size];
        }
        return values;
    }

    /** Some integers. */
    int[] ints(int size) {
        if (ints.length < size) {
            ints = new int[size];
        }
        return ints;
    }

    /** One row of something. */
    float[] row(int size) {
        if (row.length < size) {
            row = new float[size];
        }
        return row;
    }

    @Override
    public void close() {
        tile.close();
    }
}
