package org.kimi4j.agents;

import java.util.concurrent.CompletableFuture;

/** An episode that runs on a virtual thread of its own. Safe for all threads. */
public final class RunningEpisode {

    private final EpisodeRun run;
    private final CompletableFuture<Episode> future;

    RunningEpisode(EpisodeRun run, CompletableFuture<Episode> future) {
        this.run = run;
        this.future = future;
    }

    /**
     * Ends the reply in hand within one layer of computing and interrupts the tools that run. The episode then ends as
     * {@link Episode.Ending#CANCELLED}, with what there is.
     */
    public void cancel() {
        run.cancel();
    }

    /** The episode, once it has ended. */
    public CompletableFuture<Episode> future() {
        return future.copy();
    }

    /** Waits for the end; an exception is thrown as {@link CompletableFuture#join} does. */
    public Episode join() {
        return future.join();
    }
}
