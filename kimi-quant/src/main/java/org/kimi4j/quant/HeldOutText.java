package org.kimi4j.quant;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** Text as tokens in windows that are read one by one, each with a fresh cache. */
final class HeldOutText {

    /**
     * Tokens that are read in one go.
     *
     * @param scored whether a token counts as one to be predicted; never the first
     */
    record Window(int[] tokens, boolean[] scored) {}

    private final Tokenizer tokenizer;
    private final int longest;
    private final boolean repliesOnly;
    private final List<Window> windows = new ArrayList<>();

    private HeldOutText(Tokenizer tokenizer, int longest, boolean repliesOnly) {
        this.tokenizer = tokenizer;
        this.longest = longest;
        this.repliesOnly = repliesOnly;
    }

    /**
     * Cuts tokens into windows: a new one after each end-of-text token, which is not read itself, unless the documents
     * are joined, and wherever a window is full.
     */
    static List<Window> windows(Tokenizer tokenizer, int[] tokens, int longest, boolean joined, boolean repliesOnly) {
        HeldOutText text = new HeldOutText(tokenizer, longest, repliesOnly);
        SpecialTokens names = tokenizer.specialTokens();
        int end = names.find(SpecialTokens.EOS).orElse(-1);
        int[] stream = new int[tokens.length];
        int length = 0;
        for (int token : tokens) {
            if (token != end) {
                stream[length++] = token;
            } else if (!joined) {
                text.document(Arrays.copyOf(stream, length));
                length = 0;
            }
        }
        text.document(Arrays.copyOf(stream, length));
        return text.windows;
    }

    private void document(int[] tokens) {
        boolean[] scored = new boolean[tokens.length];
        if (repliesOnly) {
            markReplies(tokens, scored);
        } else {
            Arrays.fill(scored, true);
        }
        for (int from = 0; from < tokens.length; from += longest) {
            int to = Math.min(tokens.length, from + longest);
            boolean[] part = Arrays.copyOfRange(scored, from, to);
            part[0] = false;
            windows.add(new Window(Arrays.copyOfRange(tokens, from, to), part));
        }
    }

    /**
     * Marks what an assistant wrote, its end token included. Not the beginning of its thinking, nor an end that follows
     * at once: the template writes these.
     */
    private void markReplies(int[] tokens, boolean[] scored) {
        SpecialTokens names = tokenizer.specialTokens();
        int assistant = names.id(SpecialTokens.IM_ASSISTANT);
        int middle = names.id(SpecialTokens.IM_MIDDLE);
        int end = names.id(SpecialTokens.IM_END);
        int think = names.find(SpecialTokens.THINK).orElse(-1);
        int endThink = names.find(SpecialTokens.END_THINK).orElse(-1);
        boolean header = false;
        boolean reply = false;
        for (int i = 0; i < tokens.length; i++) {
            boolean written = tokens[i] == think || (tokens[i] == endThink && i > 0 && tokens[i - 1] == think);
            scored[i] = reply && !written;
            if (tokens[i] == assistant) {
                header = true;
            } else if (tokens[i] == middle && header) {
                header = false;
                reply = true;
            } else if (tokens[i] == end) {
                header = false;
                reply = false;
            }
        }
    }
}
