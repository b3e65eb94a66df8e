package org.kimi4j.spring.openai;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kimi4j.GenerateOptions;
import org.kimi4j.ResponseFormat;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ConversationJson;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.StringNode;

/** A request for a completion. Every field is understood, known to have no effect on the answer, or refused by name. */
record CompletionRequest(
        List<ChatMessage> messages,
        List<ToolSpec> tools,
        GenerateOptions options,
        boolean stream,
        boolean includeUsage,
        boolean logprobs) {

    private static final List<String> UNDERSTOOD = List.of(
            "model",
            "messages",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "stream",
            "stream_options",
            "max_tokens",
            "max_completion_tokens",
            "max_thinking_tokens",
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "presence_penalty",
            "frequency_penalty",
            "repetition_penalty",
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "seed",
            "stop",
            "n",
            "response_format",
            "thinking",
            "chat_template_kwargs",
            "reasoning_effort");

    /** These say who asks or how the answer is kept, never what it is. */
    private static final List<String> WITHOUT_EFFECT =
            List.of("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "verbosity");

    private static final List<String> ALL = all();

    private static List<String> all() {
        List<String> names = new ArrayList<>(UNDERSTOOD);
        names.addAll(WITHOUT_EFFECT);
        return List.copyOf(names);
    }

    /** @throws ApiFailure naming the field */
    static CompletionRequest read(JsonNode body, OpenAiProperties limits, GenerateOptions defaults, String name) {
        Fields fields = new Fields("", body);
        fields.allow(ALL);
        requireModel(fields, name);
        fields.only("n", "1, one answer at a time", IntNode.valueOf(1));
        fields.only("parallel_tool_calls", "true, the model decides how many calls it makes", BooleanNode.TRUE);
        checkMedia(fields.required("messages"), limits);
        List<ToolSpec> tools = fields.has("tools")
                ? ConversationJson.readTools(fields.required("tools").toString())
                : List.of();
        boolean stream = fields.flag("stream").orElse(false);
        boolean includeUsage = false;
        if (fields.has("stream_options")) {
            Fields options = fields.object("stream_options");
            options.allow(List.of("include_usage", "include_obfuscation"));
            includeUsage = options.flag("include_usage").orElse(false);
        }
        return new CompletionRequest(
                ConversationJson.readMessages(fields.required("messages").toString()),
                tools,
                options(fields, limits, defaults),
                stream,
                includeUsage,
                fields.flag("logprobs").orElse(false));
    }

    private static void requireModel(Fields fields, String name) {
        String asked = fields.text("model").orElseThrow(() -> ApiFailure.field("model", "missing"));
        if (!asked.equals(name)) {
            throw new ApiFailure(
                    404, "model_not_found", "model", "model: expected " + name + ", found " + asked + "; see /models");
        }
    }

    private static void checkMedia(JsonNode messages, OpenAiProperties limits) {
        int count = 0;
        for (int i = 0; i < messages.size(); i++) {
            JsonNode content = messages.get(i).path("content");
            for (int j = 0; content.isArray() && j < content.size(); j++) {
                String type = content.get(j).path("type").asString("");
                if (!type.startsWith("image") && !type.startsWith("video")) {
                    continue;
                }
                count++;
                JsonNode source = content.get(j).path(type);
                String url = (source.isObject() ? source.path("url") : source).asString("");
                if (!url.regionMatches(true, 0, "data:", 0, 5)) {
                    throw ApiFailure.field(
                            "messages[" + i + "].content[" + j + "]." + type,
                            "expected a data: address, found " + url.substring(0, Math.min(80, url.length()))
                                    + "; nothing is fetched or read from disk, send the content as base64");
                }
            }
        }
        if (count > limits.maxPictures()) {
            throw ApiFailure.field(
                    "messages",
                    "expected at most " + limits.maxPictures()
                            + " pictures and videos (kimi.openai.max-pictures), found " + count);
        }
    }

    private static GenerateOptions options(Fields f, OpenAiProperties limits, GenerateOptions defaults) {
        Optional<Integer> maxTokens = maxTokens(f, limits, defaults);
        return defaults.with(o -> {
            maxTokens.ifPresent(o::maxTokens);
            o.defaultMaxTokens(Math.min(defaults.defaultMaxTokens(), limits.maxTokens()));
            f.number("temperature").ifPresent(o::temperature);
            f.number("top_p").ifPresent(o::topP);
            f.small("top_k").ifPresent(o::topK);
            f.number("min_p").ifPresent(o::minP);
            f.number("presence_penalty").ifPresent(o::presencePenalty);
            f.number("frequency_penalty").ifPresent(o::frequencyPenalty);
            f.number("repetition_penalty").ifPresent(o::repetitionPenalty);
            f.integer("seed").ifPresent(o::seed);
            f.small("max_thinking_tokens").ifPresent(o::maxThinkingTokens);
            thinking(f).ifPresent(o::thinking);
            if (f.has("stop")) {
                o.stop(stop(f.required("stop")));
            }
            if (f.has("logit_bias")) {
                o.logitBias(bias(f.object("logit_bias")));
            }
            if (f.flag("logprobs").orElse(false)) {
                o.logprobs(f.small("top_logprobs").orElse(0));
            } else if (f.small("top_logprobs").orElse(0) > 0) {
                throw ApiFailure.field("top_logprobs", "needs logprobs: true");
            }
            if (f.has("response_format")) {
                o.responseFormat(format(f.object("response_format")));
            }
            o.toolChoice(choice(f));
            return o.deadline(limits.timeout());
        });
    }

    /** What the client or the application asks for; empty for as many as there is room for. */
    private static Optional<Integer> maxTokens(Fields f, OpenAiProperties limits, GenerateOptions defaults) {
        Optional<Integer> asked = f.small("max_completion_tokens").or(() -> f.small("max_tokens"));
        if (asked.isPresent() && (asked.get() < 1 || asked.get() > limits.maxTokens())) {
            throw ApiFailure.field(
                    f.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens",
                    "expected 1 to " + limits.maxTokens() + " (kimi.openai.max-tokens), found " + asked.get());
        }
        return asked.or(() -> defaults.maxTokens().stream()
                .mapToObj(n -> Math.min(n, limits.maxTokens()))
                .findFirst());
    }

    /** The three ways in which clients of this model say it; reasoning_effort has only one value that means something. */
    private static Optional<Boolean> thinking(Fields f) {
        if (f.has("thinking")) {
            Fields thinking = f.object("thinking");
            thinking.allow(List.of("type"));
            thinking.only("type", "enabled or disabled", StringNode.valueOf("enabled"), StringNode.valueOf("disabled"));
            return Optional.of(thinking.required("type").stringValue().equals("enabled"));
        }
        if (f.has("chat_template_kwargs")) {
            Fields template = f.object("chat_template_kwargs");
            template.allow(List.of("thinking"));
            return template.flag("thinking");
        }
        return f.text("reasoning_effort").filter("none"::equals).map(_ -> false);
    }

    private static List<String> stop(JsonNode stop) {
        if (stop.isString()) {
            return List.of(stop.stringValue());
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : stop) {
            if (!text.isString()) {
                throw ApiFailure.field("stop", "expected a string or an array of strings");
            }
            texts.add(text.stringValue());
        }
        return texts;
    }

    private static Map<Integer, Float> bias(Fields f) {
        Map<Integer, Float> bias = new HashMap<>();
        for (String id : f.node().propertyNames()) {
            try {
                bias.put(Integer.valueOf(id), f.number(id).orElse(0.0).floatValue());
            } catch (NumberFormatException e) {
                throw ApiFailure.field("logit_bias." + id, "expected a token id");
            }
        }
        return bias;
    }

    private static ResponseFormat format(Fields f) {
        f.allow(List.of("type", "json_schema"));
        String type = f.text("type").orElse("");
        return switch (type) {
            case "text" -> ResponseFormat.TEXT;
            case "json_object" -> ResponseFormat.JSON_OBJECT;
            case "json_schema" -> {
                Fields schema = f.object("json_schema");
                schema.allow(List.of("name", "description", "schema", "strict"));
                yield ResponseFormat.jsonSchema(schema.required("schema").toString());
            }
            default ->
                throw ApiFailure.field(
                        "response_format.type", "expected text, json_object or json_schema, found " + type);
        };
    }

    private static ToolChoice choice(Fields f) {
        if (!f.has("tool_choice")) {
            return ToolChoice.AUTO;
        }
        JsonNode choice = f.required("tool_choice");
        if (choice.isString()) {
            return switch (choice.stringValue()) {
                case "auto" -> ToolChoice.AUTO;
                case "none" -> ToolChoice.NONE;
                case "required" -> ToolChoice.REQUIRED;
                default ->
                    throw ApiFailure.field(
                            "tool_choice", "expected auto, none, required or a function, found " + choice);
            };
        }
        Fields named = f.object("tool_choice");
        named.allow(List.of("type", "function"));
        Fields function = named.object("function");
        return ToolChoice.named(function.text("name").orElse(""));
    }
}
