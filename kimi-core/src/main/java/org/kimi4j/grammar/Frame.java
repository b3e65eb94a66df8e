package org.kimi4j.grammar;

import org.jspecify.annotations.Nullable;

/**
 * One level of what is being written, on top of the levels around it: a place in a shape. Immutable but for what it
 * remembers of {@link Closing}; for one thread at a time.
 */
final class Frame {

    final Shape shape;
    /** The part of the shape that is being written. */
    final int state;
    /** What was counted so far: characters, items, or the first property that may still come. */
    final int count;
    /** A finer place: white space so far, or how far a key has been spelled. */
    final int place;
    /** Keys of an object with further properties; null elsewhere. */
    final @Nullable Keys keys;

    final @Nullable Frame below;
    /** Frames below. */
    final int height;
    /** Objects and arrays that this place is inside of. */
    final int depth;
    /** Tokens that surely suffice for the rest of this text and of all below. */
    final int bound;

    @Nullable
    Closing closing;

    Frame(Shape shape, int state, int count, int place, @Nullable Keys keys, @Nullable Frame below) {
        this.shape = shape;
        this.state = state;
        this.count = count;
        this.place = place;
        this.keys = keys;
        this.below = below;
        int inside = shape instanceof ObjectShape || shape instanceof ArrayShape ? 1 : 0;
        this.height = below == null ? 0 : below.height + 1;
        this.depth = below == null ? 0 : below.depth + inside;
        this.bound = shape.bound(state, count, place, keys) + (below == null ? 0 : below.bound);
    }

    Frame below() {
        if (below == null) {
            throw new IllegalStateException("nothing is below the root");
        }
        return below;
    }

    /** Another place of the same object or array. */
    Frame at(int newState, int newCount, int newPlace, @Nullable Keys newKeys) {
        return new Frame(shape, newState, newCount, newPlace, newKeys, below);
    }

    /** Whether the whole answer is complete although more may follow. */
    boolean mayEnd() {
        return shape.mayEnd(this);
    }

    /** Whether two frames are the same place of the same text. */
    boolean same(Frame other) {
        return shape == other.shape
                && state == other.state
                && count == other.count
                && place == other.place
                && keys == other.keys
                && below == other.below;
    }
}
