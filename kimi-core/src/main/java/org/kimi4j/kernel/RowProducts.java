package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;

/**
 * Rows of activations that are prepared once, in the form some kind of product wants them, and then multiplied with
 * weights, a stretch of weight rows at a time. Rows come in sets that meet different weights. Refilled for each product;
 * rows may be set, and stretches run, by different threads.
 */
public interface RowProducts {

    /** Receives values of row r of the set: of {@code count} weight rows from {@code first} on. */
    @FunctionalInterface
    interface Sink {
        void put(int r, int first, int count, float[] values, int at);
    }

    /**
     * Prepares for sets of the given sizes, whose rows {@link #set} must fill before {@link #ready}.
     *
     * @param like weights of the shape and encoding that the rows will meet
     */
    void reset(Matrix like, int... sizes);

    /** Rows of a set. */
    int rows(int set);

    /**
     * Row r of a set: {@code cols} values from {@code from} on; the array may be changed.
     *
     * @param prompt whether the row is of a prompt: a backend may have other sums for those, see {@link ProductForms}
     */
    void set(int set, int r, float[] row, int from, boolean prompt, int worker);

    /**
     * Rows that one task should set, because they are kept side by side and threads would wait for each other's cache lines;
     * to be asked after {@link #reset}.
     */
    default int rowsPerTask() {
        return 1;
    }

    /** All rows are set. */
    void ready();

    /** Weight rows to give to one task: what is unpacked together, or a stretch of memory. */
    int outputsPerTask(Matrix w);

    /**
     * The products of a set with weight rows {@code from} to {@code to}.
     *
     * @param worker which thread this is
     */
    void run(Matrix w, int set, int from, int to, int worker, Sink sink);
}
