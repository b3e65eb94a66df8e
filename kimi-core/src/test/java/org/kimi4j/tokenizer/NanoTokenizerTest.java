package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.json.Json;
import org.kimi4j.nano.KimiNano;

/** The tokenizer of the bundled model. */
class NanoTokenizerTest {

    private final Tokenizer tokenizer = Tokenizers.open(KimiNano.path());

    /** The ids that the Python code made which trained the model; nano-prompts.json is part of its goldens.json. */
    @Test
    void promptsHaveTheIdsTheModelWasTrainedWith() throws Exception {
        try (InputStream in = getClass().getResourceAsStream("nano-prompts.json")) {
            List<Json> prompts = ((Json.Arr) Json.parse(in)).items();
            assertThat(prompts).hasSize(3);
            for (Json prompt : prompts) {
                Json.Obj golden = (Json.Obj) prompt;
                int[] ids = ids(golden, "ids");
                assertThat(tokenizer.encodeRaw(text(golden, "prompt"))).isEqualTo(ids);
                assertThat(tokenizer.decode(ids)).isEqualTo(text(golden, "prompt"));
                assertThat(tokenizer.decode(ids(golden, "greedy_ids"))).isEqualTo(text(golden, "greedy_text"));
            }
        }
    }

    private static String text(Json.Obj object, String key) {
        return ((Json.Str) object.get(key).orElseThrow()).value();
    }

    private static int[] ids(Json.Obj object, String key) {
        return ((Json.Arr) object.get(key).orElseThrow())
                .items().stream()
                        .mapToInt(id -> Integer.parseInt(((Json.Num) id).literal()))
                        .toArray();
    }

    @Test
    void controlTokensHaveTheirOwnIdsInTheOfficialOrder() {
        assertThat(tokenizer.size()).isEqualTo(1_536);
        assertThat(tokenizer.specialTokens().firstId()).isEqualTo(1_280);
        assertThat(tokenizer.specialTokens().id(SpecialTokens.IM_MIDDLE)).isEqualTo(1_297);
        assertThat(tokenizer.specialTokens().id(SpecialTokens.END_THINK)).isEqualTo(1_303);
        assertThat(tokenizer.specialTokens().name(1_285)).isEqualTo("<|reserved_token_1285|>");
    }

    @Test
    void convertedToTokenizerJsonItGivesTheSameIds(@TempDir Path directory) {
        Vocabulary.Builder builder = new Vocabulary.Builder();
        for (int id = 0; id < 1_280; id++) {
            builder.add(tokenizer.bytes(id));
        }
        Vocabulary vocabulary;
        try {
            vocabulary = builder.build();
        } catch (Vocabulary.RepeatedTokenException e) {
            throw new AssertionError(e);
        }
        TokenizerFiles.writeJson(directory, vocabulary, tokenizer.specialTokens());
        TokenizerFiles.writeConfig(directory, tokenizer.specialTokens());
        long seed = 31;
        Random random = new Random(seed);
        try (Tokenizer djl = Tokenizers.open(directory)) {
            for (int i = 0; i < 5_000; i++) {
                String text = RandomTexts.next(random, 30);
                assertThat(djl.encode(text)).as("seed %d, text %d", seed, i).isEqualTo(tokenizer.encode(text));
            }
        }
    }
}
