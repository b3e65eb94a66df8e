package org.kimi4j.config;

/** How the latent cache stores its values. */
public enum KvType {
    /** 32-bit floats: what was computed is what is read back. */
    F32(4),
    /** bfloat16, rounded to nearest even. */
    BF16(2);

    private final int bytes;

    KvType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one position of one layer. */
    public int rowBytes(int latentDim, int ropeDim) {
        return bytes * (latentDim + ropeDim);
    }
}
