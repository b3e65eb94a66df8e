package org.kimi4j.tokenizer;

/**
 * The cuts the official tokenizer makes before anything else: every 400,000 code points, and where a run of white space
 * or of other characters exceeds 25,000. Each slice is encoded as if it were a text of its own. Only unusual texts are
 * cut at all, but for those the ids depend on it.
 */
final class TextSlicer {

    static final int MAX_SLICE = 400_000;
    static final int MAX_RUN = 25_000;

    private TextSlicer() {}

    /** The ends of the slices in ascending order; the last is the length of the text. */
    static int[] ends(String text) {
        IntList ends = new IntList(4);
        // Fewer chars than a run may have cannot be cut.
        if (text.length() > MAX_RUN) {
            cut(text, ends);
        }
        ends.add(text.length());
        return ends.toArray();
    }

    private static void cut(String text, IntList ends) {
        int inSlice = 0;
        int run = 0;
        boolean runIsSpace = false;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            boolean space = CharClasses.isPythonSpace(c);
            if (inSlice == MAX_SLICE) {
                ends.add(at);
                inSlice = 0;
                run = 0;
            }
            if (run == 0 || space != runIsSpace) {
                run = 1;
                runIsSpace = space;
            } else if (++run > MAX_RUN) {
                ends.add(at);
                run = 1;
            }
            inSlice++;
            at += Character.charCount(c);
        }
    }
}
