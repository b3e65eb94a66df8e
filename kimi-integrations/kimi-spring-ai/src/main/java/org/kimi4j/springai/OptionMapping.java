package org.kimi4j.springai;

import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.kimi4j.GenerateOptions;
import org.kimi4j.ResponseFormat;
import org.kimi4j.chat.ToolSpec;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/** Spring AI's options as Kimi's; what is not set stays at Kimi's default. */
final class OptionMapping {

    private OptionMapping() {}

    static GenerateOptions generate(KimiChatOptions p) {
        return GenerateOptions.DEFAULTS.with(o -> {
            set(o, p.getTemperature(), GenerateOptions.Builder::temperature);
            set(o, p.getTopP(), GenerateOptions.Builder::topP);
            set(o, p.getTopK(), GenerateOptions.Builder::topK);
            set(o, p.getMinP(), GenerateOptions.Builder::minP);
            set(o, p.getFrequencyPenalty(), GenerateOptions.Builder::frequencyPenalty);
            set(o, p.getPresencePenalty(), GenerateOptions.Builder::presencePenalty);
            set(o, p.getRepetitionPenalty(), GenerateOptions.Builder::repetitionPenalty);
            set(o, p.getMaxTokens(), GenerateOptions.Builder::maxTokens);
            set(o, p.getStopSequences(), GenerateOptions.Builder::stop);
            set(o, p.getThinking(), GenerateOptions.Builder::thinking);
            set(o, p.getMaxThinkingTokens(), GenerateOptions.Builder::maxThinkingTokens);
            set(o, p.getPreserveThinking(), GenerateOptions.Builder::preserveThinking);
            set(o, p.getLogitBias(), GenerateOptions.Builder::logitBias);
            set(o, p.getSeed(), GenerateOptions.Builder::seed);
            set(o, p.getLogprobs(), GenerateOptions.Builder::logprobs);
            set(o, p.getDeadline(), GenerateOptions.Builder::deadline);
            set(o, p.getCaller(), GenerateOptions.Builder::caller);
            set(o, p.getToolChoice(), GenerateOptions.Builder::toolChoice);
            if (p.getOutputSchema() != null) {
                o.responseFormat(ResponseFormat.jsonSchema(p.getOutputSchema()));
            }
            return o;
        });
    }

    private static <T> void set(
            GenerateOptions.Builder options,
            @Nullable T value,
            BiFunction<GenerateOptions.Builder, T, GenerateOptions.Builder> setter) {
        if (value != null) {
            setter.apply(options, value);
        }
    }

    static List<ToolSpec> tools(KimiChatOptions p) {
        List<ToolCallback> callbacks = p.getToolCallbacks();
        boolean strict = Boolean.TRUE.equals(p.getStrictTools());
        return callbacks == null
                ? List.of()
                : callbacks.stream()
                        .map(c -> tool(c.getToolDefinition(), strict))
                        .toList();
    }

    private static ToolSpec tool(ToolDefinition tool, boolean strict) {
        return new ToolSpec(tool.name(), tool.description(), tool.inputSchema(), strict);
    }
}
