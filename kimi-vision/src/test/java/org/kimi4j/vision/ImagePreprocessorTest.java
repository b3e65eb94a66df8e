package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kimi4j.vision.MediaConfig.KIMI_K25;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;
import org.kimi4j.json.Json;

class ImagePreprocessorTest {

    private static final ImagePreprocessor PREPROCESSOR = new ImagePreprocessor(KIMI_K25, MediaOptions.DEFAULTS);

    record Case(String file, Json.Obj expected) {
        @Override
        public String toString() {
            return file;
        }
    }

    static List<Case> images() {
        return Fixtures.objects(Fixtures.json("preprocess/expected.json"), "images").stream()
                .map(o -> new Case(Fixtures.text(o, "file"), o))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("images")
    void everyImageEqualsTheOfficialProcessors(Case c) {
        MediaItem item = PREPROCESSOR.image(
                new ImageDecoder(MediaOptions.DEFAULTS).decode(Fixtures.bytes("preprocess/" + c.file)));
        assertThat(item.geometry()).isEqualTo(GeometryTest.expected(c.expected));
        assertThat(Fixtures.sha256(item.rgb())).isEqualTo(Fixtures.text(c.expected, "rgb_sha256"));

        float[] patches = new float[item.numPatches() * item.patchDim()];
        item.patches(0, item.numPatches(), patches, 0);
        double sum = 0;
        for (float value : patches) {
            sum += value;
        }
        // The fixture's mean is of float32 values added in another order.
        assertThat(sum / patches.length).isCloseTo(Fixtures.number(c.expected, "patch_mean"), within(1e-6));
        assertThat(Arrays.copyOf(patches, 8)).containsExactly(floats(c.expected, "first_patch"));
        assertThat(Arrays.copyOfRange(patches, patches.length - 8, patches.length))
                .containsExactly(floats(c.expected, "last_patch"));
    }

    private static Offset<Double> within(double bound) {
        return Offset.offset(bound);
    }

    private static float[] floats(Json.Obj parent, String key) {
        List<Json> items = Fixtures.array(parent, key);
        float[] values = new float[items.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((Json.Num) items.get(i)).value().floatValue();
        }
        return values;
    }

    private static RgbImage noise(int width, int height, long seed) {
        byte[] rgb = new byte[3 * width * height];
        new Random(seed).nextBytes(rgb);
        return RgbImage.of(width, height, rgb);
    }

    @Test
    void patchesAreChannelRowColumnAndFramesFollowEachOther() {
        MediaItem item = PREPROCESSOR.chunk(List.of(noise(50, 30, 1), noise(50, 30, 2)));
        assertThat(item.numPatches()).isEqualTo(2 * 4 * 4);
        float[] patch = new float[588];
        for (int index = 0; index < item.numPatches(); index++) {
            item.patches(index, index + 1, patch, 0);
            int frame = index / 16;
            int row = index % 16 / 4;
            int col = index % 4;
            for (int i = 0; i < 588; i++) {
                int y = row * 14 + i % 196 / 14;
                int x = col * 14 + i % 14;
                int value = item.rgb()[((frame * 56 + y) * 56 + x) * 3 + i / 196] & 0xFF;
                assertThat(patch[i]).isEqualTo((value / 255f - 0.5f) / 0.5f);
            }
        }
    }

    @Test
    void patchesInPiecesEqualAllAtOnce() {
        MediaItem item = PREPROCESSOR.image(noise(200, 90, 3));
        float[] all = new float[item.numPatches() * 588];
        item.patches(0, item.numPatches(), all, 0);
        float[] pieces = new float[all.length];
        for (int from = 0; from < item.numPatches(); from += 7) {
            item.patches(from, Math.min(from + 7, item.numPatches()), pieces, from * 588);
        }
        assertThat(pieces).isEqualTo(all);
    }

    @Test
    void chunkHasTheSizeOfItsFirstFrame() {
        RgbImage first = noise(300, 200, 4);
        MediaItem item = PREPROCESSOR.chunk(List.of(first, noise(150, 100, 5)));
        assertThat(item.geometry()).isEqualTo(PREPROCESSOR.frameGeometry(300, 200, 2));
        assertThat(item.tokens()).isEqualTo(11 * 8);
        assertThat(item.rgb()).hasSize(2 * 308 * 224 * 3);
    }

    @Test
    void framesAreReducedToTheirOwnLimit() {
        assertThat(PREPROCESSOR.frameGeometry(1920, 1080, 4).tokens()).isEqualTo(1032);
        ImagePreprocessor limited = new ImagePreprocessor(
                KIMI_K25, MediaOptions.builder().maxFramePatches(1024).build());
        assertThat(limited.frameGeometry(1920, 1080, 4).tokens()).isLessThanOrEqualTo(300);
        assertThat(limited.imageGeometry(1920, 1080).tokens()).isEqualTo(2691);
    }

    @Test
    void hashTellsPixelsGridAndFramesApart() {
        RgbImage image = noise(56, 28, 6);
        String hash = PREPROCESSOR.image(image).contentHash();
        assertThat(hash)
                .hasSize(64)
                .isEqualTo(PREPROCESSOR.image(noise(56, 28, 6)).contentHash());
        byte[] changed = image.rgb().clone();
        changed[4000] ^= 1;
        assertThat(PREPROCESSOR.image(RgbImage.of(56, 28, changed)).contentHash())
                .isNotEqualTo(hash);
        // The same bytes as another shape.
        assertThat(PREPROCESSOR.image(RgbImage.of(28, 56, image.rgb())).contentHash())
                .isNotEqualTo(hash);
        assertThat(PREPROCESSOR.chunk(List.of(image)).contentHash()).isEqualTo(hash);
        RgbImage half = RgbImage.of(28, 28, Arrays.copyOf(image.rgb(), 28 * 28 * 3));
        RgbImage rest = RgbImage.of(28, 28, Arrays.copyOfRange(image.rgb(), 28 * 28 * 3, 2 * 28 * 28 * 3));
        RgbImage tall = RgbImage.of(28, 56, image.rgb());
        assertThat(PREPROCESSOR.chunk(List.of(half, rest)).contentHash())
                .isNotEqualTo(PREPROCESSOR.image(tall).contentHash());
    }

    @Test
    void chunksOfNoFramesOrTooManyAreRefused() {
        RgbImage frame = noise(28, 28, 7);
        assertThatThrownBy(() -> PREPROCESSOR.chunk(List.of())).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> PREPROCESSOR.chunk(List.of(frame, frame, frame, frame, frame)))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("5 frames");
    }
}
