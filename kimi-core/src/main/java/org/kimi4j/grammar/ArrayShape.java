package org.kimi4j.grammar;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON array. A frame counts the items begun; without an upper limit it stops where more make no difference. */
final class ArrayShape implements Shape {

    static final int OPEN = 0;
    static final int AFTER = 1;
    static final int NEXT = 2;

    final int min;
    /** -1 for no limit. */
    int max;

    List<Shape> first; // of the first items, one each
    Shape rest; // of the items after those

    private final Shortest shortest = new Shortest();
    private int[] afterBound = {}; // by items so far, up to min

    /**
     * @param first shapes of the first items
     * @param rest shape of the items after those
     * @param max items at most, -1 for no limit
     */
    ArrayShape(List<Shape> first, Shape rest, int min, int max) {
        this.first = first;
        this.rest = rest;
        this.min = min;
        this.max = max;
    }

    Shape item(int index) {
        return index < first.size() ? first.get(index) : rest;
    }

    @Override
    public Shortest shortest() {
        return shortest;
    }

    /** Called when the shortest texts of all shapes are known. */
    void measure() {
        int most = first.size();
        for (int i = 0; i < most; i++) {
            if (!first.get(i).shortest().exists()) {
                max = max < 0 ? i : Math.min(max, i);
            }
        }
        if (!rest.shortest().exists()) {
            max = max < 0 ? most : Math.min(max, most);
        }
        afterBound = new int[min + 1];
        afterBound[min] = 1;
        for (int i = min - 1; i >= 0; i--) {
            afterBound[i] = afterBound[i + 1] + 1 + item(i).shortest().tokens;
        }
    }

    @Override
    public void enter(Frame below, int b, FrameList out) {
        if (b == '[' && fits(below.depth)) {
            out.add(new Frame(this, OPEN, 0, Gap.NONE, null, below));
        }
    }

    @Override
    public void step(Frame frame, int b, FrameList out) {
        int gap = Gap.next(frame.place, b);
        switch (frame.state) {
            case OPEN -> {
                if (gap != Gap.NO) {
                    out.add(frame.at(OPEN, 0, gap, null));
                } else if (b == ']') {
                    if (min == 0) {
                        out.add(frame.below());
                    }
                } else if (max != 0) {
                    enterItem(frame, b, out);
                }
            }
            case AFTER -> {
                if (frame.count >= min && gap != Gap.NO) {
                    out.add(frame.at(AFTER, frame.count, gap, null));
                } else if (frame.count >= min && b == ']') {
                    out.add(frame.below());
                } else if (b == ',' && frame.place == Gap.NONE && mayHaveMore(frame)) {
                    out.add(frame.at(NEXT, frame.count, Gap.NONE, null));
                }
            }
            case NEXT -> {
                if (gap != Gap.NO) {
                    out.add(frame.at(NEXT, frame.count, gap, null));
                } else {
                    enterItem(frame, b, out);
                }
            }
            default -> throw new IllegalStateException("state " + frame.state);
        }
    }

    private boolean mayHaveMore(Frame frame) {
        return frame.count != max && item(frame.count).fits(frame.depth);
    }

    private void enterItem(Frame frame, int b, FrameList out) {
        Shape item = item(frame.count);
        if (item.fits(frame.depth)) {
            int begun = frame.count + 1;
            int count = max < 0 ? Math.min(begun, Math.max(min, first.size())) : begun;
            item.enter(frame.at(AFTER, count, Gap.NONE, null), b, out);
        }
    }

    @Override
    public boolean mayEnd(Frame frame) {
        return false;
    }

    @Override
    public int bound(int state, int count, int place, @Nullable Keys keys) {
        int needed = Math.min(count, min);
        return switch (state) {
            case OPEN -> afterBound[0];
            case AFTER -> afterBound[needed];
            case NEXT -> item(count).shortest().tokens + afterBound[Math.min(count + 1, min)];
            default -> throw new IllegalStateException("state " + state);
        };
    }

    @Override
    public void close(Frame frame, ByteArrayOutputStream out) {
        int index = frame.count;
        if (frame.state == NEXT || frame.state == OPEN && min > 0) {
            out.writeBytes(item(index++).shortest().text);
        }
        writeRest(index, out);
    }

    /** The items still needed, and the end. */
    void writeRest(int from, ByteArrayOutputStream out) {
        for (int i = from; i < min; i++) {
            out.write(',');
            out.writeBytes(item(i).shortest().text);
        }
        out.write(']');
    }
}
