package org.kimi4j.config;

/** How the latent cache stores its values. */
public enum KvType {
    /** 32-bit floats: what was computed is what is read back. */
    F32,
    /** bfloat16, rounded to nearest even. */
    BF16,
    /**
     * The latent as 8-bit integers with a bfloat16 scale per position and block of {@value #BLOCK}; the rotated key, which
     * has few values and large ones among them, as bfloat16.
     */
    I8;

    /** Values of a latent that share a scale in {@link #I8}; the last block may be narrower. */
    public static final int BLOCK = 64;

    /** Bytes of one position of one layer. */
    public int rowBytes(int latentDim, int ropeDim) {
        return switch (this) {
            case F32 -> 4 * (latentDim + ropeDim);
            case BF16 -> 2 * (latentDim + ropeDim);
            case I8 -> latentDim + 2 * blocks(latentDim) + 2 * ropeDim;
        };
    }

    /** Scales of one position of one layer in {@link #I8}. */
    public static int blocks(int latentDim) {
        return (latentDim + BLOCK - 1) / BLOCK;
    }
}
