package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;

/**
 * The weights of one SwiGLU block: downProj(silu(gateProj x) * upProj x). Dense layers, shared experts and each
 * routed expert have this form.
 */
public record GatedMlp(Matrix gateProj, Matrix upProj, Matrix downProj) {

    /** Bytes one pass reads. */
    public long byteSize() {
        return gateProj.byteSize() + upProj.byteSize() + downProj.byteSize();
    }
}
