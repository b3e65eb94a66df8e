package org.kimi4j.vision;

/** Colours of indexed pictures. */
final class Palettes {

    private Palettes() {}

    /**
     * Writes the colour of an index; one behind the palette's end is the gray of its own value, as Pillow's palettes
     * begin as a gray ramp.
     *
     * @param palette [colours, 3], empty for a picture without one
     */
    static void put(byte[] palette, int index, byte[] rgb, int at) {
        if (3 * index + 2 < palette.length) {
            rgb[at] = palette[3 * index];
            rgb[at + 1] = palette[3 * index + 1];
            rgb[at + 2] = palette[3 * index + 2];
        } else {
            rgb[at] = (byte) index;
            rgb[at + 1] = (byte) index;
            rgb[at + 2] = (byte) index;
        }
    }
}
