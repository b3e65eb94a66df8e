package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.RawStreamingEvent;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.lang.System.Logger.Level;
import java.util.Optional;
import org.kimi4j.Delta;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;

/**
 * A reply delivered to a handler. After a cancel nothing more is delivered. An exception of the handler is reported to its
 * {@code onError} and the reply goes on, as LangChain4j wants it.
 */
final class HandledReply {

    private static final System.Logger LOG = System.getLogger("org.kimi4j.langchain4j");

    private final ModelAccess access;
    private final ModelAccess.Prepared request;
    private final StreamingChatResponseHandler handler;

    HandledReply(ModelAccess access, ModelAccess.Prepared request, StreamingChatResponseHandler handler) {
        this.access = access;
        this.request = request;
        this.handler = handler;
    }

    private record Handle(ReplyStream stream, Flag flag) implements StreamingHandle {

        @Override
        public void cancel() {
            flag.set = true;
            stream.cancel();
        }

        @Override
        public boolean isCancelled() {
            return flag.set;
        }
    }

    private static final class Flag {
        volatile boolean set;
    }

    void deliver() {
        try (ReplyStream stream = access.open(request)) {
            Handle handle = new Handle(stream, new Flag());
            ReplyEvents events = new ReplyEvents();
            for (Optional<Delta> next = stream.next(); next.isPresent(); next = stream.next()) {
                Optional<ChatModelStreamingEvent> event = events.of(next.get());
                if (event.isPresent()) {
                    guarded(() -> show(event.get(), handle));
                }
                if (handle.isCancelled()) {
                    return;
                }
            }
            Reply reply = stream.reply();
            if (!handle.isCancelled()) {
                var response = ReplyMapping.response(access.modelName(), reply);
                guarded(() -> handler.onCompleteResponse(response));
            }
        } catch (RuntimeException e) {
            tell(Failures.of(e));
        } catch (Error e) {
            tell(e);
            throw e;
        }
    }

    private void show(ChatModelStreamingEvent event, Handle handle) {
        switch (event) {
            case PartialResponse text -> handler.onPartialResponse(text, new PartialResponseContext(handle));
            case PartialThinking thinking -> handler.onPartialThinking(thinking, new PartialThinkingContext(handle));
            case PartialToolCall call -> handler.onPartialToolCall(call, new PartialToolCallContext(handle));
            case CompleteToolCall call -> handler.onCompleteToolCall(call);
            case RawStreamingEvent raw -> handler.onUnmappedRawEvent(raw.rawEvent());
            default -> throw new IllegalStateException("no callback for " + event);
        }
    }

    private void guarded(Runnable callback) {
        try {
            callback.run();
        } catch (Exception e) {
            tell(e);
        }
    }

    private void tell(Throwable failure) {
        try {
            handler.onError(failure);
        } catch (Exception e) {
            LOG.log(Level.WARNING, "onError threw", e);
        }
    }
}
