package org.kimi4j.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.kimi4j.GenerateOptions;
import org.kimi4j.chat.ToolSpec;

/** LangChain4j's parameters as Kimi's options; what is not set stays at Kimi's default. */
final class ParameterMapping {

    private ParameterMapping() {}

    static GenerateOptions options(KimiChatRequestParameters p) {
        return GenerateOptions.DEFAULTS.with(o -> {
            set(o, p.temperature(), GenerateOptions.Builder::temperature);
            set(o, p.topP(), GenerateOptions.Builder::topP);
            set(o, p.topK(), GenerateOptions.Builder::topK);
            set(o, p.frequencyPenalty(), GenerateOptions.Builder::frequencyPenalty);
            set(o, p.presencePenalty(), GenerateOptions.Builder::presencePenalty);
            set(o, p.maxOutputTokens(), GenerateOptions.Builder::maxTokens);
            set(o, p.stopSequences(), GenerateOptions.Builder::stop);
            set(o, p.thinking(), GenerateOptions.Builder::thinking);
            set(o, p.maxThinkingTokens(), GenerateOptions.Builder::maxThinkingTokens);
            set(o, p.preserveThinking(), GenerateOptions.Builder::preserveThinking);
            set(o, p.minP(), GenerateOptions.Builder::minP);
            set(o, p.repetitionPenalty(), GenerateOptions.Builder::repetitionPenalty);
            set(o, p.logitBias(), GenerateOptions.Builder::logitBias);
            set(o, p.seed(), GenerateOptions.Builder::seed);
            set(o, p.logprobs(), GenerateOptions.Builder::logprobs);
            set(o, p.timeout(), GenerateOptions.Builder::deadline);
            set(o, p.caller(), GenerateOptions.Builder::caller);
            return o.responseFormat(format(p.responseFormat())).toolChoice(choice(p));
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

    private static org.kimi4j.chat.ToolChoice choice(KimiChatRequestParameters p) {
        if (p.toolName() != null) {
            if (p.toolChoice() == ToolChoice.NONE) {
                throw Failures.unsupported("ToolChoice.NONE together with 'toolName' is", "leave one of them out");
            }
            return org.kimi4j.chat.ToolChoice.named(p.toolName());
        }
        return switch (p.toolChoice()) {
            case null -> org.kimi4j.chat.ToolChoice.AUTO;
            case AUTO -> org.kimi4j.chat.ToolChoice.AUTO;
            case NONE -> org.kimi4j.chat.ToolChoice.NONE;
            case REQUIRED -> org.kimi4j.chat.ToolChoice.REQUIRED;
        };
    }

    private static org.kimi4j.ResponseFormat format(@Nullable ResponseFormat format) {
        if (format == null || format.type() == ResponseFormatType.TEXT) {
            return org.kimi4j.ResponseFormat.TEXT;
        }
        return format.jsonSchema() == null
                ? org.kimi4j.ResponseFormat.JSON_OBJECT
                : org.kimi4j.ResponseFormat.jsonSchema(
                        SchemaJson.of(format.jsonSchema().rootElement()));
    }

    static List<ToolSpec> tools(KimiChatRequestParameters p, boolean strict) {
        List<ToolSpecification> tools = p.toolSpecifications();
        return tools == null
                ? List.of()
                : tools.stream().map(tool -> tool(tool, strict)).toList();
    }

    private static ToolSpec tool(ToolSpecification tool, boolean strict) {
        return new ToolSpec(
                tool.name(),
                tool.description() == null ? "" : tool.description(),
                tool.parameters() == null ? "" : SchemaJson.of(tool.parameters()),
                tool.strict() == null ? strict : tool.strict());
    }
}
