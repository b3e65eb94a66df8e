package org.kimi4j.kernel;

import java.util.Arrays;

/**
 * Rotary position embedding on interleaved pairs: frequency j turns the values (2j, 2j + 1) by position * frequency[j].
 * Angles are computed in double, cosines and sines kept as floats in pages of 64 positions that are made when a position
 * is first used. StrictMath, because its bits never depend on how warm the JVM is. For one thread; made pages may be read
 * by all.
 */
public final class Rope {

    private static final int PAGE = 64;

    private final double[] frequency;
    private final double factor;
    private float[][] pages = new float[4][];

    /**
     * @param frequency radians per position, one for each pair
     * @param factor on both cosine and sine (YaRN's attention factor; 1 for Kimi K2)
     */
    public Rope(double[] frequency, double factor) {
        this.frequency = frequency.clone();
        this.factor = factor;
    }

    /** Values that are rotated: twice the number of frequencies. */
    public int dim() {
        return 2 * frequency.length;
    }

    /** Makes the page of a position, so that {@link #page} may be called from other threads. */
    public void prepare(int position) {
        int index = position / PAGE;
        if (index >= pages.length) {
            pages = Arrays.copyOf(pages, Math.max(index + 1, 2 * pages.length));
        }
        if (pages[index] == null) {
            int dim = dim();
            float[] page = new float[PAGE * dim];
            for (int p = 0; p < PAGE; p++) {
                for (int j = 0; j < frequency.length; j++) {
                    double angle = ((double) index * PAGE + p) * frequency[j];
                    page[p * dim + 2 * j] = (float) (StrictMath.cos(angle) * factor);
                    page[p * dim + 2 * j + 1] = (float) (StrictMath.sin(angle) * factor);
                }
            }
            pages[index] = page;
        }
    }

    /** The prepared page that holds a position: cosine and sine by turns, {@link #dim} floats for each position. */
    float[] page(int position) {
        return pages[position / PAGE];
    }

    /** Where the floats of a position start in its page. */
    int offset(int position) {
        return position % PAGE * dim();
    }
}
