package org.kimi4j.nativecpu;

/** Rows in sets, one after the other. */
final class Sets {

    private int[] start = {0};
    private int count;

    void reset(int[] sizes) {
        count = sizes.length;
        if (start.length <= count) {
            start = new int[count + 1];
        }
        for (int s = 0; s < count; s++) {
            start[s + 1] = start[s] + sizes[s];
        }
    }

    /** The number of a set's first row. */
    int first(int set) {
        return start[set];
    }

    int rows(int set) {
        return start[set + 1] - start[set];
    }

    int total() {
        return start[count];
    }

    int largest() {
        int largest = 0;
        for (int s = 0; s < count; s++) {
            largest = Math.max(largest, rows(s));
        }
        return largest;
    }
}
