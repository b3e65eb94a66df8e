package org.kimi4j.springai;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Delta;
import org.kimi4j.KimiModel;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.error.UnsupportedOptionException;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * An opened model as Spring AI's chat model. Immutable and safe for all threads; closing the model is the business of
 * whoever opened it.
 *
 * <p>The reasoning of a reply is in the metadata of its message: under {@link #REASONING} the whole, which goes back to
 * the model when the message is replayed and is on the last piece of a stream; under {@link #THINKING} what a piece of a
 * stream adds. Tools that the model asks for are returned, not run. A stream works on a virtual thread of its own: nothing
 * is done on the subscriber's, and a slow subscriber delays nobody.
 */
public final class KimiChatModel implements ChatModel {

    /** Metadata of a message: the reasoning, whole. */
    public static final String REASONING = "reasoningContent";

    /** Metadata of a message that is a piece of a stream: more of the reasoning. */
    public static final String THINKING = "thinking";

    /** Metadata of a response: where the time went, an {@link org.kimi4j.Timings}. */
    public static final String TIMINGS = "timings";

    /** Metadata of a generation: a list of {@link org.kimi4j.sampling.Logprobs}, if they were asked for. */
    public static final String LOGPROBS = "logprobs";

    private static final String PROVIDER = "kimi";
    private static final ChatModelObservationConvention CONVENTION = new DefaultChatModelObservationConvention();

    private final Supplier<KimiModel> model;
    private final KimiChatOptions defaults;
    private final String name;
    private final ObservationRegistry registry;
    private final ChatModelObservationConvention convention;
    private final Consumer<Reply> replies;

    private KimiChatModel(Builder b, Supplier<KimiModel> model) {
        this.model = model;
        this.name = b.name;
        this.defaults = b.defaults.getModel() == null
                ? b.defaults.mutate().model(b.name).build()
                : b.defaults;
        this.registry = b.registry;
        this.convention = b.convention;
        this.replies = b.replies;
        requireOwnName(this.defaults);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The options that requests have where they set nothing. */
    @Override
    public KimiChatOptions getOptions() {
        return defaults;
    }

    /**
     * Asks and waits for the whole reply.
     *
     * @throws org.kimi4j.error.KimiException naming what is wrong with the request, or why it cannot be served now
     */
    @Override
    public ChatResponse call(Prompt prompt) {
        Prompt request = withDefaults(prompt);
        ChatModelObservationContext observed = observed(request, false);
        ChatResponse response = ChatModelObservationDocumentation.CHAT_MODEL_OPERATION
                .observation(convention, CONVENTION, () -> observed, registry)
                .observe(() -> {
                    try (ReplyStream stream = open(request)) {
                        ChatResponse whole = whole(stream.reply());
                        observed.setResponse(whole);
                        return whole;
                    }
                });
        if (response == null) {
            throw new IllegalStateException("an observation lost the response");
        }
        return response;
    }

    /** Asks when subscribed to; disposing of the subscription cancels the reply. */
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        Prompt request = withDefaults(prompt);
        return Flux.deferContextual(view -> {
            ChatModelObservationContext observed = observed(request, true);
            Observation observation = ChatModelObservationDocumentation.CHAT_MODEL_OPERATION.observation(
                    convention, CONVENTION, () -> observed, registry);
            Observation parent = view.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
            if (parent != null) {
                observation.parentObservation(parent);
            }
            observation.start();
            return Flux.<ChatResponse>create(sink -> deliver(request, observed, sink))
                    .doOnError(observation::error)
                    .doFinally(_ -> observation.stop())
                    .contextWrite(c -> c.put(ObservationThreadLocalAccessor.KEY, observation));
        });
    }

    private ChatModelObservationContext observed(Prompt request, boolean streaming) {
        return ChatModelObservationContext.builder()
                .prompt(request)
                .provider(PROVIDER)
                .streaming(streaming)
                .build();
    }

    /** Starts a virtual thread that reads the reply as fast as it is made; what waits is bounded by its tokens. */
    private void deliver(Prompt request, ChatModelObservationContext observed, FluxSink<ChatResponse> sink) {
        Thread.ofVirtual().name("kimi-spring-ai").start(() -> read(request, observed, sink));
    }

    private void read(Prompt request, ChatModelObservationContext observed, FluxSink<ChatResponse> sink) {
        if (sink.isCancelled()) {
            return;
        }
        try (ReplyStream stream = open(request)) {
            sink.onDispose(stream::cancel);
            ChatResponseMetadata metadata = responseMetadata(newId()).build();
            for (Optional<Delta> next = stream.next(); next.isPresent(); next = stream.next()) {
                ReplyMapping.piece(next.get())
                        .map(message -> new ChatResponse(List.of(new Generation(message)), metadata))
                        .ifPresent(sink::next);
            }
            Reply reply = stream.reply();
            if (!sink.isCancelled()) {
                replies.accept(reply);
                observed.setResponse(ReplyMapping.whole(reply, responseMetadata(metadata.getId())));
                sink.next(ReplyMapping.last(reply, responseMetadata(metadata.getId())));
            }
            sink.complete();
        } catch (Throwable e) {
            sink.error(e);
        }
    }

    private ReplyStream open(Prompt request) {
        KimiChatOptions options = options(request);
        return model.get()
                .open(
                        MessageMapping.messages(request.getInstructions()),
                        OptionMapping.tools(options),
                        OptionMapping.generate(options));
    }

    private ChatResponse whole(Reply reply) {
        replies.accept(reply);
        return ReplyMapping.whole(reply, responseMetadata(newId()));
    }

    private static String newId() {
        return "kimi-" + UUID.randomUUID();
    }

    private ChatResponseMetadata.Builder responseMetadata(String id) {
        return ChatResponseMetadata.builder().id(id).model(name);
    }

    private Prompt withDefaults(Prompt prompt) {
        ChatOptions given = prompt.getOptions();
        KimiChatOptions options = given == null ? defaults : defaults.overriddenBy(given);
        requireOwnName(options);
        return prompt.mutate().chatOptions(options).build();
    }

    private static KimiChatOptions options(Prompt request) {
        if (request.getOptions() instanceof KimiChatOptions options) {
            return options;
        }
        throw new IllegalStateException("a prompt without its options");
    }

    private void requireOwnName(KimiChatOptions options) {
        if (!name.equals(options.getModel())) {
            throw new UnsupportedOptionException("model: expected " + name + " or nothing, found " + options.getModel()
                    + "; this model answers under one name, open another for another name");
        }
    }

    /** Collects what a chat model needs; only the model itself has no default. */
    public static final class Builder {
        private @Nullable Supplier<KimiModel> model;
        private KimiChatOptions defaults = KimiChatOptions.builder().build();
        private String name = "kimi";
        private ObservationRegistry registry = ObservationRegistry.NOOP;
        private ChatModelObservationConvention convention = CONVENTION;
        private Consumer<Reply> replies = _ -> {};

        private Builder() {}

        /** The opened model. */
        public Builder model(KimiModel opened) {
            model = () -> opened;
            return this;
        }

        /** Where the model is asked for with each request: waits until it is opened, or says why it is not. */
        public Builder model(Supplier<KimiModel> later) {
            model = later;
            return this;
        }

        /** What requests have where they set nothing. */
        public Builder options(KimiChatOptions options) {
            defaults = options;
            return this;
        }

        /** What the model is called in responses and observations; default {@code kimi}. */
        public Builder name(String text) {
            name = text;
            return this;
        }

        public Builder observationRegistry(ObservationRegistry all) {
            registry = all;
            return this;
        }

        public Builder observationConvention(ChatModelObservationConvention names) {
            convention = names;
            return this;
        }

        /** Is shown each whole reply before the caller is; for meters. */
        public Builder replies(Consumer<Reply> listener) {
            replies = listener;
            return this;
        }

        public KimiChatModel build() {
            if (model == null) {
                throw new IllegalStateException("model: missing");
            }
            return new KimiChatModel(this, model);
        }
    }
}
