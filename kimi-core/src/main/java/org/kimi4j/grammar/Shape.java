package org.kimi4j.grammar;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A kind of text that an answer, or a part of it, may be. Shapes refer to each other, in circles too; once a
 * {@link Grammar} is made of them they do not change. What has been written is a stack of {@link Frame}s, each inside a
 * shape that gives its numbers their meaning.
 */
sealed interface Shape permits ArrayShape, ObjectShape, Shape.Choice, Shape.Regular, Shape.Root, Shape.Text {

    /** Objects and arrays in each other at most. */
    int MAX_DEPTH = 64;

    /** Its shortest text. */
    Shortest shortest();

    /**
     * Begins with a byte on top of a frame, which is where the text goes on once this shape's is complete.
     *
     * @param b 0 to 255
     * @param out takes what may come of it: nothing if the byte does not fit
     */
    void enter(Frame below, int b, FrameList out);

    /** Goes on with a byte from a frame of this shape. */
    void step(Frame frame, int b, FrameList out);

    /** Whether a frame's text is complete although more may follow. */
    boolean mayEnd(Frame frame);

    /** Tokens that surely suffice from a place in this shape to its end. */
    int bound(int state, int count, int place, @Nullable Keys keys);

    /** The rest of a frame's text on the shortest way to its end. */
    void close(Frame frame, ByteArrayOutputStream out);

    /** Whether texts may begin here that are as deep as the shortest one of this shape. */
    default boolean fits(int depth) {
        return depth + shortest().depth <= MAX_DEPTH;
    }

    /** The bottom of every stack: {@link #BEGINNING} before the answer, {@link #DONE} after it. */
    final class Root implements Shape {
        static final int BEGINNING = 0;
        static final int DONE = 1;

        final Shape answer;

        Root(Shape answer) {
            this.answer = answer;
        }

        @Override
        public Shortest shortest() {
            return answer.shortest();
        }

        @Override
        public void enter(Frame below, int b, FrameList out) {
            throw new IllegalStateException("the root is never inside another shape");
        }

        @Override
        public void step(Frame frame, int b, FrameList out) {
            if (frame.state == BEGINNING) {
                answer.enter(new Frame(this, DONE, 0, 0, null, null), b, out);
            }
        }

        @Override
        public boolean mayEnd(Frame frame) {
            return frame.state == DONE;
        }

        @Override
        public int bound(int state, int count, int place, @Nullable Keys keys) {
            return state == DONE ? 0 : answer.shortest().tokens;
        }

        @Override
        public void close(Frame frame, ByteArrayOutputStream out) {
            if (frame.state == BEGINNING) {
                out.writeBytes(answer.shortest().text);
            }
        }
    }

    /** Any JSON string of so many characters; {@code max} is -1 for no limit. A frame counts the characters it has. */
    final class Text implements Shape {
        static final Dfa REST = Texts.STRING_REST;
        static final int BETWEEN = REST.start();

        final int min;
        final int max;
        final Lexicon lexicon;
        private final Shortest shortest = new Shortest();

        Text(int min, int max, Lexicon lexicon) {
            this.min = min;
            this.max = max;
            this.lexicon = lexicon;
        }

        @Override
        public Shortest shortest() {
            return shortest;
        }

        @Override
        public void enter(Frame below, int b, FrameList out) {
            if (b == '"') {
                out.add(new Frame(this, BETWEEN, 0, 0, null, below));
            }
        }

        @Override
        public void step(Frame frame, int b, FrameList out) {
            if (frame.state == BETWEEN && (b == '"' ? frame.count < min : frame.count == max)) {
                return;
            }
            int next = REST.next(frame.state, b);
            if (next == Dfa.DEAD) {
                return;
            }
            if (REST.accepts(next)) {
                out.add(frame.below());
            } else {
                out.add(new Frame(
                        this, next, next == BETWEEN ? counted(frame.count) : frame.count, 0, null, frame.below));
            }
        }

        /** One character more; without an upper limit those above the lower one need not be told apart. */
        int counted(int count) {
            return max < 0 ? Math.min(count + 1, min) : count + 1;
        }

        @Override
        public boolean mayEnd(Frame frame) {
            return false;
        }

        /** Characters still needed, the one being written not counted. */
        int missing(int state, int count) {
            return Math.max(min - count - (state == BETWEEN ? 0 : 1), 0);
        }

        @Override
        public int bound(int state, int count, int place, @Nullable Keys keys) {
            return lexicon.fillerTokens(missing(state, count)) + REST.distance(state);
        }

        @Override
        public void close(Frame frame, ByteArrayOutputStream out) {
            byte[] ending = REST.shortest(frame.state);
            out.write(ending, 0, ending.length - 1);
            for (int i = missing(frame.state, frame.count); i > 0; i--) {
                out.write(lexicon.filler());
            }
            out.write('"');
        }
    }

    /** The texts of an automaton; a frame's state is the automaton's. */
    final class Regular implements Shape {

        /** What texts are like, which decides which tokens can end one. */
        enum Kind {
            /** A JSON string: only a token with a quote can. */
            STRING,
            /** Another JSON value, of few characters. */
            VALUE,
            /** The whole answer: nothing follows it. */
            ANSWER
        }

        /** Bytes that lead on from some state, from which on joining tokens pays. */
        private static final int MANY_BYTES = 20;

        final Dfa dfa;
        final Kind kind;
        private final Shortest shortest = new Shortest();
        private int[] tokens = {}; // by state: how many spell the shortest way to an end
        private @Nullable TokenGroups groups;

        Regular(Dfa dfa, Kind kind) {
            this.dfa = dfa;
            this.kind = kind;
        }

        void measure(Lexicon lexicon) {
            tokens = lexicon.tokensToEnd(dfa);
        }

        /** Whether masks come sooner with tokens joined. */
        boolean joiningPays() {
            return kind != Kind.VALUE && dfa.mostBytes() >= MANY_BYTES;
        }

        void join(TokenGroups joined) {
            groups = joined;
        }

        /** Tokens joined that the automaton cannot tell apart: of strings the plain ones, of answers all; or null. */
        @Nullable
        TokenGroups groups() {
            return groups;
        }

        @Override
        public Shortest shortest() {
            return shortest;
        }

        @Override
        public void enter(Frame below, int b, FrameList out) {
            add(dfa.next(dfa.start(), b), below, out);
        }

        private void add(int next, Frame below, FrameList out) {
            if (next != Dfa.DEAD) {
                out.add(dfa.accepts(next) && !dfa.goesOn(next) ? below : new Frame(this, next, 0, 0, null, below));
            }
        }

        @Override
        public void step(Frame frame, int b, FrameList out) {
            add(dfa.next(frame.state, b), frame.below(), out);
            if (dfa.accepts(frame.state)) {
                out.step(frame.below(), b);
            }
        }

        @Override
        public boolean mayEnd(Frame frame) {
            return dfa.accepts(frame.state) && frame.below().mayEnd();
        }

        @Override
        public int bound(int state, int count, int place, @Nullable Keys keys) {
            return tokens[state];
        }

        @Override
        public void close(Frame frame, ByteArrayOutputStream out) {
            out.writeBytes(dfa.shortest(frame.state));
        }
    }

    /** One of several shapes; never in a frame itself. */
    final class Choice implements Shape {
        /** Once as many texts are being followed at a time, only the shortest alternative of further choices is. */
        static final int MAX_AT_ONCE = 64;

        List<Shape> alternatives;
        private final Shortest shortest = new Shortest();

        Choice(List<Shape> alternatives) {
            this.alternatives = alternatives;
        }

        @Override
        public Shortest shortest() {
            return shortest;
        }

        @Override
        public void enter(Frame below, int b, FrameList out) {
            if (out.size() >= MAX_AT_ONCE) {
                alternatives.getFirst().enter(below, b, out);
                return;
            }
            for (Shape alternative : alternatives) {
                alternative.enter(below, b, out);
            }
        }

        @Override
        public void step(Frame frame, int b, FrameList out) {
            throw noFrame();
        }

        @Override
        public boolean mayEnd(Frame frame) {
            throw noFrame();
        }

        @Override
        public int bound(int state, int count, int place, @Nullable Keys keys) {
            throw noFrame();
        }

        @Override
        public void close(Frame frame, ByteArrayOutputStream out) {
            throw noFrame();
        }

        private static IllegalStateException noFrame() {
            return new IllegalStateException("a choice is made before a frame is");
        }
    }
}
