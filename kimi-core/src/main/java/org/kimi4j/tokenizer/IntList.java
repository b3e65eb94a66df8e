package org.kimi4j.tokenizer;

import java.util.Arrays;

/** Growing array of ints. For one thread. */
final class IntList {

    private int[] items;
    private int size;

    IntList(int capacity) {
        items = new int[Math.max(capacity, 4)];
    }

    void add(int item) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size + (size >> 1) + 1);
        }
        items[size++] = item;
    }

    void addAll(int[] more) {
        for (int item : more) {
            add(item);
        }
    }

    int[] toArray() {
        return Arrays.copyOf(items, size);
    }
}
