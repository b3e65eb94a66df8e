package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.GptBytePairEncodingParams;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Our encoding against jtokkit's, both on the o200k ranks with Kimi's pattern. */
class JtokkitTwinTest {

    private static Encoding jtokkit(Vocabulary vocabulary) {
        Map<byte[], Integer> ranks = new HashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            ranks.put(vocabulary.bytes(id), id);
        }
        EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
        registry.registerGptBytePairEncoding(
                new GptBytePairEncodingParams("kimi-o200k", TestVocabularies.PATTERN, ranks, Map.of()));
        return registry.getEncoding("kimi-o200k").orElseThrow();
    }

    @Test
    void idsEqualThoseOfJtokkit() {
        Vocabulary vocabulary = TestVocabularies.o200k();
        assertThat(vocabulary.size()).isEqualTo(199_998);
        Encoding oracle = jtokkit(vocabulary);
        Tokenizer ours = TestVocabularies.tokenizer(vocabulary);
        long seed = 42;
        Random random = new Random(seed);
        for (int i = 0; i < 30_000; i++) {
            String text = RandomTexts.next(random, 40);
            int[] expected = oracle.encodeOrdinary(RandomTexts.withoutLoneSurrogates(text))
                    .toArray();
            assertThat(ours.encode(text))
                    .as("seed %d, text %d: %s", seed, i, text)
                    .isEqualTo(expected);
        }
    }
}
