package org.kimi4j.spring.openai;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.kimi4j.Delta;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.error.CancelledException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A reply as server-sent events. One thread reads it as fast as it is made, another writes as fast as the client takes it:
 * a client that is slow, or gone, holds up nobody else. What waits between them is bounded by the tokens of the reply.
 */
final class CompletionStream {

    private static final byte[] HEARTBEAT = ": waiting\n\n".getBytes(StandardCharsets.US_ASCII);

    private sealed interface Event {
        record Data(byte[] bytes) implements Event {}

        record End() implements Event {}
    }

    private final JsonMapper mapper;
    private final CompletionJson json;
    private final CompletionRequest request;
    private final Consumer<Reply> replies;
    private final Duration heartbeat;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

    CompletionStream(
            JsonMapper mapper,
            CompletionJson json,
            CompletionRequest request,
            Consumer<Reply> replies,
            Duration heartbeat) {
        this.mapper = mapper;
        this.json = json;
        this.request = request;
        this.replies = replies;
        this.heartbeat = heartbeat;
    }

    /** Writes the reply to its end, or until the client is gone; then the reply is cancelled. Closes the reply. */
    void write(ReplyStream reply, OutputStream out) throws IOException {
        Thread reader = Thread.ofVirtual().name("kimi-openai-reply").start(() -> read(reply));
        try {
            out.write(data(json.begin()));
            out.flush();
            while (true) {
                Event event = events.poll(heartbeat.toMillis(), TimeUnit.MILLISECONDS);
                switch (event) {
                    case null -> out.write(HEARTBEAT);
                    case Event.Data(byte[] bytes) -> out.write(bytes);
                    case Event.End _ -> {
                        return;
                    }
                }
                if (events.isEmpty()) {
                    out.flush();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while a reply was written", e);
        } finally {
            reply.cancel();
            joined(reader);
        }
    }

    static void joined(Thread reader) {
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(ReplyStream stream) {
        try (stream) {
            for (Optional<Delta> next = stream.next(); next.isPresent(); next = stream.next()) {
                ObjectNode piece = json.piece(next.get());
                if (piece != null) {
                    events.add(new Event.Data(data(piece)));
                }
            }
            Reply reply = stream.reply();
            replies.accept(reply);
            events.add(new Event.Data(data(json.end(reply))));
            if (request.includeUsage()) {
                events.add(new Event.Data(data(json.usage(reply))));
            }
        } catch (RuntimeException e) {
            events.add(new Event.Data(data(CompletionJson.error(mapper, ApiFailure.of(e)))));
        } finally {
            events.add(new Event.Data("data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII)));
            events.add(new Event.End());
        }
    }

    private byte[] data(ObjectNode body) {
        return ("data: " + mapper.writeValueAsString(body) + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
