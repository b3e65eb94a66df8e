package org.kimi4j.vision;

import java.util.List;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/** The fuzz target of the preprocessor: any bytes give a picture that can be preprocessed, or one MediaException. */
final class PreprocessorFuzz {

    /** Small enough that a run of thousands stays fast. */
    private static final MediaOptions OPTIONS =
            MediaOptions.builder().maxPixels(1 << 17).build();

    private static final List<MediaOptions> VARIANTS = List.of(
            OPTIONS, OPTIONS.with(o -> o.alpha(MediaOptions.Alpha.ON_WHITE).orient(true)));

    private PreprocessorFuzz() {}

    /** Fails with an AssertionError, or with whatever the library let through, if the input breaks the contract. */
    static void fuzz(byte[] data) {
        for (MediaOptions options : VARIANTS) {
            EncodedImage encoded;
            RgbImage image;
            try {
                encoded = new ImageDecoder(options).open(data, "fuzz");
                image = encoded.decode();
            } catch (MediaException e) {
                check(e.getMessage().startsWith("fuzz: ") && e.getMessage().length() > 10, e.getMessage());
                continue;
            }
            check(image.width() == encoded.width() && image.height() == encoded.height(), "size differs from header");
            MediaItem item = new ImagePreprocessor(MediaConfig.KIMI_K25, options).image(image);
            float[] patch = new float[item.patchDim()];
            item.patches(item.numPatches() - 1, item.numPatches(), patch, 0);
            for (float value : patch) {
                check(value >= -1 && value <= 1, "patch value " + value);
            }
        }
    }

    private static void check(boolean holds, String problem) {
        if (!holds) {
            throw new AssertionError(problem);
        }
    }
}
