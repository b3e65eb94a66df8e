package org.kimi4j.vision;

import java.util.Arrays;

/**
 * Pillow's bicubic reduction, bit for bit: a Keys kernel with a = -0.5 that widens with the reduction, weights as
 * integers at scale 2^22, and two passes with rounding to 8 bits after each. The horizontal pass always comes first, as
 * in every Pillow version before 12.3 (newer ones swap the passes of very tall pictures, which changes pixels).
 */
final class BicubicResize {

    private static final int PRECISION_BITS = 22;
    private static final int HALF = 1 << (PRECISION_BITS - 1);
    private static final double SUPPORT = 2.0;

    private BicubicResize() {}

    static RgbImage resize(RgbImage in, int width, int height) {
        byte[] pixels = in.rgb();
        if (width != in.width()) {
            pixels = horizontal(pixels, in.width(), in.height(), Taps.of(in.width(), width));
        }
        if (height != in.height()) {
            pixels = vertical(pixels, 3 * width, Taps.of(in.height(), height));
        }
        return RgbImage.of(width, height, pixels);
    }

    /**
     * The weights of one axis.
     *
     * @param first the first input of every output
     * @param count the number of inputs of every output
     * @param weights [outputs, stride] integers at scale 2^22
     * @param stride most inputs of an output
     */
    private record Taps(int[] first, int[] count, int[] weights, int stride) {

        static Taps of(int inSize, int outSize) {
            double scale = (double) inSize / outSize;
            double filterScale = Math.max(scale, 1.0);
            double support = SUPPORT * filterScale;
            // The reciprocal, as Pillow: dividing instead would move a weight by one unit now and then.
            double perPixel = 1.0 / filterScale;
            int stride = (int) Math.ceil(support) * 2 + 1;
            int[] first = new int[outSize];
            int[] count = new int[outSize];
            int[] weights = new int[Math.multiplyExact(outSize, stride)];
            double[] row = new double[stride];
            for (int out = 0; out < outSize; out++) {
                double center = (out + 0.5) * scale;
                int from = Math.max(0, (int) (center - support + 0.5));
                int to = Math.min(inSize, (int) (center + support + 0.5));
                double sum = 0;
                for (int i = from; i < to; i++) {
                    double weight = kernel((i - center + 0.5) * perPixel);
                    row[i - from] = weight;
                    sum += weight;
                }
                for (int i = 0; i < to - from; i++) {
                    double weight = sum != 0 ? row[i] / sum : row[i];
                    weights[out * stride + i] = (int) ((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));
                }
                first[out] = from;
                count[out] = to - from;
            }
            return new Taps(first, count, weights, stride);
        }

        private static double kernel(double distance) {
            double a = -0.5;
            double x = Math.abs(distance);
            if (x < 1.0) {
                return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
            }
            if (x < 2.0) {
                return (((x - 5) * x + 8) * x - 4) * a;
            }
            return 0;
        }
    }

    private static byte[] horizontal(byte[] in, int inWidth, int height, Taps taps) {
        int outWidth = taps.first.length;
        byte[] out = new byte[Math.multiplyExact(3 * outWidth, height)];
        int[] weights = taps.weights;
        int o = 0;
        for (int y = 0; y < height; y++) {
            int row = 3 * y * inWidth;
            for (int x = 0; x < outWidth; x++) {
                int p = row + 3 * taps.first[x];
                int w = x * taps.stride;
                int end = w + taps.count[x];
                int r = HALF;
                int g = HALF;
                int b = HALF;
                for (; w < end; w++, p += 3) {
                    int weight = weights[w];
                    r += weight * (in[p] & 0xFF);
                    g += weight * (in[p + 1] & 0xFF);
                    b += weight * (in[p + 2] & 0xFF);
                }
                out[o] = clamp(r);
                out[o + 1] = clamp(g);
                out[o + 2] = clamp(b);
                o += 3;
            }
        }
        return out;
    }

    private static byte[] vertical(byte[] in, int rowBytes, Taps taps) {
        int outHeight = taps.first.length;
        byte[] out = new byte[Math.multiplyExact(rowBytes, outHeight)];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < outHeight; y++) {
            Arrays.fill(sums, HALF);
            for (int t = 0; t < taps.count[y]; t++) {
                int weight = taps.weights[y * taps.stride + t];
                int p = (taps.first[y] + t) * rowBytes;
                for (int i = 0; i < rowBytes; i++) {
                    sums[i] += weight * (in[p + i] & 0xFF);
                }
            }
            int o = y * rowBytes;
            for (int i = 0; i < rowBytes; i++) {
                out[o + i] = clamp(sums[i]);
            }
        }
        return out;
    }

    private static byte clamp(int sum) {
        return (byte) Math.min(Math.max(sum >> PRECISION_BITS, 0), 255);
    }
}
