package org.kimi4j;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.SchemaException;
import org.kimi4j.schema.RecordSchema;

/** One question, put together and asked: messages, tools, options, and then one of the forms of {@link #send()}. */
public final class ChatRequest {

    private final KimiModel model;
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<ToolSpec> tools = new ArrayList<>();
    private GenerateOptions options = GenerateOptions.DEFAULTS;

    ChatRequest(KimiModel model) {
        this.model = model;
    }

    public ChatRequest system(String text) {
        return message(ChatMessage.system(text));
    }

    public ChatRequest user(String text) {
        return message(ChatMessage.user(text));
    }

    /** A turn with pictures or video: {@code user(u -> u.text("What is this?").image(path))}. */
    public ChatRequest user(Consumer<UserTurn> turn) {
        UserTurn collected = new UserTurn();
        turn.accept(collected);
        return message(new ChatMessage.User(collected.content(), ""));
    }

    /** Any message. */
    public ChatRequest message(ChatMessage message) {
        messages.add(message);
        return this;
    }

    /** The turns so far. */
    public ChatRequest messages(List<? extends ChatMessage> more) {
        messages.addAll(more);
        return this;
    }

    /** Functions that the model may ask to be run. */
    public ChatRequest tools(ToolSpec... specs) {
        tools.addAll(List.of(specs));
        return this;
    }

    /** Functions that the model may ask to be run. */
    public ChatRequest tools(List<ToolSpec> specs) {
        tools.addAll(specs);
        return this;
    }

    /** Whether the reply may, or must, call tools. */
    public ChatRequest toolChoice(ToolChoice choice) {
        return option(o -> o.toolChoice(choice));
    }

    /** All options at once; later single options change these. */
    public ChatRequest options(GenerateOptions all) {
        options = all;
        return this;
    }

    GenerateOptions options() {
        return options;
    }

    private ChatRequest option(UnaryOperator<GenerateOptions.Builder> change) {
        options = options.with(change);
        return this;
    }

    /** Whether the model thinks before it answers; default yes. */
    public ChatRequest thinking(boolean value) {
        return option(o -> o.thinking(value));
    }

    public ChatRequest maxThinkingTokens(int tokens) {
        return option(o -> o.maxThinkingTokens(tokens));
    }

    public ChatRequest maxTokens(int tokens) {
        return option(o -> o.maxTokens(tokens));
    }

    /** 0 is greedy. */
    public ChatRequest temperature(double value) {
        return option(o -> o.temperature(value));
    }

    public ChatRequest topP(double value) {
        return option(o -> o.topP(value));
    }

    public ChatRequest topK(int value) {
        return option(o -> o.topK(value));
    }

    public ChatRequest minP(double value) {
        return option(o -> o.minP(value));
    }

    public ChatRequest repetitionPenalty(double value) {
        return option(o -> o.repetitionPenalty(value));
    }

    public ChatRequest presencePenalty(double value) {
        return option(o -> o.presencePenalty(value));
    }

    public ChatRequest frequencyPenalty(double value) {
        return option(o -> o.frequencyPenalty(value));
    }

    public ChatRequest logitBias(Map<Integer, Float> byToken) {
        return option(o -> o.logitBias(byToken));
    }

    public ChatRequest seed(long value) {
        return option(o -> o.seed(value));
    }

    public ChatRequest stop(String... texts) {
        return option(o -> o.stop(texts));
    }

    /** What the answer must look like. */
    public ChatRequest responseFormat(ResponseFormat format) {
        return option(o -> o.responseFormat(format));
    }

    /** Is told how far the prompt has come, see {@link GenerateOptions.Builder#progress}. */
    public ChatRequest progress(Consumer<PromptProgress> listener) {
        return option(o -> o.progress(listener));
    }

    /** Logarithms of probability of each token, and of the {@code top} most probable ones. */
    public ChatRequest logprobs(int top) {
        return option(o -> o.logprobs(top));
    }

    /**
     * Waits for the answer as a record (see {@link RecordSchema} for what it may hold): the answer is made to follow its
     * schema. The model is not shown the schema; say in the prompt what is wanted.
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
        return responseFormat(ResponseFormat.jsonSchema(schema.text())).send().as(schema);
    }

    /** Waits for the whole reply. */
    public Reply send() {
        try (ReplyStream stream = open()) {
            return stream.reply();
        }
    }

    /**
     * Waits for the whole reply, and shows its pieces to a listener as they come, on this thread. An exception of the
     * listener cancels the reply and is thrown here.
     */
    public Reply stream(Consumer<Delta> listener) {
        try (ReplyStream stream = open()) {
            for (var next = stream.next(); next.isPresent(); next = stream.next()) {
                listener.accept(next.get());
            }
            return stream.reply();
        }
    }

    /** The whole reply, later; cancelling the future cancels the reply. Nothing is done on this thread. */
    public CompletableFuture<Reply> sendAsync() {
        return sendAsync(_ -> {});
    }

    /** As {@link #sendAsync()}, with pieces shown to a listener on a virtual thread of this reply. */
    public CompletableFuture<Reply> sendAsync(Consumer<Delta> listener) {
        return model.async(asItStands(), listener);
    }

    /** The pieces of a reply for each subscriber, at the pace the subscriber asks for; cancelling ends it. */
    public Flow.Publisher<Delta> publish() {
        return new ReplyPublisher(asItStands());
    }

    /** This request as it is now, to be opened by other threads on behalf of this one. */
    private Supplier<ReplyStream> asItStands() {
        List<ChatMessage> turns = List.copyOf(messages);
        List<ToolSpec> functions = List.copyOf(tools);
        GenerateOptions all = options;
        Thread caller = Thread.currentThread();
        return () -> model.open(turns, functions, all, caller);
    }

    /** The pieces of the reply, to be pulled. */
    public ReplyStream open() {
        return model.open(messages, tools, options);
    }
}
