package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;

/** One row of 8-bit activations: packed for the integer sums of an encoding, and as it was for the rest at the end. */
final class IntegerRow {

    /** Factors, as the kernel of the encoding packs them. */
    final short[] codes;

    final int codeAt;
    /** The scale of each group of 32. */
    final float[] scales;
    /** What the offset of 8 in the nibbles adds too much to each group of a step, as {@link IntegerGemvInt4#pack} says. */
    final int[] offsets;

    final int groupAt;
    private final byte[] plain;
    private final int plainAt;

    IntegerRow(short[] codes, int codeAt, float[] scales, int[] offsets, int groupAt, byte[] plain, int plainAt) {
        this.codes = codes;
        this.codeAt = codeAt;
        this.scales = scales;
        this.offsets = offsets;
        this.groupAt = groupAt;
        this.plain = plain;
        this.plainAt = plainAt;
    }

    /** Whether this row is there. Its scales are where its plain integers are. */
    boolean isAt(short[] theirCodes, int theirCodeAt, byte[] theirPlain, int theirPlainAt, int theirGroupAt) {
        return codes == theirCodes
                && codeAt == theirCodeAt
                && plain == theirPlain
                && plainAt == theirPlainAt
                && groupAt == theirGroupAt;
    }

    /** Elements of a row of these weights that vectors sum; the groups after them are added one by one. */
    static int vectorized(Matrix w, ElementOrder order) {
        return w instanceof Matrix.Int8 ? GemvInt8.vectorized(w.cols()) : order.vectorized();
    }

    /** Adds one group of 32 to a sum: its exact integer sum times both scales. */
    float addGroup(Matrix w, int row, int group, float sum) {
        int from = group * Activations.GROUP;
        long first = (long) row * w.cols() + from;
        int products = 0;
        float scale = scales[groupAt + group];
        switch (w) {
            case Matrix.Int4 q -> {
                for (int i = 0; i < Activations.GROUP; i++) {
                    products += Weights.code(q, first + i) * plain[plainAt + from + i];
                }
                scale *= Weights.bf16(q.scales(), first / Matrix.Int4.GROUP);
            }
            case Matrix.Int8 q -> {
                for (int i = 0; i < Activations.GROUP; i++) {
                    products += Weights.code(q, first + i) * plain[plainAt + from + i];
                }
                scale *= Weights.bf16(q.scales(), first / q.group());
            }
            case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
        }
        return Math.fma(products, scale, sum);
    }
}
