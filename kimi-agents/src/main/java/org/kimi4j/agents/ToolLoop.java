package org.kimi4j.agents;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Kimi;
import org.kimi4j.KimiModel;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.UnsupportedOptionException;

/**
 * Asks a model, runs the tools it calls, tells it the results, and asks again until it answers:
 *
 * <pre>{@code
 * ToolLoop loop = ToolLoop.on(kimi)
 *         .tool(new ToolSpec("get_time", "The time in a city.", CITY_SCHEMA), arguments -> "12:30")
 *         .build();
 * Episode episode = loop.run("What time is it in Paris?");
 * }</pre>
 *
 * <p>The calls of one reply run at the same time, each on a virtual thread; the model is told their results in the order
 * of the calls. A call that was cut, or cannot be read, is never run; the model is told so. Immutable and safe for all
 * threads.
 */
public final class ToolLoop {

    private final ReplySource source;
    private final Map<String, Tool> tools;
    private final List<ToolSpec> specs;
    private final GenerateOptions options;
    private final Builder b;

    private ToolLoop(Builder builder) {
        source = builder.source;
        tools = new LinkedHashMap<>();
        for (Tool tool : builder.tools) {
            if (tools.put(tool.spec().name(), tool) != null) {
                throw new UnsupportedOptionException(
                        "tools: two are named " + tool.spec().name() + ", expected one");
            }
        }
        specs = builder.tools.stream().map(Tool::spec).toList();
        options = builder.options;
        if (options.toolChoice() instanceof ToolChoice.Named(String name) && !tools.containsKey(name)) {
            throw new UnsupportedOptionException(
                    "tool choice: there is no tool named " + name + "; there are " + tools.keySet());
        }
        b = builder.copy();
    }

    /** A loop with the replies of a model. */
    public static Builder on(Kimi kimi) {
        return on(kimi.model());
    }

    /** A loop with the replies of a model. */
    public static Builder on(KimiModel model) {
        return on(ReplySource.of(model));
    }

    /** A loop with replies of any origin. */
    public static Builder on(ReplySource source) {
        return new Builder(source);
    }

    /** Runs an episode on this thread. */
    public Episode run(String question) {
        return run(List.of(ChatMessage.user(question)));
    }

    /** Runs an episode on this thread, going on from a conversation whose last turn is a question. */
    public Episode run(List<? extends ChatMessage> conversation) {
        return run(conversation, _ -> {});
    }

    /**
     * Runs an episode on this thread and shows what happens to a listener, on this thread too. An exception of the
     * listener ends the episode and is thrown here.
     *
     * @throws org.kimi4j.error.CancelledException if this thread is interrupted; what runs is then stopped
     */
    public Episode run(List<? extends ChatMessage> conversation, Consumer<ToolEvent> listener) {
        return new EpisodeRun(this, conversation, listener).run();
    }

    /** Starts an episode on a virtual thread of its own; nothing is done on this one. */
    public RunningEpisode start(List<? extends ChatMessage> conversation, Consumer<ToolEvent> listener) {
        EpisodeRun run = new EpisodeRun(this, conversation, listener);
        CompletableFuture<Episode> future = new CompletableFuture<>();
        Thread.ofVirtual().name("kimi-episode").start(() -> {
            try {
                future.complete(run.run());
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        });
        return new RunningEpisode(run, future);
    }

    /** What the model is told about the tools, in the order they were added. */
    public List<ToolSpec> specs() {
        return specs;
    }

    ReplySource source() {
        return source;
    }

    Optional<Tool> tool(String name) {
        return Optional.ofNullable(tools.get(name));
    }

    GenerateOptions options() {
        return options;
    }

    int rounds() {
        return b.rounds;
    }

    int calls() {
        return b.calls;
    }

    Optional<Duration> time() {
        return b.time;
    }

    boolean isParallel() {
        return b.parallel;
    }

    ToolErrors errors() {
        return b.errors;
    }

    /** Collects what a loop has; for one thread. */
    public static final class Builder {

        /** Replies of an episode if nothing else is said. */
        public static final int DEFAULT_ROUNDS = 16;

        /** Calls of an episode that are run if nothing else is said. */
        public static final int DEFAULT_CALLS = 64;

        private final ReplySource source;
        private final List<Tool> tools = new ArrayList<>();
        private GenerateOptions options = GenerateOptions.DEFAULTS;
        private int rounds = DEFAULT_ROUNDS;
        private int calls = DEFAULT_CALLS;
        private Optional<Duration> time = Optional.empty();
        private boolean parallel = true;
        private ToolErrors errors = ToolErrors.TELL;

        private Builder(ReplySource source) {
            this.source = source;
        }

        private Builder copy() {
            Builder copy = new Builder(source);
            copy.rounds = rounds;
            copy.calls = calls;
            copy.time = time;
            copy.parallel = parallel;
            copy.errors = errors;
            return copy;
        }

        public Builder tool(Tool tool) {
            tools.add(tool);
            return this;
        }

        /** A function of the arguments' JSON text. */
        public Builder tool(ToolSpec spec, ToolFunction<String> function) {
            return tool(Tool.of(spec, function));
        }

        public Builder tools(List<Tool> more) {
            tools.addAll(more);
            return this;
        }

        /**
         * How each reply is generated. A choice of tools that demands a call holds for the first reply only, because the
         * model could never answer otherwise; the deadline is that of each reply.
         */
        public Builder options(GenerateOptions all) {
            options = all;
            return this;
        }

        /** Changes how each reply is generated: {@code options(o -> o.thinking(false))}. */
        public Builder options(UnaryOperator<GenerateOptions.Builder> change) {
            options = options.with(change);
            return this;
        }

        /** The most replies of an episode. The calls of the last one are not run. */
        public Builder rounds(int most) {
            if (most < 1) {
                throw new UnsupportedOptionException("rounds: expected at least 1, found " + most);
            }
            rounds = most;
            return this;
        }

        /** The most calls that an episode runs; the model is told that further ones were not. */
        public Builder calls(int most) {
            if (most < 0) {
                throw new UnsupportedOptionException("calls: expected at least 0, found " + most);
            }
            calls = most;
            return this;
        }

        /** The longest an episode lasts. A tool that runs on after it was interrupted is not waited for. */
        public Builder time(Duration longest) {
            if (longest.isNegative() || longest.isZero()) {
                throw new UnsupportedOptionException("time: expected a positive time, found " + longest);
            }
            time = Optional.of(longest);
            return this;
        }

        /** Runs the calls of a reply one after the other, for tools that must not overlap. */
        public Builder sequential() {
            parallel = false;
            return this;
        }

        /** What becomes of a tool's exception; {@link ToolErrors#TELL} if nothing else is said. */
        public Builder errors(ToolErrors policy) {
            errors = policy;
            return this;
        }

        public ToolLoop build() {
            return new ToolLoop(this);
        }
    }
}
