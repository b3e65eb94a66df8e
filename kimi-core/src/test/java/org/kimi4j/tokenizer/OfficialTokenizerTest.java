package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The official tokenizer files: {@code KIMI_CHECKPOINT} names a directory with them, the weights are not needed. Vectors
 * are those that tests of transformers, PaddleFormers and others hold for the same vocabulary.
 */
@Tag("checkpoint")
@EnabledIfEnvironmentVariable(
        named = "KIMI_CHECKPOINT",
        matches = ".+",
        disabledReason = "KIMI_CHECKPOINT names no directory with K2.5's tiktoken.model and tokenizer_config.json")
class OfficialTokenizerTest {

    private static Path directory;
    private static Tokenizer tokenizer;

    @BeforeAll
    static void open() {
        directory = Path.of(System.getenv("KIMI_CHECKPOINT"));
        tokenizer = Tokenizers.open(directory);
    }

    private static void encodes(String text, int... ids) {
        assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
        assertThat(tokenizer.decode(ids)).isEqualTo(text);
    }

    @Test
    void textsHaveTheirPublishedIds() {
        encodes("user", 2482);
        encodes("assistant", 69702);
        encodes("image", 4017);
        encodes("\n", 198);
        encodes("hello", 22931);
        encodes("1234567890", 6694, 12972, 16242, 15);
        encodes("Tell me about the french revolution.", 69211, 1019, 1215, 276, 64782, 25317, 13);
        encodes("00:00:00.", 465, 25, 465, 25, 465, 13);
        encodes("message", 2778);
        encodes(" role", 6244);
        encodes("=\"", 878);
        encodes("\"", 1);
        encodes("think", 39964);
    }

    @Test
    void theInstantPromptHasItsPublishedIds() {
        String prompt =
                "<|im_user|>user<|im_middle|>hello<|im_end|><|im_assistant|>assistant<|im_middle|><think></think>";
        assertThat(tokenizer.encodeRaw(prompt))
                .containsExactly(163587, 2482, 163601, 22931, 163586, 163588, 69702, 163601, 163606, 163607);
    }

    @Test
    void controlTokensHaveTheirPublishedIds() {
        assertThat(tokenizer.size()).isEqualTo(163_840);
        SpecialTokens special = tokenizer.specialTokens();
        assertThat(special.firstId()).isEqualTo(163_584);
        assertThat(special.id(SpecialTokens.BOS)).isEqualTo(163_584);
        assertThat(special.id(SpecialTokens.IM_MIDDLE)).isEqualTo(163_601);
        assertThat(special.id(SpecialTokens.MEDIA_PAD)).isEqualTo(163_605);
        assertThat(special.id(SpecialTokens.END_THINK)).isEqualTo(163_607);
        assertThat(special.id(SpecialTokens.PAD)).isEqualTo(163_839);
        assertThat(special.name(163_589)).isEqualTo("<|reserved_token_163589|>");
    }

    @Test
    void everyLongerTokenIsTheMergeOfTwo(@TempDir Path converted) throws IOException {
        Vocabulary vocabulary =
                TiktokenFile.parse("tiktoken.model", Files.readAllBytes(directory.resolve("tiktoken.model")));
        assertThat(TokenizerFiles.merges(vocabulary).items()).hasSize(163_328);
        TokenizerFiles.writeJson(converted, vocabulary, tokenizer.specialTokens());
        TokenizerFiles.writeConfig(converted, tokenizer.specialTokens());
        long seed = 51;
        Random random = new Random(seed);
        try (Tokenizer djl = Tokenizers.open(converted)) {
            for (int i = 0; i < 5_000; i++) {
                String text = RandomTexts.next(random, 30);
                assertThat(djl.encode(text)).as("seed %d, text %d", seed, i).isEqualTo(tokenizer.encode(text));
            }
        }
    }
}
