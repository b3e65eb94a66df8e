package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.tensor.Matrix;

/**
 * The scales of weight rows as floats, one for each 32 elements whatever the size of the groups, before the rows are multiplied: a
 * load in the loop over a row then finds its scales side by side.
 */
final class GroupScales {

    private static final int L = Lanes.COUNT;
    /** A group of 32 elements as a shift. */
    static final int SHIFT = 5;

    private GroupScales() {}

    /** From the scales of one row to those of the next: a load that begins with the last one reads as many as there are lanes. */
    static int stride(int cols) {
        return cols / Activations.GROUP + L;
    }

    /** The scales of a row times those of a row of activations. */
    static void times(Matrix.Int8 w, int row, int elements, float[] factors, int factorsAt, float[] to, int at) {
        MemorySegment scales = w.scales();
        int shift = Integer.numberOfTrailingZeros(w.group());
        int groups = (elements + Activations.GROUP - 1) / Activations.GROUP;
        long first = (long) row * w.cols();
        int g = 0;
        if (w.group() == Activations.GROUP) {
            for (; g <= groups - L; g += L) {
                ((IntVector) ShortVector.fromMemorySegment(
                                        Lanes.HALF_SHORT, scales, first / Activations.GROUP * 2 + 2L * g, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .mul(FloatVector.fromArray(Lanes.FLOAT, factors, factorsAt + g))
                        .intoArray(to, at + g);
            }
        }
        for (; g < groups; g++) {
            to[at + g] = Weights.bf16(scales, first + g * Activations.GROUP >> shift) * factors[factorsAt + g];
        }
    }

    /** The scales of a row times a number. */
    static void times(Matrix.Int8 w, int row, int elements, float factor, float[] to, int at) {
        MemorySegment scales = w.scales();
        int shift = Integer.numberOfTrailingZeros(w.group());
        int groups = (elements + Activations.GROUP - 1) / Activations.GROUP;
        long first = (long) row * w.cols();
        int g = 0;
        if (w.group() == Activations.GROUP) {
            for (; g <= groups - L; g += L) {
                ((IntVector) ShortVector.fromMemorySegment(
                                        Lanes.HALF_SHORT, scales, first / Activations.GROUP * 2 + 2L * g, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .mul(factor)
                        .intoArray(to, at + g);
            }
        }
        for (; g < groups; g++) {
            to[at + g] = Weights.bf16(scales, first + g * Activations.GROUP >> shift) * factor;
        }
    }
}
