package org.kimi4j.kernel;

/**
 * Sizes of multi-head latent attention. Each head of q has {@code nopeDim} plain and then {@code ropeDim} rotated values;
 * kv_b_proj has per head {@code nopeDim} key rows and then {@code valueDim} value rows of {@code latentDim}.
 *
 * @param softmaxScale factor on the scores, YaRN's mscale squared included
 */
public record MlaShape(int heads, int nopeDim, int ropeDim, int valueDim, int latentDim, float softmaxScale) {

    /** Values of one head of q. */
    public int queryDim() {
        return nopeDim + ropeDim;
    }

    /** Rows of kv_b_proj that belong to one head. */
    public int kvDim() {
        return nopeDim + valueDim;
    }
}
