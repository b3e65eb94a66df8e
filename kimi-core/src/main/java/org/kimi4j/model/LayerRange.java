package org.kimi4j.model;

/** Layers {@code first} to {@code end - 1}. */
public record LayerRange(int first, int end) {

    public LayerRange {
        if (first < 0 || end <= first) {
            throw new IllegalArgumentException("layers " + first + " to " + end + ": expected 0 <= first < end");
        }
    }

    public int count() {
        return end - first;
    }
}
