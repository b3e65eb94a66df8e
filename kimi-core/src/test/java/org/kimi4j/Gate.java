package org.kimi4j;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.WatchedKernels;

/** Notes the passes of an engine and holds it at the beginning of one when told to. */
class Gate implements WatchedKernels.Watch {

    /** One pass: its tokens, row by row, and how many sequences they are of. */
    record Pass(int[] tokens, int sequences) {}

    final List<Pass> passes = new CopyOnWriteArrayList<>();
    private int[] tokens = {};
    private volatile CountDownLatch held = new CountDownLatch(0);
    private volatile CountDownLatch opened = new CountDownLatch(0);

    /** The next pass stops at its beginning until {@link #open}. */
    void hold() {
        opened = new CountDownLatch(1);
        held = new CountDownLatch(1);
    }

    /** Waits until a pass has been stopped. */
    void awaitHeld() {
        await(held);
    }

    /** Lets the engine go on. */
    void open() {
        opened.countDown();
    }

    @Override
    public void embed(int[] newTokens) {
        tokens = newTokens;
        held.countDown();
        await(opened);
    }

    @Override
    public void append(int layer, Rows rows) {
        if (layer == 0) {
            passes.add(new Pass(tokens, rows.caches().length));
        }
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(5, TimeUnit.MINUTES)) {
                throw new AssertionError("waited for five minutes");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
