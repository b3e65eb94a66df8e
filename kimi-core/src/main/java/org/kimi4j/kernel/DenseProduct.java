package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * Products of many rows with a matrix, packed and blocked for the caches. An element is the sum of chains over
 * {@link #DEPTH} columns each, added to the bias in ascending order; so it depends on its own row and weights only. For one
 * product at a time.
 */
final class DenseProduct {

    /** Columns summed at a stretch: a panel of weights of this depth (16 KB with eight lanes) fits into the first cache. */
    private static final int DEPTH = 256;

    /** Rows of a block: 192 KB at this depth, which stay in the second cache while the panels of weights go by. */
    private static final int BLOCK_ROWS = 192;

    /** Panels of weights of a task: few, so that threads of unequal speed end at about the same time. */
    private static final int PANELS = 4;

    private static final int OUTPUTS = PANELS * OuterTile.COLUMNS;

    /** Rows packed at a time; weights are unpacked anew for each such chunk, at a hundredth of what its products cost. */
    private static final int CHUNK_ROWS = 2112;

    /** What shares tasks among threads. */
    @FunctionalInterface
    interface Sharing {
        void share(int tasks, long multiplications, WorkerPool.Region region);
    }

    /** What a thread needs. */
    private static final class Place {
        private float[] weights = {};
        private final float[] unpacked = new float[OuterTile.COLUMNS * DEPTH];
        private final float[] sums = new float[BLOCK_ROWS * OUTPUTS];
        private float[] row = {};
    }

    private final Place[] places;
    private final int one = Lanes.COUNT / Lanes.FLOAT.length();
    private float[] rows = {};

    DenseProduct(int threads) {
        places = new Place[threads];
        Arrays.setAll(places, _ -> new Place());
    }

    /** out = x w^T + bias. */
    void linear(Tensor out, Tensor x, Matrix w, Matrix.F32 bias, Sharing sharing) {
        float[] shift = bias.values().toArray(Weights.FLOAT);
        for (int first = 0; first < x.rows(); first += CHUNK_ROWS) {
            int count = Math.min(CHUNK_ROWS, x.rows() - first);
            Tensor from = x.rows(first, count);
            Tensor to = out.rows(first, count);
            int groups = groups(count);
            int size = groups * OuterTile.ROWS * OuterTile.fullDepth(x.cols());
            if (rows.length < size) {
                rows = new float[size];
            }
            sharing.share(groups, 8L * count * x.cols(), (group, worker) -> packRows(from, group, groups, worker));
            int tasks = (w.rows() + OUTPUTS - 1) / OUTPUTS;
            sharing.share(
                    tasks,
                    (long) count * x.cols() * w.rows(),
                    (task, worker) -> outputs(to, w, shift, task * OUTPUTS, places[worker]));
        }
    }

    private static int groups(int rows) {
        return OuterTile.fullRows(rows) / OuterTile.ROWS;
    }

    /** Packs a group of rows as [depth blocks, groups, depth, ROWS], missing rows and steps as zeros. */
    private void packRows(Tensor x, int group, int groups, int worker) {
        int cols = OuterTile.fullDepth(x.cols());
        Place place = places[worker];
        if (place.row.length < cols) {
            place.row = new float[cols];
        }
        float[] row = place.row;
        Arrays.fill(row, x.cols(), cols, 0);
        for (int r = 0; r < OuterTile.ROWS; r++) {
            int index = group * OuterTile.ROWS + r;
            if (index < x.rows()) {
                x.copyRow(index, row, 0);
            } else {
                Arrays.fill(row, 0, cols, 0);
            }
            for (int k = 0; k < cols; k += DEPTH) {
                int depth = Math.min(DEPTH, cols - k);
                int at = at(k, group, groups, depth) + r;
                for (int i = 0; i < depth; i++) {
                    rows[at + OuterTile.ROWS * i] = row[k + i];
                }
            }
        }
    }

    /** Where the rows of a group are that start at column k. */
    private static int at(int k, int group, int groups, int depth) {
        return OuterTile.ROWS * (k * groups + group * depth);
    }

    /** Outputs {@code first} to {@code first + OUTPUTS - 1} of all packed rows. */
    private void outputs(Tensor out, Matrix w, float[] bias, int first, Place place) {
        int count = Math.min(OUTPUTS, w.rows() - first);
        int cols = OuterTile.fullDepth(w.cols());
        int panels = (count + OuterTile.COLUMNS - 1) / OuterTile.COLUMNS;
        int panelSize = cols * OuterTile.COLUMNS;
        if (place.weights.length < PANELS * panelSize + OuterTile.SLACK) {
            place.weights = new float[PANELS * panelSize + OuterTile.SLACK];
        }
        for (int p = 0; p < panels; p++) {
            packWeights(w, first + p * OuterTile.COLUMNS, place, p * panelSize);
        }
        int groups = groups(out.rows());
        int blockGroups = BLOCK_ROWS / OuterTile.ROWS;
        for (int group = 0; group < groups; group += blockGroups) {
            int end = Math.min(groups, group + blockGroups);
            begin(place.sums, bias, first, count);
            for (int k = 0; k < cols; k += DEPTH) {
                int depth = Math.min(DEPTH, cols - k);
                for (int p = 0; p < panels; p++) {
                    int weightsAt = p * panelSize + k * OuterTile.COLUMNS;
                    block(group, end, at(k, group, groups, depth), place, weightsAt, depth, p);
                }
            }
            write(out, group * OuterTile.ROWS, first, count, place.sums);
        }
    }

    /** A block of rows with one panel of weights. */
    private void block(int group, int end, int rowsAt, Place place, int weightsAt, int depth, int panel) {
        int at = rowsAt;
        int sumAt = panel * OuterTile.COLUMNS;
        for (int g = group; g < end; g++) {
            OuterTile.add(rows, at, place.weights, weightsAt, depth, one, place.sums, sumAt, OUTPUTS);
            at += OuterTile.ROWS * depth;
            sumAt += OuterTile.ROWS * OUTPUTS;
        }
    }

    /** All rows of a block start with the bias, outputs that are not there with zero. */
    private static void begin(float[] sums, float[] bias, int first, int count) {
        Arrays.fill(sums, 0, OUTPUTS, 0);
        System.arraycopy(bias, first, sums, 0, count);
        for (int at = OUTPUTS; at < sums.length; at += OUTPUTS) {
            System.arraycopy(sums, 0, sums, at, OUTPUTS);
        }
    }

    private static void write(Tensor out, int firstRow, int first, int count, float[] sums) {
        int rows = Math.min(BLOCK_ROWS, out.rows() - firstRow);
        for (int r = 0; r < rows; r++) {
            MemorySegment.copy(
                    sums,
                    r * OUTPUTS,
                    out.memory(),
                    ValueLayout.JAVA_FLOAT,
                    out.offset(firstRow + r) + (long) Float.BYTES * first,
                    count);
        }
    }

    /** Packs weight rows from {@code first} on as [cols, COLUMNS], missing ones and steps as zeros. */
    private static void packWeights(Matrix w, int first, Place place, int to) {
        int count = Math.min(OuterTile.COLUMNS, w.rows() - first);
        float[] unpacked = place.unpacked;
        float[] weights = place.weights;
        int end = to + w.cols() * OuterTile.COLUMNS;
        Arrays.fill(weights, end, end + (OuterTile.fullDepth(w.cols()) - w.cols()) * OuterTile.COLUMNS, 0);
        for (int k = 0; k < w.cols(); k += DEPTH) {
            int depth = Math.min(DEPTH, w.cols() - k);
            for (int o = 0; o < count; o++) {
                Weights.row(w, first + o, k, depth, unpacked, o * DEPTH);
            }
            Arrays.fill(unpacked, count * DEPTH, unpacked.length, 0);
            int at = to + k * OuterTile.COLUMNS;
            for (int i = 0; i < depth; i++) {
                for (int o = 0; o < OuterTile.COLUMNS; o++) {
                    weights[at + o] = unpacked[o * DEPTH + i];
                }
                at += OuterTile.COLUMNS;
            }
        }
    }
}
