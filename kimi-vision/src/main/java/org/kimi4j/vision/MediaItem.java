package org.kimi4j.vision;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * One item for the tower: an image (one frame) or a chunk of a video, resized and padded. Immutable and thread-safe.
 * Keeps the padded pixels as bytes; the patches, which take 4 times as much, are made from them piece by piece.
 */
public final class MediaItem {

    private static final byte[] NO_PIXELS = {};

    private final Geometry geometry;
    private final int numFrames;
    private final byte[] rgb;
    private final PatchValues values;
    private final String contentHash;

    /**
     * The normalised value of every byte.
     *
     * @param patchSize side of a patch in pixels
     * @param ofByte [3, 256]: red, green, blue
     */
    record PatchValues(int patchSize, float[][] ofByte) {

        static PatchValues of(MediaConfig config) {
            float[][] table = new float[3][256];
            for (int channel = 0; channel < 3; channel++) {
                float mean = config.imageMean().get(channel);
                float std = config.imageStd().get(channel);
                for (int value = 0; value < 256; value++) {
                    table[channel][value] = (value / 255f - mean) / std;
                }
            }
            return new PatchValues(config.patchSize(), table);
        }

        int patchDim() {
            return 3 * patchSize * patchSize;
        }
    }

    MediaItem(Geometry geometry, int numFrames, byte[] rgb, PatchValues values) {
        this(geometry, numFrames, rgb, values, hash(geometry, numFrames, rgb));
    }

    private MediaItem(Geometry geometry, int numFrames, byte[] rgb, PatchValues values, String contentHash) {
        this.geometry = geometry;
        this.numFrames = numFrames;
        this.rgb = rgb;
        this.values = values;
        this.contentHash = contentHash;
    }

    /** This item, its pixels read back from where they were kept. */
    MediaItem withPixels(byte[] same) {
        return new MediaItem(geometry, numFrames, same, values, contentHash);
    }

    /** This item without its pixels. */
    MediaItem withoutPixels() {
        return withPixels(NO_PIXELS);
    }

    /** The size of every frame. */
    public Geometry geometry() {
        return geometry;
    }

    /** Frames: 1 for an image, 1 to 4 for a chunk of a video. */
    public int numFrames() {
        return numFrames;
    }

    /** Positions of the text that the item takes, whatever its number of frames. */
    public int tokens() {
        return geometry.tokens();
    }

    /** The padded pixels [frames, paddedHeight, paddedWidth, 3]; not a copy, not to be changed. */
    public byte[] rgb() {
        return rgb;
    }

    /**
     * SHA-256, in hex, of the grid and the padded pixels: equal for two items exactly if the tower sees the same. The
     * key under which embeddings may be cached.
     */
    public String contentHash() {
        return contentHash;
    }

    /** Patches of all frames: frames * grid_h * grid_w. */
    public int numPatches() {
        return numFrames * geometry.gridH() * geometry.gridW();
    }

    /** Values of a patch: 3 * 14 * 14. */
    public int patchDim() {
        return values.patchDim();
    }

    /**
     * Normalised patches, in the order frame, row, column; each is channel, y, x.
     *
     * @param from the first patch
     * @param to the patch behind the last
     * @param out [to - from, patchDim], from {@code offset}
     */
    public void patches(int from, int to, float[] out, int offset) {
        Objects.checkFromToIndex(from, to, numPatches());
        Objects.checkFromIndexSize(offset, (to - from) * patchDim(), out.length);
        int size = values.patchSize;
        int gridW = geometry.gridW();
        int rowBytes = 3 * geometry.paddedWidth();
        int o = offset;
        for (int patch = from; patch < to; patch++) {
            // Frames lie below each other and are whole rows of patches, so the row may run over all of them.
            int corner = patch / gridW * size * rowBytes + patch % gridW * size * 3;
            for (int channel = 0; channel < 3; channel++) {
                float[] ofByte = values.ofByte[channel];
                for (int y = 0; y < size; y++) {
                    int p = corner + y * rowBytes + channel;
                    for (int x = 0; x < size; x++, p += 3) {
                        out[o++] = ofByte[rgb[p] & 0xFF];
                    }
                }
            }
        }
    }

    private static String hash(Geometry geometry, int numFrames, byte[] rgb) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(ByteBuffer.allocate(12)
                    .putInt(numFrames)
                    .putInt(geometry.gridH())
                    .putInt(geometry.gridW())
                    .flip());
            return HexFormat.of().formatHex(digest.digest(rgb));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "MediaItem[" + numFrames + "x" + geometry.gridH() + "x" + geometry.gridW() + " patches, " + tokens()
                + " tokens]";
    }
}
