package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Reply;
import org.kimi4j.Timings;
import org.kimi4j.sampling.Logprobs;

/** What is known about a reply besides its words. */
public final class KimiChatResponseMetadata extends ChatResponseMetadata {

    private final Timings timings;
    private final List<Logprobs> logprobs;

    private KimiChatResponseMetadata(Builder builder) {
        super(builder);
        this.timings = builder.timings;
        this.logprobs = builder.logprobs;
    }

    static KimiChatResponseMetadata of(String id, String modelName, Reply reply) {
        return new Builder(reply.timings(), reply.logprobs())
                .id(id)
                .modelName(modelName)
                .tokenUsage(KimiTokenUsage.of(reply.usage()))
                .finishReason(ReplyMapping.finishReason(reply.finishReason()))
                .build();
    }

    /** Where the time went. */
    public Timings timings() {
        return timings;
    }

    /** Logarithms of probability of all tokens in order, if they were asked for. */
    public List<Logprobs> logprobs() {
        return logprobs;
    }

    @Override
    public ChatResponseMetadata.Builder<?> toBuilder() {
        return toBuilder(new Builder(timings, logprobs));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof KimiChatResponseMetadata that
                && that.timings.equals(timings)
                && that.logprobs.equals(logprobs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), timings, logprobs);
    }

    @Override
    public String toString() {
        return "KimiChatResponseMetadata{id='" + id() + "', modelName='" + modelName() + "', tokenUsage=" + tokenUsage()
                + ", finishReason=" + finishReason() + ", timings=" + timings + "}";
    }

    private static final class Builder extends ChatResponseMetadata.Builder<Builder> {
        private final Timings timings;
        private final List<Logprobs> logprobs;

        Builder(Timings timings, List<Logprobs> logprobs) {
            this.timings = timings;
            this.logprobs = logprobs;
        }

        @Override
        public KimiChatResponseMetadata build() {
            return new KimiChatResponseMetadata(this);
        }
    }
}
