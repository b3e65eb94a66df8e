package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 7})
    void everyTaskOfEveryRegionRunsOnce(int threads) {
        try (WorkerPool pool = new WorkerPool("test", threads)) {
            for (int round = 0; round < 5000; round++) {
                int tasks = 1 + round % 37;
                AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
                pool.run(tasks, (task, worker) -> {
                    assertThat(worker).isBetween(0, threads - 1);
                    runs.incrementAndGet(task);
                });
                for (int task = 0; task < tasks; task++) {
                    assertThat(runs.get(task))
                            .as("round %d, task %d of %d", round, task, tasks)
                            .isEqualTo(1);
                }
            }
        }
    }

    /** A pool that never does without a worker: here tasks wait for each other. */
    private static WorkerPool pool(int threads) {
        return new WorkerPool("test", threads, new Crowding(threads, Long.MAX_VALUE));
    }

    @Test
    void workersTakePartAndHaveNumbersOfTheirOwn() {
        try (WorkerPool pool = pool(3)) {
            CyclicBarrier all = new CyclicBarrier(3);
            Set<Integer> workers = ConcurrentHashMap.newKeySet();
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            pool.run(3, (_, worker) -> {
                workers.add(worker);
                threads.add(Thread.currentThread());
                try {
                    all.await(60, TimeUnit.SECONDS); // one task cannot be left to another thread's second turn
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(workers).containsExactlyInAnyOrder(0, 1, 2);
            assertThat(threads).hasSize(3).contains(Thread.currentThread());
            assertThat(threads.stream().filter(t -> t != Thread.currentThread()))
                    .allSatisfy(t -> assertThat(t.getName()).startsWith("test-worker-"))
                    .allSatisfy(t -> assertThat(t.isDaemon()).isTrue());
        }
    }

    @Test
    void workersThatWentToSleepWakeUp() {
        try (WorkerPool pool = pool(2)) {
            for (int round = 0; round < 3; round++) {
                Thread worker = Thread.getAllStackTraces().keySet().stream()
                        .filter(t -> t.getName().equals("test-worker-1"))
                        .findFirst()
                        .orElseThrow();
                while (worker.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                CyclicBarrier both = new CyclicBarrier(2);
                pool.run(2, (_, _) -> {
                    try {
                        both.await(60, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void exceptionOfATaskIsThrownByTheRegionAndTheNextOneWorks(int threads) {
        try (WorkerPool pool = new WorkerPool("test", threads)) {
            RuntimeException own = new IllegalStateException("of a task");
            assertThatThrownBy(() -> pool.run(20, (task, _) -> {
                        if (task == 11) {
                            throw own;
                        }
                    }))
                    .isSameAs(own);
            int[] done = new int[20];
            pool.run(20, (task, _) -> done[task] = task);
            assertThat(Arrays.stream(done).sum()).isEqualTo(190);
        }
    }

    @Test
    void closedPoolHasNoThreadsAndRefusesWork() {
        WorkerPool pool = new WorkerPool("closing", 4);
        pool.run(10, (_, _) -> {});
        pool.close();
        pool.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(t -> t.getName().startsWith("closing-"));
        assertThatThrownBy(() -> pool.run(10, (_, _) -> {})).hasMessageContaining("closed");
        assertThatThrownBy(() -> new WorkerPool("none", 0)).hasMessageContaining("at least one thread");
    }
}
