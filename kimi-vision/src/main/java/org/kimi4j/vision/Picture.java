package org.kimi4j.vision;

/** A picture whose size is known before its pixels are decoded. */
interface Picture {

    /** Width in pixels. */
    int width();

    /** Height in pixels. */
    int height();

    /** Decodes the pixels. */
    RgbImage decode();

    /** Pixels that are decoded already. */
    static Picture of(RgbImage image) {
        return new Picture() {
            @Override
            public int width() {
                return image.width();
            }

            @Override
            public int height() {
                return image.height();
            }

            @Override
            public RgbImage decode() {
                return image;
            }
        };
    }
}
