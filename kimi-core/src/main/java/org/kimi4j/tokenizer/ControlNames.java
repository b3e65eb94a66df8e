package org.kimi4j.tokenizer;

import java.util.Arrays;
import java.util.List;

/** Finds the names of control tokens in a text. */
final class ControlNames {

    private final String[] sorted;
    private final int[] ids; // of the sorted names

    ControlNames(SpecialTokens tokens) {
        List<String> names = tokens.names();
        sorted = names.toArray(new String[0]);
        Arrays.sort(sorted);
        ids = new int[sorted.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = tokens.id(sorted[i]);
        }
    }

    /** The id of the longest name that stands at {@code at} and ends by {@code limit}, or -1. */
    int idAt(String text, int at, int limit) {
        // Narrows the sorted names to those that agree with the text so far, character by character.
        int from = 0;
        int to = sorted.length;
        int found = -1;
        for (int length = 0; from < to; length++) {
            if (sorted[from].length() == length) {
                found = ids[from++];
            }
            if (at + length >= limit) {
                break;
            }
            char c = text.charAt(at + length);
            int first = lowerBound(from, to, length, c);
            to = lowerBound(first, to, length, c + 1);
            from = first;
        }
        return found;
    }

    /** The first of the names in {@code [from, to)} whose character {@code index} is at least {@code c}. */
    private int lowerBound(int from, int to, int index, int c) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle].charAt(index) < c) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
