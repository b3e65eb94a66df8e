package org.kimi4j.grammar;

import java.util.Arrays;

/**
 * The places that a text may be at: several if it can be read in several ways. Also remembers which frames were looked at
 * on the way, for {@link MaskCache}.
 */
final class FrameList {

    private Frame[] frames = new Frame[2];
    private int size;
    private int lowest = Integer.MAX_VALUE;
    private boolean keysMattered;

    static FrameList of(Frame frame) {
        FrameList list = new FrameList();
        list.add(frame);
        return list;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    Frame get(int index) {
        return frames[index];
    }

    void add(Frame frame) {
        for (int i = 0; i < size; i++) {
            if (frames[i].same(frame)) {
                return;
            }
        }
        if (size == frames.length) {
            frames = Arrays.copyOf(frames, 2 * size);
        }
        frames[size++] = frame;
    }

    /** Adds what comes of a frame after a byte. */
    void step(Frame frame, int b) {
        lowest = Math.min(lowest, frame.height);
        frame.shape.step(frame, b, this);
    }

    /** What comes of all these places after a byte. */
    FrameList after(int b) {
        FrameList out = new FrameList();
        for (int i = 0; i < size; i++) {
            out.step(frames[i], b);
        }
        return out;
    }

    /** Tells that the keys an object already has were compared with the one being written. */
    void keysMattered() {
        keysMattered = true;
    }

    boolean didKeysMatter() {
        return keysMattered;
    }

    /** The height of the lowest frame that a step looked at. */
    int lowestHeight() {
        return lowest;
    }

    /** Whether the answer is complete in one of its readings. */
    boolean mayEnd() {
        for (int i = 0; i < size; i++) {
            if (frames[i].mayEnd()) {
                return true;
            }
        }
        return false;
    }

    /** Tokens that surely suffice to the end of the answer. */
    int bound() {
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < size; i++) {
            least = Math.min(least, frames[i].bound);
        }
        return least;
    }

    /** Tokens of the shortest known way to the end of the answer. */
    int tokensToEnd(Lexicon lexicon) {
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < size; i++) {
            least = Math.min(least, Closing.of(frames[i], lexicon).tokens());
        }
        return least;
    }

    /** Keeps so many places, those with the shortest ways to the end. */
    void keepShortest(int most, Lexicon lexicon) {
        if (size <= most) {
            return;
        }
        Frame[] sorted = Arrays.copyOf(frames, size);
        Arrays.sort(
                sorted,
                (a, b) -> Integer.compare(
                        Closing.of(a, lexicon).tokens(), Closing.of(b, lexicon).tokens()));
        frames = Arrays.copyOf(sorted, most);
        size = most;
    }
}
