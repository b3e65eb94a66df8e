package org.kimi4j.spring.openai;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.kimi4j.GenerateOptions;
import org.kimi4j.KimiModel;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.spring.KimiLoading;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The paths {@code /models} and {@code /chat/completions}. The container's thread reads and checks a request; the reply is
 * made and written on virtual threads. Nothing a request names is fetched or opened.
 */
final class OpenAiServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final Log LOG = LogFactory.getLog(OpenAiServlet.class);
    private static final int MAX_DEPTH = 100;

    private final transient KimiLoading loading;
    private final transient OpenAiProperties properties;
    private final transient GenerateOptions defaults;
    private final transient Consumer<Reply> replies;
    private final transient JsonMapper mapper;
    private final long created = System.currentTimeMillis() / 1000;

    OpenAiServlet(KimiLoading loading, OpenAiProperties properties, GenerateOptions defaults, Consumer<Reply> replies) {
        this.loading = loading;
        this.properties = properties;
        this.defaults = defaults;
        this.replies = replies;
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(Math.toIntExact(Math.min(properties.maxBody().toBytes(), Integer.MAX_VALUE)))
                .build();
        this.mapper = JsonMapper.builder(
                        JsonFactory.builder().streamReadConstraints(limits).build())
                .build();
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            Caller.require(request, properties.apiKey());
            if (!request.getServletPath().endsWith("/models")) {
                throw new ApiFailure(405, "method_not_allowed", null, "expected POST, found GET");
            }
            String asked = request.getPathInfo();
            if (asked == null) {
                ObjectNode list = mapper.createObjectNode().put("object", "list");
                list.putArray("data").add(model());
                send(response, 200, list);
            } else if (asked.equals("/" + loading.name())) {
                send(response, 200, model());
            } else {
                throw new ApiFailure(404, "model_not_found", "model", "no model " + asked.substring(1));
            }
        } catch (RuntimeException e) {
            refuse(response, e);
        }
    }

    private ObjectNode model() {
        return mapper.createObjectNode()
                .put("id", loading.name())
                .put("object", "model")
                .put("created", created)
                .put("owned_by", "kimi4j");
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            Caller.require(request, properties.apiKey());
            if (!request.getServletPath().endsWith("/chat/completions")) {
                throw new ApiFailure(405, "method_not_allowed", null, "expected GET, found POST");
            }
            requireJson(request.getContentType());
            JsonNode body = body(request);
            CompletionRequest asked = CompletionRequest.read(body, properties, defaults, loading.name());
            KimiModel model = ready();
            String caller = "openai " + request.getRemoteAddr() + " "
                    + body.path("user").asString("");
            ReplyStream reply =
                    model.open(asked.messages(), asked.tools(), asked.options().with(o -> o.caller(caller)));
            begin(request, response, asked, model, reply);
        } catch (RuntimeException e) {
            refuse(response, e);
        }
    }

    private static void requireJson(String type) {
        if (type == null || !type.split(";")[0].strip().equalsIgnoreCase("application/json")) {
            throw new ApiFailure(415, "unsupported_media_type", null, "Content-Type: expected application/json");
        }
    }

    private KimiModel ready() {
        if (loading.failure().isPresent()) {
            throw new ApiFailure(503, "model_unavailable", null, "the model could not be opened; see the server's log");
        }
        return loading.ifReady()
                .orElseThrow(() -> new ApiFailure(
                        503,
                        "model_loading",
                        null,
                        "the model is being opened: " + loading.progress().stage()));
    }

    private JsonNode body(HttpServletRequest request) throws IOException {
        long most = properties.maxBody().toBytes();
        byte[] bytes;
        try (InputStream in = request.getInputStream()) {
            bytes = request.getContentLengthLong() > most ? null : in.readNBytes(Math.toIntExact(most + 1));
        }
        if (bytes == null || bytes.length > most) {
            throw new ApiFailure(
                    413,
                    "request_too_large",
                    null,
                    "the request is larger than " + most
                            + " bytes (kimi.openai.max-body); send fewer or smaller pictures");
        }
        try {
            return mapper.readTree(bytes);
        } catch (JacksonException e) {
            throw new ApiFailure(400, "invalid_json", null, "the body is not JSON: " + e.getOriginalMessage());
        }
    }

    private void begin(
            HttpServletRequest request,
            HttpServletResponse response,
            CompletionRequest asked,
            KimiModel model,
            ReplyStream reply) {
        AsyncContext async;
        try {
            async = request.startAsync();
        } catch (RuntimeException e) {
            reply.close();
            throw e;
        }
        async.setTimeout(0); // the reply has a deadline of its own
        CompletionJson json = new CompletionJson(mapper, loading.name(), model.tokenizer());
        Thread.ofVirtual().name("kimi-openai").start(() -> {
            try (reply) {
                if (asked.stream()) {
                    response.setContentType("text/event-stream;charset=UTF-8");
                    response.setHeader("Cache-Control", "no-store");
                    response.setHeader("X-Accel-Buffering", "no");
                    new CompletionStream(mapper, json, asked, replies, properties.heartbeat())
                            .write(reply, response.getOutputStream());
                } else {
                    new CompletionWhole(mapper, json, asked, replies, properties.heartbeat()).write(reply, response);
                }
            } catch (IOException e) {
                LOG.debug("Kimi: a client hung up", e);
            } catch (RuntimeException e) {
                failed(response, e);
            } finally {
                complete(async);
            }
        });
    }

    /** Ends a request; the container may have done so already when it saw that the client had gone. */
    private static void complete(AsyncContext async) {
        try {
            async.complete();
        } catch (IllegalStateException e) {
            LOG.debug("Kimi: the request of a client that hung up had ended", e);
        }
    }

    private void failed(HttpServletResponse response, RuntimeException e) {
        try {
            if (!response.isCommitted()) {
                refuse(response, e);
            }
        } catch (IOException gone) {
            LOG.debug("Kimi: a client hung up", gone);
        }
    }

    private void refuse(HttpServletResponse response, RuntimeException e) throws IOException {
        ApiFailure failure = ApiFailure.of(e);
        if (failure.status() == 500) {
            LOG.error("Kimi: a request failed", e);
        }
        if (failure.status() == 429 || failure.status() == 503) {
            response.setHeader("Retry-After", "2");
        }
        send(response, failure.status(), CompletionJson.error(mapper, failure));
    }

    private void send(HttpServletResponse response, int status, ObjectNode body) throws IOException {
        byte[] bytes = mapper.writeValueAsString(body).getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.setContentType("application/json;charset=UTF-8");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
        response.getOutputStream().flush();
    }
}
