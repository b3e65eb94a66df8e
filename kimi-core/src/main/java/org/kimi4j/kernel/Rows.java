package org.kimi4j.kernel;

import org.kimi4j.cache.LatentCache;

/**
 * The rows of one pass: row r is the token at {@code position[r]} of the sequence whose cache is {@code
 * caches[sequence[r]]}. Rows of several sequences may be mixed in any order; a pass holds a (sequence, position) once.
 *
 * @param prompt whether a row was given (true) or generated (false); part of the input, because FAST may use another
 *     arithmetic for each
 */
public record Rows(int[] position, int[] sequence, boolean[] prompt, LatentCache[] caches) {

    public Rows {
        if (position.length != sequence.length || position.length != prompt.length) {
            throw new IllegalArgumentException("rows: " + position.length + " positions, " + sequence.length
                    + " sequence numbers, " + prompt.length + " roles");
        }
        for (int r = 0; r < position.length; r++) {
            int length = caches[sequence[r]].length();
            if (position[r] < 0 || position[r] >= length) {
                throw new IllegalArgumentException(
                        "row " + r + " is at position " + position[r] + " of a cache of " + length + " positions");
            }
        }
    }

    /** Consecutive positions of one sequence, from {@code start} on. */
    public static Rows of(LatentCache cache, int start, int count, boolean prompt) {
        int[] position = new int[count];
        boolean[] role = new boolean[count];
        for (int r = 0; r < count; r++) {
            position[r] = start + r;
            role[r] = prompt;
        }
        return new Rows(position, new int[count], role, new LatentCache[] {cache});
    }

    public int count() {
        return position.length;
    }

    /** The cache of a row's sequence. */
    public LatentCache cache(int row) {
        return caches[sequence[row]];
    }
}
