package org.kimi4j.vision;

import org.kimi4j.config.VisionConfig;
import org.kimi4j.tensor.Tensor;

/**
 * Where a patch is: the learnt table stretched to the item's grid, a fixed signal for the frame, and the angles of the
 * rotary positions. StrictMath, because its bits never depend on how warm the JVM is.
 */
final class PositionTable {

    /** Of the bicubic kernel, as torch interpolates; pictures are resized with another one. */
    private static final double A = -0.75;

    private static final int TAPS = 4;

    private final VisionConfig c;
    private final float[][] table; // [rows * columns][hidden]

    /** @param posEmb [rows * columns, hidden], copied */
    PositionTable(VisionConfig config, Tensor posEmb) {
        this.c = config;
        this.table = new float[posEmb.rows()][posEmb.cols()];
        for (int r = 0; r < table.length; r++) {
            posEmb.copyRow(r, table[r], 0);
        }
    }

    /** Adds the positions to the embedded patches [frames * height * width, hidden]. */
    void add(Tensor x, int frames, int height, int width) {
        int hidden = x.cols();
        float[] row = new float[hidden];
        float[][] signal = new float[frames][];
        for (int f = 0; f < frames; f++) {
            signal[f] = frameSignal(f, frames, hidden);
        }
        Taps vertical = new Taps(c.initPosEmbHeight(), height);
        Taps horizontal = new Taps(c.initPosEmbWidth(), width);
        float[][] line = new float[c.initPosEmbWidth()][hidden];
        float[] position = new float[hidden];
        for (int r = 0; r < height; r++) {
            for (int column = 0; column < line.length; column++) {
                int at = column;
                vertical.apply(r, i -> table[i * c.initPosEmbWidth() + at], line[column]);
            }
            for (int column = 0; column < width; column++) {
                horizontal.apply(column, i -> line[i], position);
                for (int f = 0; f < frames; f++) {
                    int patch = (f * height + r) * width + column;
                    x.copyRow(patch, row, 0);
                    for (int i = 0; i < hidden; i++) {
                        row[i] += position[i] + signal[f][i];
                    }
                    x.setRow(patch, row, 0);
                }
            }
        }
    }

    /** Sines, then cosines, of the frame's number; nothing at all for a single picture. */
    private static float[] frameSignal(int frame, int frames, int hidden) {
        float[] signal = new float[hidden];
        if (frames > 1) {
            for (int d = 0; d < hidden / 2; d++) {
                double angle = frame * StrictMath.pow(10_000, -d / (hidden / 2.0));
                signal[d] = (float) StrictMath.sin(angle);
                signal[hidden / 2 + d] = (float) StrictMath.cos(angle);
            }
        }
        return signal;
    }

    /** Fills cosine and sine of the pairs of a head, by turns along x and along y: [height * width, head]. */
    void rotary(Tensor cosSin, int height, int width) {
        int head = cosSin.cols();
        float[] row = new float[head];
        for (int patch = 0; patch < height * width; patch++) {
            for (int i = 0; i < head / 4; i++) {
                double frequency = StrictMath.pow(10_000, -4.0 * i / head);
                double x = patch % width * frequency;
                double y = patch / width * frequency;
                row[4 * i] = (float) StrictMath.cos(x);
                row[4 * i + 1] = (float) StrictMath.sin(x);
                row[4 * i + 2] = (float) StrictMath.cos(y);
                row[4 * i + 3] = (float) StrictMath.sin(y);
            }
            cosSin.setRow(patch, row, 0);
        }
    }

    /** Bicubic interpolation along one axis: half-pixel centres, four taps, clamped at the border, no smoothing. */
    private static final class Taps {
        private final int[][] index;
        private final float[][] weight;
        private final boolean same;

        interface Source {
            float[] at(int index);
        }

        Taps(int from, int to) {
            same = from == to;
            index = new int[to][TAPS];
            weight = new float[to][TAPS];
            for (int o = 0; o < to; o++) {
                double source = (o + 0.5) * from / to - 0.5;
                double base = Math.floor(source);
                double t = source - base;
                double[] w = {far(t + 1), near(t), near(1 - t), far(2 - t)};
                for (int i = 0; i < TAPS; i++) {
                    index[o][i] = Math.clamp((long) base - 1 + i, 0, from - 1);
                    weight[o][i] = (float) w[i];
                }
            }
        }

        private static double near(double t) {
            return ((A + 2) * t - (A + 3)) * t * t + 1;
        }

        private static double far(double t) {
            return ((A * t - 5 * A) * t + 8 * A) * t - 4 * A;
        }

        void apply(int o, Source source, float[] to) {
            if (same) {
                System.arraycopy(source.at(o), 0, to, 0, to.length);
                return;
            }
            float[] a = source.at(index[o][0]);
            float[] b = source.at(index[o][1]);
            float[] d = source.at(index[o][2]);
            float[] e = source.at(index[o][3]);
            float wa = weight[o][0];
            float wb = weight[o][1];
            float wd = weight[o][2];
            float we = weight[o][3];
            for (int i = 0; i < to.length; i++) {
                to[i] = Math.fma(we, e[i], Math.fma(wd, d[i], Math.fma(wb, b[i], wa * a[i])));
            }
        }
    }
}
