package org.kimi4j;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.SchemaException;
import org.kimi4j.schema.RecordSchema;

/**
 * Several turns with the model: {@code c.user("...").send()} appends the question and the reply, reasoning included, so
 * that nothing the next prompt needs is lost. What of the earlier turns is still in the model's cache is not read again.
 * For one thread at a time.
 */
public final class Conversation {

    private final KimiModel model;
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<ToolSpec> tools = new ArrayList<>();
    private GenerateOptions options = GenerateOptions.DEFAULTS;

    Conversation(KimiModel model) {
        this.model = model;
    }

    public Conversation system(String text) {
        messages.add(ChatMessage.system(text));
        return this;
    }

    public Conversation user(String text) {
        messages.add(ChatMessage.user(text));
        return this;
    }

    /** A turn with pictures or video. */
    public Conversation user(Consumer<UserTurn> turn) {
        UserTurn collected = new UserTurn();
        turn.accept(collected);
        messages.add(new ChatMessage.User(collected.content(), ""));
        return this;
    }

    /** Any message, such as a tool's result. */
    public Conversation add(ChatMessage message) {
        messages.add(message);
        return this;
    }

    /** Functions that the model may ask to be run in all following turns. */
    public Conversation tools(ToolSpec... specs) {
        tools.addAll(List.of(specs));
        return this;
    }

    /** Changes the options of all following turns: {@code c.options(o -> o.thinking(false))}. */
    public Conversation options(UnaryOperator<GenerateOptions.Builder> change) {
        options = options.with(change);
        return this;
    }

    /** Asks, waits, and appends the reply. */
    public Reply send() {
        return stream(_ -> {});
    }

    /**
     * Asks and shows the pieces of the reply to a listener on this thread, then appends the reply. A reply that fails
     * leaves the conversation as it was before the call.
     */
    public Reply stream(Consumer<Delta> listener) {
        return stream(options, listener);
    }

    private Reply stream(GenerateOptions used, Consumer<Delta> listener) {
        try (ReplyStream stream = model.open(messages, tools, used)) {
            for (var next = stream.next(); next.isPresent(); next = stream.next()) {
                listener.accept(next.get());
            }
            Reply reply = stream.reply();
            messages.add(reply.toMessage());
            return reply;
        }
    }

    /**
     * Asks, waits, appends the reply, and gives its answer as a record: see {@link ChatRequest#answerAs(Class)}. The format
     * is that of this turn alone. A reply that calls tools is appended too; answer the calls and ask again.
     *
     * @throws SchemaException if the type cannot be described, or the reply calls tools in place of an answer
     */
    public <T> T answerAs(Class<T> type) {
        return answerAs(RecordSchema.of(type));
    }

    /** As {@link #answerAs(Class)}, of a type that the owner of a lookup can make. */
    public <T> T answerAs(Class<T> type, MethodHandles.Lookup lookup) {
        return answerAs(RecordSchema.of(type, lookup));
    }

    private <T> T answerAs(RecordSchema<T> schema) {
        return stream(options.with(o -> o.responseFormat(ResponseFormat.jsonSchema(schema.text()))), _ -> {})
                .as(schema);
    }

    /** The pieces of the next reply, to be pulled; the caller appends the reply with {@link #add}. */
    public ReplyStream open() {
        return model.open(messages, tools, options);
    }

    /** All turns so far, to be kept or handed to {@link Kimi#conversation(List)} later. */
    public List<ChatMessage> messages() {
        return List.copyOf(messages);
    }

    /** Takes the last turns back. */
    public Conversation truncate(int count) {
        if (count < 0 || count > messages.size()) {
            throw new IllegalArgumentException("truncate: expected 0 to " + messages.size() + ", found " + count);
        }
        messages.subList(count, messages.size()).clear();
        return this;
    }
}
