package org.kimi4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WorkspaceTest {

    private static final long SEED = 20261110;
    private static final int MEGABYTE = 1 << 18; // floats

    /** Tensors that are in use at the same time never overlap, and hold what was written to them. */
    @Test
    void tensorsInUseLieApart() {
        SplittableRandom random = new SplittableRandom(SEED);
        try (Workspace workspace = new Workspace(true)) {
            List<Tensor> inUse = new ArrayList<>();
            List<Long> marks = new ArrayList<>();
            for (int step = 0; step < 2000; step++) {
                if (!inUse.isEmpty() && random.nextInt(3) == 0) {
                    int keep = random.nextInt(inUse.size());
                    workspace.release(marks.get(keep));
                    inUse.subList(keep, inUse.size()).clear();
                    marks.subList(keep, marks.size()).clear();
                } else {
                    int cols = 1 + random.nextInt(random.nextInt(20) == 0 ? 2 * MEGABYTE : 3000);
                    marks.add(workspace.mark());
                    Tensor t = workspace.allocate(1, cols);
                    assertThat(t.memory().address() % 64).as("alignment").isZero();
                    inUse.add(t);
                    set(t, step);
                    ends.put(t, step);
                }
                for (Tensor t : inUse) {
                    assertThat(first(t))
                            .as("step %d, seed %d", step, SEED)
                            .isEqualTo(ends.get(t).floatValue());
                    assertThat(last(t))
                            .as("step %d, seed %d", step, SEED)
                            .isEqualTo(ends.get(t).floatValue());
                }
            }
        }
    }

    private final java.util.Map<Tensor, Integer> ends = new java.util.IdentityHashMap<>();

    private static void set(Tensor t, float value) {
        t.memory().set(ValueLayout.JAVA_FLOAT, 0, value);
        t.memory().set(ValueLayout.JAVA_FLOAT, 4L * (t.cols() - 1), value);
    }

    private static float first(Tensor t) {
        return t.memory().get(ValueLayout.JAVA_FLOAT, 0);
    }

    private static float last(Tensor t) {
        return t.memory().get(ValueLayout.JAVA_FLOAT, 4L * (t.cols() - 1));
    }

    @Test
    void steadyStateTakesNothingFromTheSystem() {
        try (Workspace workspace = new Workspace()) {
            long held = 0;
            for (int pass = 0; pass < 20; pass++) {
                for (int i = 0; i < 30; i++) {
                    workspace.allocate(7, MEGABYTE / 20 * (1 + i % 4));
                }
                workspace.release(0);
                held = pass == 1 ? workspace.heldBytes() : held;
            }
            assertThat(workspace.heldBytes()).isEqualTo(held);
            assertThat(workspace.peakBytes()).isBetween(1L, held);
        }
    }

    @Test
    void releasedMemoryIsPoisonedWhereATestAsksForIt() {
        try (Workspace workspace = new Workspace(true)) {
            Tensor kept = workspace.allocate(1, 10);
            set(kept, 1);
            long mark = workspace.mark();
            Tensor small = workspace.allocate(1, 10);
            Tensor large = workspace.allocate(1, 3 * MEGABYTE);
            set(small, 2);
            set(large, 3);
            workspace.release(mark);
            assertThat(first(kept)).isEqualTo(1);
            assertThat(first(small)).isNaN();
            assertThat(first(large)).isNaN();
            assertThat(last(large)).isNaN();
            assertThatThrownBy(() -> workspace.release(1 << 30)).hasMessageContaining("above the top");
        }
    }

    /** Counters of a model are read by any thread while the engine's computes. */
    @Test
    void heldBytesCanBeReadWhileBlocksComeAndGo() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        try (Workspace workspace = new Workspace()) {
            CompletableFuture<Long> reader = CompletableFuture.supplyAsync(() -> {
                long most = 0;
                while (!done.get()) {
                    most = Math.max(most, workspace.heldBytes());
                }
                return most;
            });
            try {
                for (int round = 0; round < 1500; round++) {
                    workspace.release(0);
                    // A block that is too small for this gives way to another, so the list of blocks changes.
                    workspace.allocate(1, 4 * MEGABYTE + 16 * round);
                }
            } finally {
                done.set(true);
            }
            assertThat(reader.get()).isLessThanOrEqualTo((128 << 10) + 16L * MEGABYTE);
        }
    }

    @Test
    void columnsAndRowsAreViews() {
        try (Workspace workspace = new Workspace()) {
            Tensor t = workspace.allocate(3, 8);
            float[] row = {0, 1, 2, 3, 4, 5, 6, 7};
            for (int r = 0; r < 3; r++) {
                t.setRow(r, row, 0);
                row[0]++;
            }
            Tensor part = t.columns(2, 3).rows(1, 2);
            float[] read = new float[3];
            part.copyRow(1, read, 0);
            assertThat(read).containsExactly(2, 3, 4);
            part.setRow(0, new float[] {-1, -2, -3}, 0);
            float[] all = new float[8];
            t.copyRow(1, all, 0);
            assertThat(all).containsExactly(1, 1, -1, -2, -3, 5, 6, 7);
            assertThat(part.stride()).isEqualTo(8);
            assertThatThrownBy(() -> t.columns(6, 3)).hasMessageContaining("columns 6 to 9 of [3, 8]");
            assertThatThrownBy(() -> t.rows(0, 4)).hasMessageContaining("rows 0 to 4 of [3, 8]");
            assertThatThrownBy(() -> workspace.allocate(0, 3)).hasMessageContaining("[0, 3]");
        }
    }
}
