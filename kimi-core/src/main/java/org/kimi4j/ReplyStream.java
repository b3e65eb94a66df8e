package org.kimi4j;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.CancelledException;

/**
 * A reply that is being made, to be read piece by piece. For one thread at a time, except {@link #cancel}, which any
 * thread may call. Closing it before the end cancels the reply.
 */
public final class ReplyStream implements AutoCloseable {

    private final Generation generation;
    private final Runnable signal;
    private @Nullable Reply reply;
    private @Nullable RuntimeException failure;

    ReplyStream(Generation generation, Runnable signal) {
        this.generation = generation;
        this.signal = signal;
    }

    /**
     * Waits for the next piece; empty at the end, when {@link #reply} has the whole.
     *
     * @throws CancelledException if this thread is interrupted; the reply is then cancelled
     * @throws org.kimi4j.error.KimiException if the reply failed
     */
    public Optional<Delta> next() {
        if (failure != null) {
            throw failure;
        }
        if (reply != null) {
            return Optional.empty();
        }
        while (true) {
            switch (take()) {
                case EventQueue.Event.Progress(PromptProgress progress) ->
                    generation.request().options().progress().accept(progress);
                case EventQueue.Event.Piece(Delta delta) -> {
                    return Optional.of(delta);
                }
                case EventQueue.Event.Done(Reply done) -> {
                    reply = done;
                    return Optional.empty();
                }
                case EventQueue.Event.Failed(RuntimeException cause) -> {
                    failure = cause;
                    throw cause;
                }
            }
        }
    }

    private EventQueue.Event take() {
        try {
            return generation.events().take();
        } catch (InterruptedException e) {
            cancel();
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while waiting for the reply", e);
        }
    }

    /** Reads on to the end and returns the whole reply; its parts are kept, nothing is lost by not looking at them. */
    public Reply reply() {
        while (next().isPresent()) {
            // the whole reply is made at the end
        }
        return reply;
    }

    /** Ends the reply within one layer of computing; the stream then ends with what there is, as {@code CANCELLED}. */
    public void cancel() {
        generation.cancel();
        signal.run();
    }

    @Override
    public void close() {
        if (reply == null && failure == null) {
            cancel();
        }
    }
}
