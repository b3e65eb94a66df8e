package org.kimi4j.cache;

import org.kimi4j.config.KvType;

/**
 * What a latent cache stores: for each of {@code layers} layers and each position the normed latent (latentDim values)
 * followed by the rotated key that all heads share (ropeDim values).
 */
public record CacheShape(int layers, int latentDim, int ropeDim, KvType type) {

    public CacheShape {
        if (layers < 1 || latentDim < 1 || ropeDim < 1) {
            throw new IllegalArgumentException(
                    "cache of " + layers + " layers x (" + latentDim + " + " + ropeDim + "): sizes must be positive");
        }
    }

    /** Values of one position of one layer. */
    public int width() {
        return latentDim + ropeDim;
    }

    /** Bytes of one position of one layer. */
    public int rowBytes() {
        return type.rowBytes(latentDim, ropeDim);
    }

    /** Bytes of one page: {@link PagePool#POSITIONS} positions of all layers. */
    public long pageBytes() {
        return (long) layers * PagePool.POSITIONS * rowBytes();
    }

    /** Bytes of the pages that hold so many positions. */
    public long bytesFor(int positions) {
        return pageBytes() * ((positions + PagePool.POSITIONS - 1) / PagePool.POSITIONS);
    }
}
