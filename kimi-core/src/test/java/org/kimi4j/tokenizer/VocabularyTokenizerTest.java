package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.tokenizer.EncodingPart.Control;
import org.kimi4j.tokenizer.EncodingPart.Text;

class VocabularyTokenizerTest {

    private static final Vocabulary VOCABULARY = TestVocabularies.o200k(20_000);
    private static final Tokenizer TOKENIZER = TestVocabularies.tokenizer(VOCABULARY);
    private static final SpecialTokens SPECIAL = TOKENIZER.specialTokens();

    @Test
    void controlTokensFollowTheLastRankAndReservedNamesAreFilledIn() {
        assertThat(TOKENIZER.size()).isEqualTo(20_256);
        assertThat(SPECIAL.firstId()).isEqualTo(20_000);
        assertThat(SPECIAL.id(SpecialTokens.IM_MIDDLE)).isEqualTo(20_017);
        assertThat(SPECIAL.name(20_005)).isEqualTo("<|reserved_token_20005|>");
        assertThat(SPECIAL.name(20_255)).isEqualTo("[PAD]");
        assertThatThrownBy(() -> SPECIAL.id("<|media_start|>"))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("<|media_start|>");
    }

    @Test
    void textNeverBecomesAControlToken() {
        long seed = 13;
        Random random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            String text = RandomTexts.next(random, 10)
                    + SPECIAL.names().get(random.nextInt(256))
                    + RandomTexts.next(random, 10);
            for (int id : TOKENIZER.encode(text)) {
                assertThat(SPECIAL.isSpecial(id))
                        .as("seed %d, text %d", seed, i)
                        .isFalse();
            }
            assertThat(TOKENIZER.decode(TOKENIZER.encode(text)))
                    .as("seed %d, text %d", seed, i)
                    .isEqualTo(RandomTexts.withoutLoneSurrogates(text));
        }
    }

    @Test
    void rawEncodingRecognisesEveryName() {
        for (String name : SPECIAL.names()) {
            assertThat(TOKENIZER.encodeRaw(name)).containsExactly(SPECIAL.id(name));
            assertThat(TOKENIZER.decode(SPECIAL.id(name))).isEqualTo(name);
        }
        assertThat(TOKENIZER.encodeRaw("<|im_end|><think></think>"))
                .containsExactly(SPECIAL.id("<|im_end|>"), SPECIAL.id("<think>"), SPECIAL.id("</think>"));
        assertThat(TOKENIZER.encodeRaw("<|im_end|")).isEqualTo(TOKENIZER.encode("<|im_end|"));
        assertThat(TOKENIZER.encodeRaw("<|reserved_token_2000")).isEqualTo(TOKENIZER.encode("<|reserved_token_2000"));
    }

    @Test
    void rawEncodingOfTextWithoutNamesIsOrdinaryEncoding() {
        long seed = 14;
        Random random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            String text = RandomTexts.next(random, 20);
            if (SPECIAL.names().stream().noneMatch(text::contains)) {
                assertThat(TOKENIZER.encodeRaw(text))
                        .as("seed %d, text %d", seed, i)
                        .isEqualTo(TOKENIZER.encode(text));
            }
        }
    }

    @Test
    void theLongestOfTwoNamesWins() {
        ControlNames names = new ControlNames(new SpecialTokens(7, List.of("<a>", "<a>b", "<a>bcd", "[x]")));
        assertThat(names.idAt("-<a>bc", 1, 6)).isEqualTo(8);
        assertThat(names.idAt("-<a>bcd", 1, 7)).isEqualTo(9);
        assertThat(names.idAt("-<a>bcd", 1, 6))
                .as("the last character is beyond the limit")
                .isEqualTo(8);
        assertThat(names.idAt("-<a>", 1, 3)).isEqualTo(-1);
        assertThat(names.idAt("-<a>", 0, 4)).isEqualTo(-1);
        assertThat(names.idAt("[x]", 0, 3)).isEqualTo(10);
    }

    @Test
    void partsEqualTheirJoinedTextWithControlTokensOn() {
        long seed = 15;
        Random random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            List<EncodingPart> parts = new ArrayList<>();
            StringBuilder joined = new StringBuilder();
            for (int n = random.nextInt(8); n > 0; n--) {
                if (random.nextBoolean()) {
                    String name = SPECIAL.names().get(random.nextInt(256));
                    parts.add(new Control(name));
                    joined.append(name);
                } else {
                    String text = RandomTexts.next(random, 8).replaceAll("[<\\[]", "");
                    parts.add(new Text(text));
                    joined.append(text);
                }
            }
            assertThat(TOKENIZER.encodeParts(parts))
                    .as("seed %d, prompt %d", seed, i)
                    .isEqualTo(TOKENIZER.encodeRaw(joined.toString()));
        }
    }

    @Test
    void neighbouringTextsAreOneText() {
        assertThat(TOKENIZER.encodeParts(
                        List.of(new Text("hel"), new Text(""), new Text("lo"), new Control("<think>"))))
                .isEqualTo(TOKENIZER.encodeRaw("hello<think>"));
        assertThat(TOKENIZER.encodeParts(List.of(new Text("<thi"), new Text("nk>"))))
                .isEqualTo(TOKENIZER.encode("<think>"));
        assertThat(TOKENIZER.encodeParts(List.of())).isEmpty();
    }

    /** Runs and windows are counted over the whole prompt, control tokens included, as the official code does. */
    @Test
    void slicesOfALongPromptRunAcrossItsParts() {
        String middle = "ab".repeat(12_494);
        List<EncodingPart> run = List.of(new Text("x"), new Control("<think>"), new Text(middle + "abtheend"));
        assertThat(TOKENIZER.encodeParts(run)).isEqualTo(TOKENIZER.encodeRaw("x<think>" + middle + "abtheend"));
        assertThat(TOKENIZER.encodeParts(run))
                .as("the cut shows")
                .isNotEqualTo(
                        concat(TOKENIZER.encode("x"), SPECIAL.id("<think>"), TOKENIZER.encode(middle + "abtheend")));

        String window = "ab ".repeat(133_332);
        List<EncodingPart> parts = List.of(new Text(window), new Control("<think>"), new Text("hello hello"));
        assertThat(TOKENIZER.encodeParts(parts))
                .as("the window ends at character 400,000, inside of the name, which stays whole here")
                .isEqualTo(concat(TOKENIZER.encode(window), SPECIAL.id("<think>"), TOKENIZER.encode("hello hello")));
        assertThat(TOKENIZER.encodeRaw(window + "<think>hello hello"))
                .as("but not in a raw text")
                .doesNotContain(SPECIAL.id("<think>"));
    }

    private static int[] concat(int[] before, int id, int[] after) {
        int[] all = new int[before.length + 1 + after.length];
        System.arraycopy(before, 0, all, 0, before.length);
        all[before.length] = id;
        System.arraycopy(after, 0, all, before.length + 1, after.length);
        return all;
    }

    @Test
    void slicesAreEncodedEachForItself() {
        String run = "hello".repeat(5_001);
        assertThat(TOKENIZER.encode(run))
                .isEqualTo(concat(TOKENIZER.encode(run.substring(0, 25_000)), TOKENIZER.encode("hello")));
        String words = "hello ".repeat(66_700);
        assertThat(TOKENIZER.encode(words))
                .isEqualTo(concat(
                        TOKENIZER.encode(words.substring(0, 400_000)), TOKENIZER.encode(words.substring(400_000))));
    }

    private static int[] concat(int[] before, int[] after) {
        return concat(before, after[0], java.util.Arrays.copyOfRange(after, 1, after.length));
    }

    @Test
    void bytesAreACopyAndOfAControlTokenItsName() {
        int id = TOKENIZER.encode("hello")[0];
        TOKENIZER.bytes(id)[0] = 0;
        assertThat(TOKENIZER.bytes(id)).isEqualTo(VOCABULARY.bytes(id));
        assertThat(TOKENIZER.bytes(20_022)).isEqualTo("<think>".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> TOKENIZER.bytes(20_256)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TOKENIZER.decode(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void loneSurrogatesAreEncodedAsReplacementCharacters() {
        assertThat(TOKENIZER.encode("a\ud800b\udc00\ud800")).isEqualTo(TOKENIZER.encode("a\uFFFDb\uFFFD\uFFFD"));
    }
}
