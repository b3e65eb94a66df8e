package org.kimi4j.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.tensor.Tensor;

/**
 * Attention of all rows to all rows with a query to a lane: tiles of keys in ascending order under a running softmax, so
 * that no matrix of scores exists. What stands in a lane never meets another lane: each query gets the bits of the scalar
 * twin. For one item at a time.
 */
final class DenseAttention {

    private static final int L = Lanes.COUNT;
    private static final int TILE = ScalarDenseKernels.TILE;
    private static final int ROWS = OuterTile.ROWS;
    private static final int COLUMNS = OuterTile.COLUMNS;

    /** The most panels of queries of a task: a tile of keys and values is read from memory once for all of them. */
    private static final int PANELS = 4;

    /** As many tasks for each thread at least, if there are rows for them: then all end at about the same time. */
    private static final int TASKS = 16;

    /** What a thread needs. */
    private static final class Place {
        private final Panel[] panels = new Panel[PANELS];
        private final float[] weight = new float[TILE * COLUMNS + OuterTile.SLACK];
        private float[] row = {};

        float[] row(int width) {
            if (row.length < width) {
                row = new float[width];
            }
            return row;
        }
    }

    /** As many queries as there are columns, and what has been summed up for them. */
    private static final class Panel {
        private float[] query = {}; // [width up to a multiple of STEPS, COLUMNS]
        private float[] sum = {}; // [width up to a multiple of ROWS, COLUMNS]
        private final float[] max = new float[COLUMNS];
        private final float[] total = new float[COLUMNS];
        private final float[] decay = new float[COLUMNS];
    }

    private final Place[] places;
    private final int lanes = Lanes.COUNT;
    private final int one = Lanes.COUNT / Lanes.FLOAT.length();
    private float[] keys = {}; // [rows up to a multiple of TILE / ROWS, width, ROWS]
    private float[] values = {}; // [tiles, width / ROWS, TILE, ROWS]

    DenseAttention(int threads) {
        places = new Place[threads];
        Arrays.setAll(places, _ -> {
            Place place = new Place();
            Arrays.setAll(place.panels, _ -> new Panel());
            return place;
        });
    }

    /** One head: out receives what its queries draw from its values. */
    void head(Tensor out, Tensor queries, Tensor keyRows, Tensor valueRows, float scale, DenseProduct.Sharing sharing) {
        int rows = queries.rows();
        int width = queries.cols();
        int tiles = (rows + TILE - 1) / TILE;
        int size = tiles * TILE * OuterTile.fullRows(width);
        if (keys.length < size) {
            keys = new float[size];
            values = new float[size];
        }
        sharing.share(tiles, 16L * rows * width, (tile, worker) -> pack(keyRows, valueRows, tile, places[worker]));
        int panels = Math.clamp(rows / (TASKS * COLUMNS * places.length), 1, PANELS);
        int tasks = (rows + panels * COLUMNS - 1) / (panels * COLUMNS);
        sharing.share(
                tasks,
                (long) rows * rows * width * 2,
                (task, worker) -> attend(out, queries, task * panels * COLUMNS, panels, scale, places[worker]));
    }

    /** Keys with their widths as depth, values with their rows as depth; missing ones are zeros. */
    private void pack(Tensor keyRows, Tensor valueRows, int tile, Place place) {
        int width = keyRows.cols();
        int depth = OuterTile.fullDepth(width);
        int wide = OuterTile.fullRows(width);
        int first = tile * TILE;
        int count = Math.min(TILE, keyRows.rows() - first);
        float[] row = place.row(wide);
        Arrays.fill(row, width, wide, 0);
        for (int p = 0; p < TILE; p++) {
            if (p < count) {
                keyRows.copyRow(first + p, row, 0);
            } else {
                Arrays.fill(row, 0, width, 0);
            }
            int at = (first + p) / ROWS * ROWS * depth + p % ROWS;
            for (int i = 0; i < depth; i++) {
                keys[at + i * ROWS] = row[i];
            }
        }
        for (int p = 0; p < TILE; p++) {
            if (p < count) {
                valueRows.copyRow(first + p, row, 0);
            } else {
                Arrays.fill(row, 0, width, 0);
            }
            int at = first * wide + p * ROWS;
            for (int i = 0; i < wide; i += ROWS) {
                System.arraycopy(row, i, values, at, ROWS);
                at += ROWS * TILE;
            }
        }
    }

    /** Some panels of queries against all keys. */
    private void attend(Tensor out, Tensor queries, int first, int panels, float scale, Place place) {
        int rows = queries.rows();
        int width = queries.cols();
        int used = Math.min(panels, (rows - first + COLUMNS - 1) / COLUMNS);
        for (int p = 0; p < used; p++) {
            begin(place, place.panels[p], queries, first + p * COLUMNS);
        }
        for (int at = 0; at < rows; at += TILE) {
            int count = Math.min(TILE, rows - at);
            for (int p = 0; p < used; p++) {
                tile(place.panels[p], width, at, count, scale, place.weight);
            }
        }
        float[] row = place.row;
        for (int p = 0; p < used; p++) {
            Panel panel = place.panels[p];
            int from = first + p * COLUMNS;
            for (int q = 0; q < Math.min(COLUMNS, rows - from); q++) {
                for (int i = 0; i < width; i++) {
                    row[i] = panel.sum[i * COLUMNS + q] / panel.total[q];
                }
                out.setRow(from + q, row, 0);
            }
        }
    }

    private static void begin(Place place, Panel panel, Tensor queries, int first) {
        int width = queries.cols();
        int wide = OuterTile.fullRows(width);
        float[] row = place.row(wide);
        if (panel.sum.length != wide * COLUMNS) {
            panel.query = new float[wide * COLUMNS + OuterTile.SLACK];
            panel.sum = new float[wide * COLUMNS];
        }
        int count = Math.min(COLUMNS, queries.rows() - first);
        Arrays.fill(panel.query, 0);
        for (int q = 0; q < count; q++) {
            queries.copyRow(first + q, row, 0);
            for (int i = 0; i < width; i++) {
                panel.query[i * COLUMNS + q] = row[i];
            }
        }
        Arrays.fill(panel.max, Float.NEGATIVE_INFINITY);
        Arrays.fill(panel.total, 0);
        Arrays.fill(panel.sum, 0);
    }

    /** A tile of keys: their scores, what these weigh, and the values they weigh. */
    private void tile(Panel panel, int width, int first, int count, float scale, float[] weight) {
        int depth = OuterTile.fullDepth(width);
        Arrays.fill(weight, 0);
        for (int p = 0; p < count; p += ROWS) {
            OuterTile.add(keys, (first + p) * depth, panel.query, 0, depth, one, weight, p * COLUMNS, COLUMNS);
        }
        for (int lane = 0; lane < COLUMNS; lane += L) {
            weigh(weight, lane, count * COLUMNS, scale, panel);
        }
        for (int lane = 0; lane < COLUMNS; lane += L) {
            decay(panel, lane);
        }
        // The keys that fill up the last steps weigh nothing, their scores being those of zeros: zero.
        int steps = OuterTile.fullDepth(count);
        int valuesAt = first * OuterTile.fullRows(width);
        for (int i = 0; i < width; i += ROWS) {
            OuterTile.add(values, valuesAt + i * TILE, weight, 0, steps, one, panel.sum, i * COLUMNS, COLUMNS);
        }
    }

    /** Turns the scores of some lanes into weights relative to their new maximum. */
    private void weigh(float[] weight, int lane, int end, float scale, Panel panel) {
        FloatVector oldMax = FloatVector.fromArray(Lanes.FLOAT, panel.max, lane);
        FloatVector newMax = oldMax;
        int step = 2 * lanes;
        // Comparing and choosing rather than max: that has to order zeros and to keep NaN, which the sums below keep
        // anyway.
        for (int i = lane; i < end; i += step) {
            FloatVector score = FloatVector.fromArray(Lanes.FLOAT, weight, i).mul(scale);
            newMax = newMax.blend(score, score.compare(VectorOperators.GT, newMax));
        }
        FloatVector sum = FloatVector.zero(Lanes.FLOAT);
        for (int i = lane; i < end; i += step) {
            // Never above zero, so that only the lower bound of exp is needed.
            FloatVector x =
                    FloatVector.fromArray(Lanes.FLOAT, weight, i).mul(scale).sub(newMax);
            x = x.blend(Exp.MIN, x.compare(VectorOperators.LT, Exp.MIN));
            // The integer is in the last bits of the rounded sum already: a conversion also has to mind NaN and
            // overflow.
            FloatVector rounded =
                    x.fma(FloatVector.broadcast(Lanes.FLOAT, Exp.LOG2E), FloatVector.broadcast(Lanes.FLOAT, Exp.ROUND));
            FloatVector n = rounded.sub(Exp.ROUND);
            FloatVector r = n.fma(
                    FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_LOW),
                    n.fma(FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_HIGH), x));
            FloatVector e = FloatVector.broadcast(Lanes.FLOAT, Exp.C6)
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C5))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C4))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C3))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C2))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C1))
                    .fma(r.mul(r), r.add(1f));
            e = e.mul(rounded.reinterpretAsInts()
                    .add(127)
                    .lanewise(VectorOperators.LSHL, 23)
                    .reinterpretAsFloats());
            e.intoArray(weight, i);
            sum = sum.add(e);
        }
        newMax.intoArray(panel.max, lane);
        oldMax.intoArray(panel.decay, lane);
        for (int i = lane; i < lane + L; i++) {
            panel.decay[i] = ScalarAttention.decay(panel.decay[i], panel.max[i]);
        }
        FloatVector.fromArray(Lanes.FLOAT, panel.total, lane)
                .fma(FloatVector.fromArray(Lanes.FLOAT, panel.decay, lane), sum)
                .intoArray(panel.total, lane);
    }

    /** Makes old sums relative to the new maximum. */
    private void decay(Panel panel, int lane) {
        FloatVector decay = FloatVector.fromArray(Lanes.FLOAT, panel.decay, lane);
        int step = 2 * lanes;
        for (int i = lane; i < panel.sum.length; i += step) {
            FloatVector.fromArray(Lanes.FLOAT, panel.sum, i).mul(decay).intoArray(panel.sum, i);
        }
    }
}
