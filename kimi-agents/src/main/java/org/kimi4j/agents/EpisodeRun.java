package org.kimi4j.agents;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Delta;
import org.kimi4j.FinishReason;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Reply;
import org.kimi4j.Usage;
import org.kimi4j.agents.Episode.Ending;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.error.OverloadedException;

/** One episode while it lasts. One thread runs it; any may cancel it. */
final class EpisodeRun {

    private final ToolLoop loop;
    private final Consumer<ToolEvent> listener;
    private final List<ChatMessage> messages;
    private final List<ToolResult> results = new ArrayList<>();
    private final long began = System.nanoTime();
    private Usage usage = new Usage(0, 0, 0, 0);
    private int callsRun;
    private int round;

    private final Object lock = new Object();
    private boolean cancelled;
    private ReplySource.@Nullable Pieces pieces;
    private @Nullable CallSection section;

    EpisodeRun(ToolLoop loop, List<? extends ChatMessage> conversation, Consumer<ToolEvent> listener) {
        this.loop = loop;
        this.listener = listener;
        this.messages = new ArrayList<>(conversation);
    }

    void cancel() {
        synchronized (lock) {
            cancelled = true;
            if (pieces != null) {
                pieces.cancel();
            }
            if (section != null) {
                section.stop("cancelled");
            }
        }
    }

    private boolean isCancelled() {
        synchronized (lock) {
            return cancelled;
        }
    }

    Episode run() {
        for (@Nullable Reply last = null; ; round++) {
            Reply reply;
            try {
                reply = ask();
            } catch (OverloadedException e) {
                if (last == null || !isLate()) {
                    throw e;
                }
                return episode(last, round, Ending.TIME);
            }
            last = reply;
            Optional<Ending> ending = take(reply);
            if (ending.isPresent()) {
                return episode(reply, round + 1, ending.get());
            }
        }
    }

    private Episode episode(Reply reply, int rounds, Ending ending) {
        return new Episode(reply, messages, results, rounds, usage, ending);
    }

    private Reply ask() {
        Reply reply;
        try (ReplySource.Pieces opened = loop.source().open(List.copyOf(messages), loop.specs(), options())) {
            synchronized (lock) {
                pieces = opened;
                if (cancelled) {
                    opened.cancel();
                }
            }
            for (Optional<Delta> next = opened.next(); next.isPresent(); next = opened.next()) {
                listener.accept(new ToolEvent.Piece(round, next.get()));
            }
            reply = opened.reply();
        } finally {
            synchronized (lock) {
                pieces = null;
            }
        }
        usage = sum(usage, reply.usage());
        listener.accept(new ToolEvent.Replied(round, reply));
        return reply;
    }

    private static Usage sum(Usage a, Usage b) {
        return new Usage(
                a.promptTokens() + b.promptTokens(),
                a.cachedTokens() + b.cachedTokens(),
                a.thinkingTokens() + b.thinkingTokens(),
                a.answerTokens() + b.answerTokens());
    }

    private GenerateOptions options() {
        GenerateOptions options = loop.options();
        if (round > 0) {
            options = switch (options.toolChoice()) {
                case ToolChoice.Required _, ToolChoice.Named _ -> options.with(o -> o.toolChoice(ToolChoice.AUTO));
                case ToolChoice.Auto _, ToolChoice.None _ -> options;
            };
        }
        if (loop.time().isEmpty()) {
            return options;
        }
        // Not less than a moment: a deadline must be positive, and one that has passed ends the reply all the same.
        Duration left = Duration.ofNanos(Math.max(1, nanosLeft()));
        Duration deadline =
                options.deadline().filter(own -> own.compareTo(left) < 0).orElse(left);
        return options.with(o -> o.deadline(deadline));
    }

    private long nanosLeft() {
        return loop.time()
                .map(time -> time.toNanos() - (System.nanoTime() - began))
                .orElse(Long.MAX_VALUE);
    }

    private boolean isLate() {
        return nanosLeft() <= 0;
    }

    /** Appends a reply and the answers to its calls to the conversation; empty if the model is to be asked again. */
    private Optional<Ending> take(Reply reply) {
        Turn turn = Turn.of(reply);
        messages.add(turn.message());
        Optional<Ending> cut = cut(reply.finishReason());
        if (cut.isPresent()) {
            refuse(turn, "the reply was cut before its end, nothing was run");
            return cut;
        }
        if (turn.calls().isEmpty()) {
            return Optional.of(Ending.ANSWERED);
        }
        if (round + 1 == loop.rounds()) {
            refuse(turn, "not run, the most replies allowed (" + loop.rounds() + ") were made");
            return Optional.of(Ending.ROUNDS);
        }
        runCalls(turn);
        if (isCancelled()) {
            return Optional.of(Ending.CANCELLED);
        }
        return isLate() ? Optional.of(Ending.TIME) : Optional.empty();
    }

    private static Optional<Ending> cut(FinishReason reason) {
        return switch (reason) {
            case LENGTH -> Optional.of(Ending.LENGTH);
            case CANCELLED -> Optional.of(Ending.CANCELLED);
            case DEADLINE -> Optional.of(Ending.TIME);
            case STOP, TOOL_CALLS -> Optional.empty();
        };
    }

    private void refuse(Turn turn, String reason) {
        for (Turn.Called called : turn.calls()) {
            finished(ToolResult.notRun(called.call(), called.problem().orElse(reason)));
        }
    }

    private void finished(ToolResult result) {
        results.add(result);
        messages.add(result.toMessage());
        listener.accept(new ToolEvent.Finished(round, result));
    }

    private void runCalls(Turn turn) {
        CallSection running = new CallSection(loop);
        for (Turn.Called called : turn.calls()) {
            ToolCall call = called.call();
            if (called.problem().isPresent()) {
                running.refuse(call, called.problem().get());
            } else if (callsRun == loop.calls()) {
                running.refuse(call, "not run, the most calls allowed (" + loop.calls() + ") were run");
            } else if (running.add(call)) {
                callsRun++;
                listener.accept(new ToolEvent.Started(round, call));
            }
        }
        synchronized (lock) {
            section = running;
            if (cancelled) {
                running.stop("cancelled");
            }
        }
        try {
            running.start();
            for (int i = 0; i < running.size(); i++) {
                finished(running.await(i, nanosLeft()));
            }
        } finally {
            running.stop("the episode ended");
            synchronized (lock) {
                section = null;
            }
        }
    }
}
