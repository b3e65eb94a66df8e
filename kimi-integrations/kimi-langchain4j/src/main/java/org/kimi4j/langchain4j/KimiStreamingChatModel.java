package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;

/**
 * Kimi as a {@link StreamingChatModel}: {@code KimiStreamingChatModel.builder().model(kimi).build()}. It neither opens nor
 * closes the model it is given. Safe for all threads. Asking returns at once; the callbacks of a reply come one after the
 * other on a virtual thread of its own, which may be blocked: only this reply waits then.
 */
public final class KimiStreamingChatModel implements StreamingChatModel {

    private final ModelAccess access;

    private KimiStreamingChatModel(ModelAccess access) {
        this.access = access;
    }

    public static KimiChatModelBuilder<KimiStreamingChatModel> builder() {
        return new KimiChatModelBuilder<>(KimiStreamingChatModel::new);
    }

    @Override
    public void doChat(ChatRequest chatRequest, StreamingChatResponseHandler handler) {
        HandledReply reply = new HandledReply(access, access.prepare(chatRequest), handler);
        Thread.ofVirtual().name("kimi-langchain4j").start(reply::deliver);
    }

    /** The reply for each subscriber, at the pace the subscriber asks for; cancelling ends it. */
    @Override
    public Flow.Publisher<ChatModelStreamingEvent> doChat(ChatRequest chatRequest) {
        ModelAccess.Prepared prepared = access.prepare(chatRequest);
        return subscriber -> {
            PublishedReply reply = new PublishedReply(access, prepared, subscriber);
            Thread.ofVirtual().name("kimi-langchain4j").start(reply::deliver);
        };
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
