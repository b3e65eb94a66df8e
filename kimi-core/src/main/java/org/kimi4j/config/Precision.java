package org.kimi4j.config;

/** What arithmetic a model is run with. */
public enum Precision {
    /** Activations and sums in 32-bit floats, weights as the exact numbers the checkpoint stores. */
    EXACT,
    /**
     * Activations rounded to 8 bits (per row, groups of 32) where they meet INT4 or INT8 weights; router, norms, softmax
     * and output head as in EXACT.
     */
    FAST
}
