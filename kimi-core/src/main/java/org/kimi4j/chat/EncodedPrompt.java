package org.kimi4j.chat;

import java.util.List;

/**
 * A prompt as tokens, with the places that media vectors take. Pads of different pictures have the same id, so whoever
 * compares prompts by id must also compare what stands behind the pads.
 */
public final class EncodedPrompt {

    /**
     * Adjacent pads of one media item.
     *
     * @param position of the first pad in the prompt
     * @param length pads
     * @param media index into {@link Prompt#media()}
     * @param chunk of a video, from 0; 0 for a picture
     */
    public record PadRun(int position, int length, int media, int chunk) {}

    private final int[] ids;
    private final List<PadRun> padRuns;

    EncodedPrompt(int[] ids, List<PadRun> padRuns) {
        this.ids = ids;
        this.padRuns = List.copyOf(padRuns);
    }

    /** The token ids; the array is the caller's. */
    public int[] ids() {
        return ids.clone();
    }

    /** Tokens. */
    public int length() {
        return ids.length;
    }

    /** Where media vectors go, by ascending position. */
    public List<PadRun> padRuns() {
        return padRuns;
    }

    /** The media index behind a position, or -1 where a token stands for itself. */
    public int mediaAt(int position) {
        int low = 0;
        int high = padRuns.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            PadRun run = padRuns.get(middle);
            if (position < run.position()) {
                high = middle - 1;
            } else if (position >= run.position() + run.length()) {
                low = middle + 1;
            } else {
                return run.media();
            }
        }
        return -1;
    }
}
