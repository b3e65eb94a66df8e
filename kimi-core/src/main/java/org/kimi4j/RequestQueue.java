package org.kimi4j;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.kimi4j.error.OverloadedException;

/**
 * Requests that wait: callers take turns, each caller's own requests are served in their order. Not thread-safe; the
 * engine guards it.
 */
final class RequestQueue {

    private final int capacity;
    private final int perCaller;
    private final Map<Object, Deque<Generation>> waiting = new LinkedHashMap<>();
    private final Map<Object, Integer> present = new HashMap<>();
    private int size;

    RequestQueue(int capacity, int perCaller) {
        this.capacity = capacity;
        this.perCaller = perCaller;
    }

    int size() {
        return size;
    }

    /**
     * Adds a request at the end of its caller's own.
     *
     * @param idle whether nothing waits or runs, in which case capacity does not matter
     */
    void add(Generation request, boolean idle) {
        if (size >= capacity && !idle) {
            throw new OverloadedException("the queue is full: " + size + " requests wait and queueCapacity is "
                    + capacity + "; try again later or raise it");
        }
        int own = present.getOrDefault(request.caller(), 0);
        if (own >= perCaller) {
            throw new OverloadedException("caller " + request.caller() + " has " + own
                    + " requests waiting or running and perCaller is " + perCaller + "; wait for one of them");
        }
        present.put(request.caller(), own + 1);
        waiting.computeIfAbsent(request.caller(), _ -> new ArrayDeque<>()).add(request);
        size++;
    }

    /** Takes the next request that is admitted: the first of the caller whose turn it is. */
    Optional<Generation> poll(Predicate<Generation> admit) {
        if (waiting.isEmpty()) {
            return Optional.empty();
        }
        Object caller = waiting.keySet().iterator().next();
        Deque<Generation> own = waiting.get(caller);
        if (!admit.test(own.getFirst())) {
            return Optional.empty();
        }
        Generation request = own.removeFirst();
        waiting.remove(caller);
        if (!own.isEmpty()) {
            waiting.put(caller, own); // at the end: the others come first
        }
        size--;
        return Optional.of(request);
    }

    /** Takes out all requests for which it is time. */
    List<Generation> removeIf(Predicate<Generation> gone) {
        List<Generation> removed = new ArrayList<>();
        for (var callers = waiting.values().iterator(); callers.hasNext(); ) {
            Deque<Generation> own = callers.next();
            for (var requests = own.iterator(); requests.hasNext(); ) {
                Generation request = requests.next();
                if (gone.test(request)) {
                    removed.add(request);
                    requests.remove();
                    size--;
                }
            }
            if (own.isEmpty()) {
                callers.remove();
            }
        }
        return removed;
    }

    /** A request is over, however it ended. */
    void finished(Generation request) {
        present.computeIfPresent(request.caller(), (_, own) -> own == 1 ? null : own - 1);
    }
}
