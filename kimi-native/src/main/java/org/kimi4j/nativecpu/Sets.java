package org.kimi4j.nativecpu;

/** Rows in sets, one after the other; or in tiles of so many rows, each set beginning with a new one. */
final class Sets {

    /** Rows of a tile of AMX. */
    static final int TILE = 16;

    private int[] start = {0};
    private int[] tile = {0};
    private int count;

    void reset(int[] sizes) {
        count = sizes.length;
        if (start.length <= count) {
            start = new int[count + 1];
            tile = new int[count + 1];
        }
        for (int s = 0; s < count; s++) {
            start[s + 1] = start[s] + sizes[s];
            tile[s + 1] = tile[s] + (sizes[s] + TILE - 1) / TILE;
        }
    }

    /** The number of a set's first row. */
    int first(int set) {
        return start[set];
    }

    /** The number of the tile that has row r of a set. */
    int tile(int set, int r) {
        return tile[set] + r / TILE;
    }

    int tiles() {
        return tile[count];
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
