package org.kimi4j.spring.openai;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.kimi4j.Delta;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.error.CancelledException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A reply in one piece. A servlet learns that a client hung up only by writing to it, so while the reply is made, empty
 * lines are sent, which JSON may begin with. Once there was one the status is 200, and what fails later comes as a body
 * with {@code error}.
 */
final class CompletionWhole {

    private final JsonMapper mapper;
    private final CompletionJson json;
    private final CompletionRequest request;
    private final Consumer<Reply> replies;
    private final Duration heartbeat;

    CompletionWhole(
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

    /**
     * Writes the reply, or cancels it once the client is gone. Closes the reply.
     *
     * @throws RuntimeException what the reply failed with while nothing was sent yet
     */
    void write(ReplyStream reply, HttpServletResponse response) throws IOException {
        CompletableFuture<ObjectNode> made = new CompletableFuture<>();
        Thread reader = Thread.ofVirtual().name("kimi-openai-reply").start(() -> read(reply, made));
        try {
            response.setContentType("application/json;charset=UTF-8");
            ObjectNode body;
            try {
                body = await(made, response.getOutputStream());
            } catch (ExecutionException e) {
                RuntimeException failure =
                        e.getCause() instanceof RuntimeException r ? r : new IllegalStateException(e);
                if (!response.isCommitted()) {
                    throw failure;
                }
                body = CompletionJson.error(mapper, ApiFailure.of(failure));
            }
            byte[] bytes = mapper.writeValueAsString(body).getBytes(StandardCharsets.UTF_8);
            if (!response.isCommitted()) {
                response.setContentLength(bytes.length);
            }
            response.getOutputStream().write(bytes);
            response.getOutputStream().flush();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while a reply was awaited", e);
        } finally {
            reply.cancel();
            CompletionStream.joined(reader);
        }
    }

    private ObjectNode await(CompletableFuture<ObjectNode> made, OutputStream out)
            throws IOException, InterruptedException, ExecutionException {
        while (true) {
            try {
                return made.get(heartbeat.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException _) {
                out.write('\n');
                out.flush();
            }
        }
    }

    private void read(ReplyStream stream, CompletableFuture<ObjectNode> made) {
        try (stream) {
            for (Optional<Delta> next = stream.next(); next.isPresent(); next = stream.next()) {
                json.collect(next.get());
            }
            Reply reply = stream.reply();
            replies.accept(reply);
            made.complete(json.whole(reply, request.logprobs()));
        } catch (RuntimeException | Error e) {
            made.completeExceptionally(e); // whoever waits must not wait for ever
        }
    }
}
