package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamDecoderTest {

    private static final Vocabulary VOCABULARY = TestVocabularies.o200k(3_000);
    private static final Tokenizer TOKENIZER = TestVocabularies.tokenizer(VOCABULARY);

    private static int[] bytesAsIds(byte[] bytes) {
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = VOCABULARY.find(bytes, i, i + 1);
        }
        return ids;
    }

    private static String stream(StreamDecoder decoder, int[] ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String piece = decoder.append(id);
            assertThat(endsInsidePair(piece)).isFalse();
            text.append(piece);
        }
        return text.append(decoder.finish()).toString();
    }

    private static boolean endsInsidePair(String piece) {
        return !piece.isEmpty()
                && (Character.isHighSurrogate(piece.charAt(piece.length() - 1))
                        || Character.isLowSurrogate(piece.charAt(0)));
    }

    @Test
    void aCharacterAppearsWithItsLastByte() {
        StreamDecoder decoder = TOKENIZER.streamDecoder();
        int[] ids = bytesAsIds("\ud83d\ude00\u4e2d".getBytes(StandardCharsets.UTF_8));
        assertThat(decoder.append(ids[0])).isEmpty();
        assertThat(decoder.append(ids[1])).isEmpty();
        assertThat(decoder.append(ids[2])).isEmpty();
        assertThat(decoder.append(ids[3])).isEqualTo("\ud83d\ude00");
        assertThat(decoder.append(ids[4])).isEmpty();
        assertThat(decoder.finish()).isEqualTo("\uFFFD");
        assertThat(decoder.append(ids[5])).as("used again").isEqualTo("\uFFFD");
    }

    @Test
    void piecesOfAnyTextCutIntoBytesJoinToTheText() {
        long seed = 9;
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            String text = RandomTexts.withoutLoneSurrogates(RandomTexts.next(random, 20));
            int[] ids =
                    random.nextBoolean() ? TOKENIZER.encode(text) : bytesAsIds(text.getBytes(StandardCharsets.UTF_8));
            assertThat(stream(TOKENIZER.streamDecoder(), ids))
                    .as("seed %d, text %d", seed, i)
                    .isEqualTo(text);
            assertThat(TOKENIZER.decode(ids)).as("seed %d, text %d", seed, i).isEqualTo(text);
        }
    }

    @Test
    void piecesOfRandomIdsJoinToTheDecodedText() {
        long seed = 10;
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            int[] ids = random.ints(1 + random.nextInt(30), 0, random.nextBoolean() ? 256 : TOKENIZER.size())
                    .toArray();
            assertThat(stream(TOKENIZER.streamDecoder(), ids))
                    .as("seed %d, ids %d", seed, i)
                    .isEqualTo(TOKENIZER.decode(ids));
        }
    }

    /** The counts of U+FFFD that the Unicode Standard's practice (and Python) gives. */
    @Test
    void malformedBytesBecomeOneReplacementPerMaximalPart() {
        assertThat(decode(0xE4, 0xB8, 'A')).isEqualTo("\uFFFDA");
        assertThat(decode(0xF0, 0x9F, 0x98, 0xF0, 0x9F, 0x98, 0x80)).isEqualTo("\uFFFD\ud83d\ude00");
        assertThat(decode(0xED, 0xA0, 0x80)).as("an encoded surrogate").isEqualTo("\uFFFD\uFFFD\uFFFD");
        assertThat(decode(0xC0, 0x80)).as("an overlong zero").isEqualTo("\uFFFD\uFFFD");
        assertThat(decode(0xE0, 0x80, 0x80)).isEqualTo("\uFFFD\uFFFD\uFFFD");
        assertThat(decode(0xF4, 0x90, 0x80, 0x80)).isEqualTo("\uFFFD\uFFFD\uFFFD\uFFFD");
        assertThat(decode(0x80, 0xFF, 'x')).isEqualTo("\uFFFD\uFFFDx");
    }

    @Test
    void wellFormedBytesDecodeAsTheJdkDoes() {
        StringBuilder all = new StringBuilder();
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            if (c < 0xD800 || c > 0xDFFF) {
                all.appendCodePoint(c);
            }
        }
        byte[] bytes = all.toString().getBytes(StandardCharsets.UTF_8);
        StringBuilder decoded = new StringBuilder();
        new Utf8Decoder().append(bytes, 0, bytes.length, decoded);
        assertThat(decoded.toString().equals(all.toString())).isTrue();
    }

    private static String decode(int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return TOKENIZER.decode(bytesAsIds(all));
    }
}
