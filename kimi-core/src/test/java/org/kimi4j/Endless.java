package org.kimi4j;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** Requests whose replies end only where a test ends them. */
final class Endless {

    private Endless() {}

    /** A greedy instant reply in which no control token can come. */
    static ChatRequest request(Kimi kimi, String question, int maxTokens) {
        return kimi.chat()
                .user(question)
                .thinking(false)
                .temperature(0)
                .logitBias(noControl(kimi.model().tokenizer()))
                .maxTokens(maxTokens);
    }

    /** A bias against everything that ends a reply or begins another part of it. */
    static Map<Integer, Float> noControl(Tokenizer tokenizer) {
        Map<Integer, Float> bias = new HashMap<>();
        for (String name : List.of(
                SpecialTokens.IM_END,
                SpecialTokens.EOS,
                SpecialTokens.EOT,
                SpecialTokens.THINK,
                SpecialTokens.END_THINK,
                SpecialTokens.TOOL_CALLS_SECTION_BEGIN)) {
            tokenizer.specialTokens().find(name).ifPresent(id -> bias.put(id, -100f));
        }
        return bias;
    }
}
