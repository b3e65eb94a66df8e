package org.kimi4j.agents;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.kimi4j.agents.ToolResult.Outcome;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.SchemaException;

/** The calls of one reply while they run. One thread fills, starts and awaits it; any may stop it. */
final class CallSection {

    private final ToolLoop loop;
    private final List<Entry> entries = new ArrayList<>();
    private volatile String stopped = "";

    /** A call and what runs it; the refusal is why nothing does. */
    private record Entry(ToolCall call, Optional<Running> running, String refusal) {}

    private static final class Running extends FutureTask<List<Content>> {
        private final Clock clock;

        private Running(Callable<List<Content>> body, Clock clock) {
            super(() -> {
                clock.began = System.nanoTime();
                return body.call();
            });
            this.clock = clock;
        }

        static Running of(Callable<List<Content>> body) {
            return new Running(body, new Clock());
        }

        @Override
        protected void done() {
            clock.ended = System.nanoTime();
        }

        boolean hasBegun() {
            return clock.began != 0;
        }

        Duration time() {
            return hasBegun() ? Duration.ofNanos(Math.max(0, clock.ended - clock.began)) : Duration.ZERO;
        }
    }

    private static final class Clock {
        volatile long began;
        volatile long ended;
    }

    CallSection(ToolLoop loop) {
        this.loop = loop;
    }

    int size() {
        return entries.size();
    }

    void refuse(ToolCall call, String reason) {
        entries.add(new Entry(call, Optional.empty(), reason));
    }

    /** Whether the call can be run; if not, it is refused. */
    boolean add(ToolCall call) {
        Optional<Tool> tool = loop.tool(call.name());
        if (tool.isEmpty()) {
            refuse(
                    call,
                    "there is no function named " + call.name() + "; there are "
                            + loop.specs().stream().map(spec -> spec.name()).toList());
            return false;
        }
        try {
            entries.add(new Entry(call, Optional.of(Running.of(tool.get().prepare(call))), ""));
            return true;
        } catch (SchemaException e) {
            refuse(call, e.getMessage());
            return false;
        }
    }

    void start() {
        if (loop.isParallel()) {
            for (Entry entry : entries) {
                entry.running.ifPresent(running -> thread(entry.call).start(running));
            }
        } else {
            Thread.ofVirtual().name("kimi-tools").start(() -> {
                for (Entry entry : entries) {
                    entry.running.ifPresent(CallSection::runAfter);
                }
            });
        }
    }

    /** One after the other, but each on a thread of its own, so that stopping one does not touch the next. */
    private static void runAfter(Running running) {
        try {
            Thread.ofVirtual().name("kimi-tool").start(running).join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nothing interrupts this thread", e);
        }
    }

    private static Thread.Builder thread(ToolCall call) {
        return Thread.ofVirtual().name("kimi-tool-" + call.name());
    }

    /** Interrupts what runs and keeps the rest from running. */
    void stop(String reason) {
        if (stopped.isEmpty()) {
            stopped = reason;
        }
        for (Entry entry : entries) {
            entry.running.ifPresent(running -> running.cancel(true));
        }
    }

    /** Waits for a call's result; a tool that is not done in time is interrupted, like all after it. */
    ToolResult await(int index, long nanos) {
        Entry entry = entries.get(index);
        if (entry.running.isEmpty()) {
            return ToolResult.notRun(entry.call, entry.refusal);
        }
        Running running = entry.running.get();
        try {
            List<Content> content = running.get(nanos, TimeUnit.NANOSECONDS);
            return new ToolResult(entry.call, content, Outcome.RETURNED, running.time());
        } catch (TimeoutException e) {
            stop("the time of the episode is over");
            return halted(entry.call, running);
        } catch (CancellationException e) {
            return halted(entry.call, running);
        } catch (ExecutionException e) {
            return failed(entry.call, running, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while waiting for tool " + entry.call.name(), e);
        }
    }

    private ToolResult halted(ToolCall call, Running running) {
        return ToolResult.error(
                call,
                running.hasBegun() ? Outcome.FAILED : Outcome.NOT_RUN,
                "stopped before it was done: " + stopped,
                running.time());
    }

    private ToolResult failed(ToolCall call, Running running, Throwable cause) {
        return switch (cause) {
            case Exception e ->
                ToolResult.error(call, Outcome.FAILED, loop.errors().tell(call, e), running.time());
            case Error e -> throw e;
            default -> throw new IllegalStateException(cause);
        };
    }
}
