package org.kimi4j.spring;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kimi4j.springai.KimiChatOptions;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * What requests have where they set nothing; nothing here is about the model itself.
 *
 * @param thinking whether the model thinks before it answers; true if not set
 * @param maxThinkingTokens the most tokens of thinking
 * @param preserveThinking whether the reasoning of every earlier turn stays in the prompt; K2.6 and K2.7-Code only
 * @param maxTokens the most tokens of a reply, thinking included
 * @param temperature 0 (greedy) to 2; 1.0 with thinking and 0.6 without if not set
 * @param topP above 0 to 1; 0.95 if not set
 * @param topK candidates; all if not set
 * @param minP least share of the highest probability
 * @param repetitionPenalty 0.01 to 10; 1 is off
 * @param presencePenalty -2 to 2
 * @param frequencyPenalty -2 to 2
 * @param stop texts that end the answer
 * @param seed start of the random numbers
 * @param deadline longest time from a request to its last token
 * @param strictTools whether the arguments of tool calls must follow the tools' schemas
 */
@ConfigurationProperties("spring.ai.kimi.chat")
public record KimiChatProperties(
        @Nullable Boolean thinking,
        @Nullable Integer maxThinkingTokens,
        @Nullable Boolean preserveThinking,
        @Nullable Integer maxTokens,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable Double minP,
        @Nullable Double repetitionPenalty,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable List<String> stop,
        @Nullable Long seed,
        @Nullable Duration deadline,
        @Nullable Boolean strictTools) {

    /** As options of Spring AI's model. Values are checked, so that a wrong one is known when the application starts. */
    public KimiChatOptions options() {
        KimiChatOptions options = KimiChatOptions.builder()
                .thinking(thinking)
                .maxThinkingTokens(maxThinkingTokens)
                .preserveThinking(preserveThinking)
                .maxTokens(maxTokens)
                .temperature(temperature)
                .topP(topP)
                .topK(topK)
                .minP(minP)
                .repetitionPenalty(repetitionPenalty)
                .presencePenalty(presencePenalty)
                .frequencyPenalty(frequencyPenalty)
                .stopSequences(stop)
                .seed(seed)
                .deadline(deadline)
                .strictTools(strictTools)
                .build();
        try {
            options.generateOptions();
        } catch (org.kimi4j.error.UnsupportedOptionException e) {
            throw WrongPropertyException.ofOption("spring.ai.kimi.chat.", e);
        }
        return options;
    }
}
