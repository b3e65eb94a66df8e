package org.kimi4j;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What passes from the engine to the thread that delivers a reply. The engine never waits here: it asks for room first
 * and leaves a request alone that has none, so a slow reader delays only itself.
 */
final class EventQueue {

    /** What the engine has to say. */
    sealed interface Event {

        record Piece(Delta delta) implements Event {}

        /** Takes the place of one before it that nobody has read. */
        record Progress(PromptProgress progress) implements Event {}

        record Done(Reply reply) implements Event {}

        record Failed(RuntimeException cause) implements Event {}
    }

    /** Pieces that may wait; a token makes a few at most, so the queue holds little more than this. */
    private static final int ROOM = 256;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Deque<Event> events = new ArrayDeque<>();
    private final Runnable roomMade;
    private boolean wantsRoom;

    /** @param roomMade called by the reader when the engine may have been waiting for room */
    EventQueue(Runnable roomMade) {
        this.roomMade = roomMade;
    }

    /** For the engine: whether another token's pieces may be put. */
    boolean hasRoom() {
        lock.lock();
        try {
            wantsRoom = events.size() >= ROOM;
            return !wantsRoom;
        } finally {
            lock.unlock();
        }
    }

    void put(Event event) {
        lock.lock();
        try {
            if (event instanceof Event.Progress && events.peekLast() instanceof Event.Progress) {
                events.removeLast();
            }
            events.add(event);
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next event. */
    Event take() throws InterruptedException {
        Event event;
        boolean tell;
        lock.lockInterruptibly();
        try {
            while (events.isEmpty()) {
                arrived.await();
            }
            event = events.remove();
            tell = wantsRoom && events.size() <= ROOM / 2;
            if (tell) {
                wantsRoom = false;
            }
        } finally {
            lock.unlock();
        }
        if (tell) {
            roomMade.run();
        }
        return event;
    }

    /** The next event if there is one. */
    @Nullable
    Event poll() {
        lock.lock();
        try {
            return events.isEmpty() ? null : events.remove();
        } finally {
            lock.unlock();
        }
    }
}
