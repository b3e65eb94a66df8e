package org.kimi4j.grammar;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The shortest way to the end of an answer from a frame: the text of the frame's own level, that of the levels below, and
 * how many tokens spell what is left from each byte on, tokens that reach over the border of two levels included.
 */
final class Closing {

    /** Tokens for what a vocabulary cannot spell. */
    static final int IMPOSSIBLE = 1 << 28;

    private final byte[] text;
    private final @Nullable Closing below;
    private final int[] tokens; // [text.length + 1]

    Closing(byte[] text, @Nullable Closing below, Lexicon lexicon) {
        this.text = text;
        this.below = below;
        this.tokens = new int[text.length + 1];
        tokens[text.length] = below == null ? 0 : below.tokens();
        for (int i = text.length - 1; i >= 0; i--) {
            tokens[i] = fewest(i, lexicon.all());
        }
    }

    /** The way from a frame; made once. */
    static Closing of(Frame frame, Lexicon lexicon) {
        Closing known = frame.closing;
        if (known == null) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            frame.shape.close(frame, out);
            Closing below = frame.below == null ? null : of(frame.below, lexicon);
            known = new Closing(out.toByteArray(), below, lexicon);
            frame.closing = known;
        }
        return known;
    }

    /** Tokens to the end. */
    int tokens() {
        return tokens[0];
    }

    private int fewest(int from, TokenTree tree) {
        int least = IMPOSSIBLE;
        Closing level = this;
        int at = from;
        int node = -1;
        boolean first = true;
        while (true) {
            while (at == level.text.length) {
                if (level.below == null) {
                    return least;
                }
                level = level.below;
                at = 0;
            }
            int b = level.text[at++] & 0xFF;
            node = first ? tree.first(b) : tree.child(node, b);
            first = false;
            if (node < 0) {
                return least;
            }
            if (tree.token(node) != TokenTree.NO_TOKEN) {
                least = Math.min(least, 1 + level.tokens[at]);
            }
        }
    }

    /** The bytes of the way, up to so many. */
    byte[] beginning(int most) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Closing level = this; level != null && out.size() < most; level = level.below) {
            out.write(level.text, 0, Math.min(level.text.length, most - out.size()));
        }
        return out.toByteArray();
    }
}
