package org.kimi4j.kernel;

import java.nio.ByteOrder;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one vector width of this JVM: what the machine prefers, or {@code -Dkimi.vectorBits} in tests. Lanes decide which
 * elements are summed together, so the width is part of the numeric contract.
 */
final class Lanes {

    static final int BITS = bits();
    static final VectorSpecies<Float> FLOAT = VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));
    static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, VectorShape.forBitSize(BITS));
    static final VectorSpecies<Short> SHORT = VectorSpecies.of(short.class, VectorShape.forBitSize(BITS));
    /** As many shorts as there are float lanes: a vector of bfloat16 scales. */
    static final VectorSpecies<Short> HALF_SHORT = VectorSpecies.of(short.class, VectorShape.forBitSize(BITS / 2));

    static final int COUNT = FLOAT.length();
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private Lanes() {}

    private static int bits() {
        int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
        int bits = Integer.getInteger("kimi.vectorBits", Math.clamp(preferred, 128, 512));
        if (!Set.of(128, 256, 512).contains(bits)) {
            throw new IllegalArgumentException("kimi.vectorBits=" + bits + ": expected 128, 256 or 512");
        }
        return bits;
    }

    /** The sum of one vector's lanes as a fixed tree: the upper half is added to the lower until one is left. */
    static float tree(float[] lanes, int at) {
        for (int half = COUNT / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[at + i] += lanes[at + i + half];
            }
        }
        return lanes[at];
    }

    /** Whether all species exist; reading it loads them. */
    static String describe() {
        return "vector " + BITS + " (" + IntVector.zero(INT).length() + " floats, "
                + ShortVector.zero(SHORT).length() + " shorts)";
    }
}
