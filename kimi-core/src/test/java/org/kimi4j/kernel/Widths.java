package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;

/** Runs of the same tests for several vector widths: the build repeats some test classes with each one forced. */
public final class Widths {

    private Widths() {}

    /** Whether a width is forced by {@code -Dkimi.vectorBits}. */
    public static boolean isForced() {
        return Integer.getInteger("kimi.vectorBits") != null;
    }

    /** Whether the forced width is more than this machine has, which makes everything many times slower. */
    public static boolean isEmulated() {
        return isForced() && Integer.getInteger("kimi.vectorBits") > FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }

    /** Whether the forced width is the one that this machine has anyway, so that the default run covers it. */
    public static boolean isThatOfTheDefaultRun() {
        return isForced()
                && Integer.getInteger("kimi.vectorBits")
                        == Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 512);
    }
}
