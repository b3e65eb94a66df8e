package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link Lanes#tree} of many vectors at a time: the upper half of a vector is added to its lower half in half a vector, so two
 * vectors take such a step together, until as many vectors as there are lanes have become one.
 */
final class LaneTrees {

    private static final int L = Lanes.COUNT;
    private static final VectorShuffle<Float> SWAP8 = swap(8);
    private static final VectorShuffle<Float> SWAP4 = swap(4);
    private static final VectorShuffle<Float> SWAP2 = swap(2);
    private static final VectorShuffle<Float> SWAP1 = swap(1);
    private static final VectorMask<Float> UPPER8 = upper(8);
    private static final VectorMask<Float> UPPER4 = upper(4);
    private static final VectorMask<Float> UPPER2 = upper(2);
    private static final VectorMask<Float> UPPER1 = upper(1);

    private LaneTrees() {}

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> distance < L ? lane ^ distance : lane);
    }

    private static VectorMask<Float> upper(int distance) {
        boolean[] isUpper = new boolean[L];
        for (int lane = 0; lane < L; lane++) {
            isUpper[lane] = (lane & distance) != 0;
        }
        return VectorMask.fromArray(Lanes.FLOAT, isUpper, 0);
    }

    /** Floats that an array must have for {@link #add} on so many vectors. */
    static int size(int vectors) {
        return (vectors + L - 1) / L * L * L;
    }

    /** Where {@link #add} leaves the sum of a vector's lanes. */
    static int at(int vector) {
        return vector / L * L * L + vector % L;
    }

    /**
     * Adds the lanes of each of the first vectors of an array, which are lost.
     *
     * @param v vectors one after the other; values up to {@link #size} are overwritten
     */
    static void add(float[] v, int vectors) {
        int end = size(vectors);
        for (int at = 0; at < end; at += L * L) {
            if (L > 8) {
                for (int i = at; i < at + 8 * L; i += L) {
                    FloatVector a = FloatVector.fromArray(Lanes.FLOAT, v, i);
                    FloatVector b = FloatVector.fromArray(Lanes.FLOAT, v, i + 8 * L);
                    a.blend(b, UPPER8).add(b.blend(a, UPPER8).rearrange(SWAP8)).intoArray(v, i);
                }
            }
            if (L > 4) {
                for (int i = at; i < at + 4 * L; i += L) {
                    FloatVector a = FloatVector.fromArray(Lanes.FLOAT, v, i);
                    FloatVector b = FloatVector.fromArray(Lanes.FLOAT, v, i + 4 * L);
                    a.blend(b, UPPER4).add(b.blend(a, UPPER4).rearrange(SWAP4)).intoArray(v, i);
                }
            }
            for (int i = at; i < at + 2 * L; i += L) {
                FloatVector a = FloatVector.fromArray(Lanes.FLOAT, v, i);
                FloatVector b = FloatVector.fromArray(Lanes.FLOAT, v, i + 2 * L);
                a.blend(b, UPPER2).add(b.blend(a, UPPER2).rearrange(SWAP2)).intoArray(v, i);
            }
            FloatVector a = FloatVector.fromArray(Lanes.FLOAT, v, at);
            FloatVector b = FloatVector.fromArray(Lanes.FLOAT, v, at + L);
            a.blend(b, UPPER1).add(b.blend(a, UPPER1).rearrange(SWAP1)).intoArray(v, at);
        }
    }
}
