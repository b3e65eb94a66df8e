package org.kimi4j.grammar;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens that may come at one place: walks the tree of tokens and the shapes together, byte by byte, and turns
 * back where a byte does not fit. Inside a string nearly every token fits; there the tokens that are whole characters are
 * taken by their number, and only the others are walked. For one mask and one thread.
 *
 * <p>With a limit, only tokens are taken after which the shortest way to the end needs no more than the limit. At least
 * one is, as long as the way from here needs no more than one token above the limit. Inside a further key that is asked
 * of the tokens on the shortest way alone, as each key that a token could end would have to be compared.
 */
final class MaskBuilder {

    static final int NO_LIMIT = Integer.MAX_VALUE;

    private final Lexicon lexicon;
    private final Frame origin;
    private final int limit;
    private final long[] words; // a bit for each token
    private byte[] asked = {}; // of a run by state and characters: whether enough tokens are left, 0 for not yet known
    private int span = 1; // characters told apart
    private long @Nullable [] endings; // those that fit behind the string being written, a bit for each
    private int growth;
    private int lowest;
    private boolean keysMattered;

    private MaskBuilder(Lexicon lexicon, Frame origin, int limit) {
        this.lexicon = lexicon;
        this.origin = origin;
        this.limit = limit;
        this.words = new long[(lexicon.size() + 63) / 64];
        this.lowest = origin.height;
    }

    /** A mask and what it depends on. */
    record Result(Mask mask, int lowestHeight, boolean keysMattered) {}

    /** The tokens that fit, however many are left. */
    static Result build(Lexicon lexicon, Frame frame) {
        MaskBuilder builder = new MaskBuilder(lexicon, frame, NO_LIMIT);
        builder.run();
        return new Result(
                new Mask(BitSet.valueOf(builder.words), builder.growth), builder.lowest, builder.keysMattered);
    }

    /** The tokens that fit and after which so many suffice to the end. */
    static BitSet build(Lexicon lexicon, Frame frame, int limit) {
        MaskBuilder builder = new MaskBuilder(lexicon, frame, limit);
        builder.run();
        return BitSet.valueOf(builder.words);
    }

    private void run() {
        switch (origin.shape) {
            case Shape.Text text -> {
                span = lexicon.longest() + 1;
                asked = new byte[Shape.Text.REST.states() * span];
                if (origin.state == Shape.Text.BETWEEN) {
                    takePlain(text);
                    walkRun(lexicon.unusual());
                } else {
                    walkRun(lexicon.all());
                }
            }
            case Shape.Regular regular -> {
                asked = new byte[regular.dfa.states()];
                TokenGroups groups = regular.groups();
                if (groups == null) {
                    walkRun(lexicon.all());
                    return;
                }
                groups.take(regular.dfa, origin.state, asked, state -> verdict(state, 0), words);
                if (regular.kind == Shape.Regular.Kind.STRING) {
                    walkRun(lexicon.unusual());
                }
            }
            case ObjectShape _ -> {
                if (origin.state == ObjectShape.KEY && origin.keys != null && origin.keys.text == Keys.REST.start()) {
                    takeOfKey();
                } else {
                    walk(lexicon.all(), 0, lexicon.all().size(), FrameList.of(origin), words);
                }
            }
            case ArrayShape _, Shape.Choice _, Shape.Root _ ->
                walk(lexicon.all(), 0, lexicon.all().size(), FrameList.of(origin), words);
        }
    }

    /** Whole characters of a string: as many as its length allows, and as many as the limit asks for. */
    private void takePlain(Shape.Text text) {
        int most = text.max < 0 ? lexicon.mostPlain() : Math.min(lexicon.mostPlain(), text.max - origin.count);
        int from = most + 1;
        for (int n = most; n >= 1 && mayCome(text, n); n--) {
            from = n;
        }
        lexicon.addPlain(from, most, words);
    }

    /** The more characters, the fewer are missing: what a number allows, a higher one does too. */
    private boolean mayCome(Shape.Text text, int characters) {
        if (limit == NO_LIMIT) {
            return true;
        }
        int count = text.max < 0 ? Math.min(origin.count + characters, text.min) : origin.count + characters;
        return fits(new Frame(text, Shape.Text.BETWEEN, count, 0, null, origin.below));
    }

    /** Any whole characters go on in a further key; how many more make it new depends on them only a little. */
    private void takeOfKey() {
        if (origin.bound <= limit) {
            lexicon.addPlain(1, lexicon.mostPlain(), words);
        }
        if (limit == NO_LIMIT) {
            walk(lexicon.unusual(), 0, lexicon.unusual().size(), FrameList.of(origin), words);
            return;
        }
        TokenTree tree = lexicon.all();
        FrameList at = FrameList.of(origin);
        int node = -1;
        for (byte b : Closing.of(origin, lexicon).beginning(lexicon.longest())) {
            node = node < 0 ? tree.first(b & 0xFF) : tree.child(node, b & 0xFF);
            at = at.after(b & 0xFF);
            if (node < 0) {
                return;
            }
            take(tree.token(node), at, words);
        }
    }

    private boolean fits(Frame frame) {
        return limit == NO_LIMIT
                || frame.bound <= limit
                || Closing.of(frame, lexicon).tokens() <= limit;
    }

    /** Takes a token, or an ending of tokens, if enough tokens are left after it. */
    private void take(int token, FrameList frames, long[] to) {
        if (token == TokenTree.NO_TOKEN) {
            return;
        }
        int bound = frames.bound();
        if (limit == NO_LIMIT) {
            growth = Math.max(growth, bound - origin.bound);
        } else if (bound > limit && frames.tokensToEnd(lexicon) > limit) {
            return;
        }
        set(token, to);
    }

    private static void set(int token, long[] to) {
        to[token >> 6] |= 1L << token;
    }

    private void walk(TokenTree tree, int from, int end, FrameList frames, long[] to) {
        for (int node = from; node < end; node = tree.skip(node)) {
            FrameList next = frames.after(tree.edge(node));
            lowest = Math.min(lowest, next.lowestHeight());
            keysMattered |= next.didKeysMatter();
            if (!next.isEmpty()) {
                take(tree.token(node), next, to);
                walk(tree, node + 1, tree.skip(node), next, to);
            }
        }
    }

    /** As {@link #walk} from a frame of an automaton, on plain numbers while it stays inside. */
    private void walkRun(TokenTree tree) {
        Shape.Text text = origin.shape instanceof Shape.Text t ? t : null;
        Dfa dfa = origin.shape instanceof Shape.Regular regular ? regular.dfa : Shape.Text.REST;
        int[] states = new int[lexicon.longest() + 1]; // by bytes of the token so far
        int[] counts = new int[lexicon.longest() + 1];
        states[0] = origin.state;
        counts[0] = origin.count;
        int node = 0;
        while (node < tree.size()) {
            int depth = tree.depth(node);
            int state = states[depth - 1];
            int count = counts[depth - 1];
            int b = tree.edge(node);
            int next = text != null && state == Shape.Text.BETWEEN && (b == '"' ? count < text.min : count == text.max)
                    ? Dfa.DEAD
                    : dfa.next(state, b);
            if (next == Dfa.DEAD || dfa.accepts(next) && !dfa.goesOn(next)) {
                leaveRun(tree, node, dfa.accepts(state), next);
                node = tree.skip(node);
                continue;
            }
            states[depth] = next;
            counts[depth] = text != null && next == Shape.Text.BETWEEN ? text.counted(count) : count;
            if (tree.token(node) != TokenTree.NO_TOKEN && mayCome(next, counts[depth])) {
                set(tree.token(node), words);
            }
            node++;
        }
    }

    /** The byte does not go on in the automaton, or is the last of its text. */
    private void leaveRun(TokenTree tree, int node, boolean wasComplete, int next) {
        if (next != Dfa.DEAD && tree == lexicon.unusual() && lexicon.endings().beginAt(node)) {
            takeEndings(tree, node);
            return;
        }
        FrameList frames = new FrameList();
        if (next != Dfa.DEAD) {
            frames.add(origin.below());
        } else if (wasComplete) {
            frames.step(origin.below(), tree.edge(node));
            lowest = Math.min(lowest, frames.lowestHeight());
            keysMattered |= frames.didKeysMatter();
        }
        if (!frames.isEmpty()) {
            take(tree.token(node), frames, words);
            walk(tree, node + 1, tree.skip(node), frames, words);
        }
    }

    /** The tokens that end the string at this node and go on with what fits behind it, which is found out once. */
    private void takeEndings(TokenTree tree, int quote) {
        Endings all = lexicon.endings();
        long[] fitting = endings;
        if (fitting == null) {
            fitting = new long[(all.count() + 63) / 64];
            FrameList frames = FrameList.of(origin.below());
            take(Endings.EMPTY, frames, fitting);
            walk(all.tree(), 0, all.tree().size(), frames, fitting);
            endings = fitting;
        }
        for (int node = quote; node < tree.skip(quote); node++) {
            int ending = all.of(node);
            if (tree.token(node) != TokenTree.NO_TOKEN && (fitting[ending >> 6] >>> ending & 1) != 0) {
                set(tree.token(node), words);
            }
        }
    }

    /** Whether enough tokens are left at a place of this automaton. */
    private boolean mayCome(int state, int count) {
        int index = span == 1 ? state : state * span + count - origin.count;
        if (asked[index] == 0) {
            asked[index] = verdict(state, count);
        }
        return asked[index] == TokenGroups.TAKE;
    }

    private byte verdict(int state, int count) {
        return findsWay(state, count) ? TokenGroups.TAKE : TokenGroups.LEAVE;
    }

    private boolean findsWay(int state, int count) {
        if (limit == NO_LIMIT) {
            int bound = origin.shape.bound(state, count, 0, null) + origin.below().bound;
            growth = Math.max(growth, bound - origin.bound);
            return true;
        }
        return fits(new Frame(origin.shape, state, count, 0, null, origin.below));
    }
}
