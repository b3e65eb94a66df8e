package org.kimi4j.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
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
    private static final int COLUMNS = OuterTile.COLUMNS;

    /** Panels of queries of a task: a tile of keys and values is read from memory once for all of them. */
    private static final int PANELS = 4;

    /** From this many rows on a head's keys and values outgrow the second cache. */
    private static final int MANY_ROWS = 4096;

    /** What a thread needs. */
    private static final class Place {
        private final Panel[] panels = new Panel[PANELS];
        private final float[] weight = new float[TILE * COLUMNS];
        private float[] row = {};
    }

    /** As many queries as there are columns, and what has been summed up for them. */
    private static final class Panel {
        private float[] query = {}; // [width, COLUMNS]
        private float[] sum = {}; // [width up to a multiple of ROWS, COLUMNS]
        private final float[] max = new float[COLUMNS];
        private final float[] total = new float[COLUMNS];
        private final float[] decay = new float[COLUMNS];
    }

    private final Place[] places;
    private final int lanes = Lanes.COUNT;
    private final int one = Lanes.COUNT / Lanes.FLOAT.length();
    private float[] keys = {}; // [rows / ROWS, width, ROWS]
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
        int size = tiles * TILE * up(width);
        if (keys.length < size) {
            keys = new float[size];
            values = new float[size];
        }
        sharing.share(tiles, 16L * rows * width, (tile, worker) -> pack(keyRows, valueRows, tile, places[worker]));
        int panels = rows < MANY_ROWS ? 1 : PANELS;
        int tasks = (rows + panels * COLUMNS - 1) / (panels * COLUMNS);
        sharing.share(
                tasks,
                (long) rows * rows * width * 2,
                (task, worker) -> attend(out, queries, task * panels * COLUMNS, panels, scale, places[worker]));
    }

    private static int up(int width) {
        return (width + OuterTile.ROWS - 1) / OuterTile.ROWS * OuterTile.ROWS;
    }

    /** Keys with their widths as depth, values with their rows as depth; missing ones are zeros. */
    private void pack(Tensor keyRows, Tensor valueRows, int tile, Place place) {
        int width = keyRows.cols();
        int first = tile * TILE;
        int count = Math.min(TILE, keyRows.rows() - first);
        if (place.row.length < up(width)) {
            place.row = new float[up(width)];
        }
        float[] row = place.row;
        for (int p = 0; p < TILE; p++) {
            if (p < count) {
                keyRows.copyRow(first + p, row, 0);
            } else {
                Arrays.fill(row, 0);
            }
            int at = (first + p) / OuterTile.ROWS * OuterTile.ROWS * width + p % OuterTile.ROWS;
            for (int i = 0; i < width; i++) {
                keys[at + i * OuterTile.ROWS] = row[i];
            }
        }
        int tileAt = first * up(width);
        for (int p = 0; p < count; p++) {
            Arrays.fill(row, width, up(width), 0);
            valueRows.copyRow(first + p, row, 0);
            for (int i = 0; i < up(width); i++) {
                int group = i / OuterTile.ROWS;
                values[tileAt + (group * TILE + p) * OuterTile.ROWS + i % OuterTile.ROWS] = row[i];
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
        if (place.row.length < up(width)) {
            place.row = new float[up(width)];
        }
        if (panel.sum.length != up(width) * COLUMNS) {
            panel.query = new float[width * COLUMNS];
            panel.sum = new float[up(width) * COLUMNS];
        }
        int count = Math.min(COLUMNS, queries.rows() - first);
        Arrays.fill(panel.query, 0);
        for (int q = 0; q < count; q++) {
            queries.copyRow(first + q, place.row, 0);
            for (int i = 0; i < width; i++) {
                panel.query[i * COLUMNS + q] = place.row[i];
            }
        }
        Arrays.fill(panel.max, Float.NEGATIVE_INFINITY);
        Arrays.fill(panel.total, 0);
        Arrays.fill(panel.sum, 0);
    }

    /** A tile of keys: their scores, what these weigh, and the values they weigh. */
    private void tile(Panel panel, int width, int first, int count, float scale, float[] weight) {
        int at = first * width;
        for (int p = 0; p < count; p += OuterTile.ROWS) {
            OuterTile.product(keys, at, panel.query, 0, width, one, weight, p * COLUMNS, COLUMNS, false);
            at += OuterTile.ROWS * width;
        }
        for (int lane = 0; lane < COLUMNS; lane += L) {
            weigh(weight, lane, count * COLUMNS, scale, panel);
        }
        for (int lane = 0; lane < COLUMNS; lane += L) {
            decay(panel, lane);
        }
        int valuesAt = first * up(width);
        for (int i = 0; i < width; i += OuterTile.ROWS) {
            OuterTile.proceed(values, valuesAt, weight, 0, count, one, panel.sum, i * COLUMNS);
            valuesAt += TILE * OuterTile.ROWS;
        }
    }

    /** Turns the scores of some lanes into weights relative to their new maximum. */
    private void weigh(float[] weight, int lane, int end, float scale, Panel panel) {
        FloatVector oldMax = FloatVector.fromArray(Lanes.FLOAT, panel.max, lane);
        FloatVector newMax = oldMax;
        int step = 3 * lanes;
        for (int i = lane; i < end; i += step) {
            newMax = newMax.max(FloatVector.fromArray(Lanes.FLOAT, weight, i).mul(scale));
        }
        FloatVector sum = FloatVector.zero(Lanes.FLOAT);
        for (int i = lane; i < end; i += step) {
            FloatVector x = FloatVector.fromArray(Lanes.FLOAT, weight, i)
                    .mul(scale)
                    .sub(newMax)
                    .max(Exp.MIN)
                    .min(Exp.MAX);
            FloatVector n = x.fma(
                            FloatVector.broadcast(Lanes.FLOAT, Exp.LOG2E),
                            FloatVector.broadcast(Lanes.FLOAT, Exp.ROUND))
                    .sub(Exp.ROUND);
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
            e = e.mul(((IntVector) n.convert(VectorOperators.F2I, 0))
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
        int step = 3 * lanes;
        for (int i = lane; i < panel.sum.length; i += step) {
            FloatVector.fromArray(Lanes.FLOAT, panel.sum, i).mul(decay).intoArray(panel.sum, i);
        }
    }
}
