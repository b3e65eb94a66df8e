package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.kimi4j.ReplyStream;

/**
 * Kimi as a {@link ChatModel}: {@code KimiChatModel.builder().model(kimi).build()}. It neither opens nor closes the model
 * it is given. Safe for all threads; requests of different threads are served in turn.
 */
public final class KimiChatModel implements ChatModel {

    private final ModelAccess access;

    private KimiChatModel(ModelAccess access) {
        this.access = access;
    }

    public static KimiChatModelBuilder<KimiChatModel> builder() {
        return new KimiChatModelBuilder<>(KimiChatModel::new);
    }

    @Override
    public ChatResponse doChat(ChatRequest chatRequest) {
        ModelAccess.Prepared prepared = access.prepare(chatRequest);
        try (ReplyStream stream = access.open(prepared)) {
            return ReplyMapping.response(access.modelName(), stream.reply());
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }

    /** Nothing is done on this thread but checking the request; cancelling the future cancels the reply. */
    @Override
    public CompletableFuture<ChatResponse> doChatAsync(ChatRequest chatRequest) {
        ModelAccess.Prepared prepared = access.prepare(chatRequest);
        CompletableFuture<ChatResponse> future = new CompletableFuture<>();
        Thread.ofVirtual().name("kimi-langchain4j").start(() -> answer(prepared, future));
        return future;
    }

    private void answer(ModelAccess.Prepared prepared, CompletableFuture<ChatResponse> future) {
        if (future.isDone()) {
            return;
        }
        try (ReplyStream stream = access.open(prepared)) {
            future.whenComplete((_, _) -> stream.cancel());
            future.complete(ReplyMapping.response(access.modelName(), stream.reply()));
        } catch (RuntimeException e) {
            future.completeExceptionally(Failures.of(e));
        } catch (Error e) {
            future.completeExceptionally(e);
            throw e;
        }
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return access.defaults();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return access.listeners();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }
}
