package org.kimi4j.spring.openai;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Delta;
import org.kimi4j.FinishReason;
import org.kimi4j.Reply;
import org.kimi4j.Usage;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.sampling.Logprobs;
import org.kimi4j.tokenizer.Tokenizer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One completion in the words of the protocol: whole, or piece by piece. For one thread. */
final class CompletionJson {

    private final JsonMapper mapper;
    private final String model;
    private final Tokenizer tokenizer;
    private final String id = "chatcmpl-" + UUID.randomUUID();
    private final long created = Instant.now().getEpochSecond();
    private final List<Logprobs> ofReasoning = new ArrayList<>();
    private final List<Logprobs> ofAnswer = new ArrayList<>();

    CompletionJson(JsonMapper mapper, String model, Tokenizer tokenizer) {
        this.mapper = mapper;
        this.model = model;
        this.tokenizer = tokenizer;
    }

    static ObjectNode error(JsonMapper mapper, ApiFailure failure) {
        ObjectNode body = mapper.createObjectNode();
        body.putObject("error")
                .put("message", failure.getMessage())
                .put("type", failure.type())
                .put("param", failure.field())
                .put("code", failure.code());
        return body;
    }

    /** Keeps the logprobs of a piece for the whole. */
    void collect(Delta delta) {
        (delta.event() instanceof ReplyEvent.ThinkingDelta ? ofReasoning : ofAnswer).addAll(delta.logprobs());
    }

    ObjectNode whole(Reply reply, boolean withLogprobs) {
        ObjectNode body = head("chat.completion");
        ObjectNode choice = body.putArray("choices").addObject();
        choice.put("index", 0);
        ObjectNode message = choice.putObject("message").put("role", "assistant");
        if (reply.text().isEmpty() && !reply.toolCalls().isEmpty()) {
            message.putNull("content");
        } else {
            message.put("content", reply.text());
        }
        message.putNull("refusal");
        if (!reply.thinking().isEmpty()) {
            message.put("reasoning_content", reply.thinking());
        }
        if (!reply.toolCalls().isEmpty()) {
            ArrayNode calls = message.putArray("tool_calls");
            for (ToolCall call : reply.toolCalls()) {
                calls.addObject()
                        .put("id", call.id())
                        .put("type", "function")
                        .putObject("function")
                        .put("name", call.name())
                        .put("arguments", call.arguments().isBlank() ? "{}" : call.arguments());
            }
        }
        if (withLogprobs) {
            logprobs(choice, ofReasoning, ofAnswer);
        } else {
            choice.putNull("logprobs");
        }
        choice.put("finish_reason", reason(reply.finishReason()));
        usage(body, reply.usage());
        return body;
    }

    private ObjectNode head(String object) {
        ObjectNode body = mapper.createObjectNode();
        return body.put("id", id).put("object", object).put("created", created).put("model", model);
    }

    /** The first piece. */
    ObjectNode begin() {
        ObjectNode body = head("chat.completion.chunk");
        delta(body, null).put("role", "assistant").put("content", "");
        return body;
    }

    /** A piece; null for one that has no word in the protocol. */
    @Nullable
    ObjectNode piece(Delta delta) {
        ObjectNode body = head("chat.completion.chunk");
        ObjectNode content = delta(body, null);
        switch (delta.event()) {
            case ReplyEvent.TextDelta(String text) -> content.put("content", text);
            case ReplyEvent.ThinkingDelta(String text) -> content.put("reasoning_content", text);
            case ReplyEvent.ToolCallStart(int index, String callId, String name) ->
                content.putArray("tool_calls")
                        .addObject()
                        .put("index", index)
                        .put("id", callId)
                        .put("type", "function")
                        .putObject("function")
                        .put("name", name)
                        .put("arguments", "");
            case ReplyEvent.ToolCallArgumentsDelta(int index, String text) ->
                content.putArray("tool_calls")
                        .addObject()
                        .put("index", index)
                        .putObject("function")
                        .put("arguments", text);
            case ReplyEvent.ToolCallEnd _, ReplyEvent.Malformed _ -> {
                return null;
            }
        }
        if (!delta.logprobs().isEmpty()) {
            boolean reasoning = delta.event() instanceof ReplyEvent.ThinkingDelta;
            List<Logprobs> all = delta.logprobs();
            logprobs(
                    (ObjectNode) body.path("choices").path(0),
                    reasoning ? all : List.of(),
                    reasoning ? List.of() : all);
        }
        return body;
    }

    /** The last piece but for the usage. */
    ObjectNode end(Reply reply) {
        ObjectNode body = head("chat.completion.chunk");
        delta(body, reason(reply.finishReason()));
        return body;
    }

    ObjectNode usage(Reply reply) {
        ObjectNode body = head("chat.completion.chunk");
        body.putArray("choices");
        usage(body, reply.usage());
        return body;
    }

    private static ObjectNode delta(ObjectNode body, @Nullable String reason) {
        ObjectNode choice = body.putArray("choices").addObject();
        choice.put("index", 0);
        ObjectNode delta = choice.putObject("delta");
        choice.put("finish_reason", reason);
        return delta;
    }

    private static String reason(FinishReason reason) {
        return switch (reason) {
            case STOP, CANCELLED -> "stop";
            case TOOL_CALLS -> "tool_calls";
            case LENGTH, DEADLINE -> "length";
        };
    }

    private static void usage(ObjectNode body, Usage usage) {
        ObjectNode out = body.putObject("usage");
        out.put("prompt_tokens", usage.promptTokens());
        out.put("completion_tokens", usage.completionTokens());
        out.put("total_tokens", usage.totalTokens());
        out.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedTokens());
        out.putObject("completion_tokens_details").put("reasoning_tokens", usage.thinkingTokens());
    }

    private void logprobs(ObjectNode choice, List<Logprobs> reasoning, List<Logprobs> answer) {
        ObjectNode out = choice.putObject("logprobs");
        tokens(out.putArray("content"), answer);
        if (!reasoning.isEmpty()) {
            tokens(out.putArray("reasoning_content"), reasoning);
        }
    }

    private void tokens(ArrayNode out, List<Logprobs> all) {
        for (Logprobs one : all) {
            ObjectNode token = token(out.addObject(), one.token(), one.logprob());
            ArrayNode top = token.putArray("top_logprobs");
            for (Logprobs.Entry entry : one.top()) {
                token(top.addObject(), entry.token(), entry.logprob());
            }
        }
    }

    private ObjectNode token(ObjectNode out, int id, double logprob) {
        byte[] bytes = tokenizer.bytes(id);
        out.put("token", new String(bytes, StandardCharsets.UTF_8)).put("logprob", logprob);
        ArrayNode numbers = out.putArray("bytes");
        for (byte b : bytes) {
            numbers.add(b & 0xff);
        }
        return out;
    }
}
