package org.kimi4j.kernel;

import java.util.Arrays;

/**
 * Which experts the rows of a pass chose and with what weight, seen from both sides: per row, and per expert that any row
 * chose. Filled anew for each layer and valid until the next one.
 */
public final class Routing {

    private int rows;
    private int topK;
    private int[] experts = {};
    private float[] weights = {};
    private int distinct;
    private int[] expert = {};
    private int[] start = {0};
    private int[] row = {};
    private float[] weight = {};
    private int[] count = {};

    /** Starts filling; every {@link #set} must follow before {@link #group}. */
    void reset(int rowCount, int expertsPerRow) {
        rows = rowCount;
        topK = expertsPerRow;
        int size = rowCount * expertsPerRow;
        if (experts.length < size) {
            experts = new int[size];
            weights = new float[size];
            row = new int[size];
            weight = new float[size];
        }
    }

    /** The choice of a row: its {@code rank}-th expert in ascending order of ids. */
    void set(int rowIndex, int rank, int expertId, float expertWeight) {
        experts[rowIndex * topK + rank] = expertId;
        weights[rowIndex * topK + rank] = expertWeight;
    }

    /** Ends filling: lists the distinct experts in ascending order, each with its rows in ascending order. */
    void group(int expertCount) {
        if (count.length < expertCount) {
            count = new int[expertCount];
        }
        Arrays.fill(count, 0);
        int size = rows * topK;
        for (int i = 0; i < size; i++) {
            count[experts[i]]++;
        }
        distinct = 0;
        if (expert.length < Math.min(size, expertCount)) {
            expert = new int[Math.min(size, expertCount)];
            start = new int[expert.length + 1];
        }
        int at = 0;
        for (int e = 0; e < expertCount; e++) {
            if (count[e] > 0) {
                expert[distinct] = e;
                start[distinct++] = at;
                at += count[e];
                count[e] = at - count[e]; // from here on: where the next row of this expert goes
            }
        }
        start[distinct] = at;
        for (int i = 0; i < size; i++) {
            int to = count[experts[i]]++;
            row[to] = i / topK;
            weight[to] = weights[i];
        }
    }

    public int rowCount() {
        return rows;
    }

    public int expertsPerRow() {
        return topK;
    }

    /** A row's expert: the {@code rank}-th of its choice in ascending order of ids. */
    public int expert(int rowIndex, int rank) {
        return experts[rowIndex * topK + rank];
    }

    /** The weight of {@link #expert(int, int)}. */
    public float weight(int rowIndex, int rank) {
        return weights[rowIndex * topK + rank];
    }

    /** How many different experts were chosen. */
    public int distinctCount() {
        return distinct;
    }

    /** The i-th distinct expert; ids ascend. */
    public int distinctExpert(int i) {
        return expert[i];
    }

    /** How many rows chose the i-th distinct expert. */
    public int rowCountOf(int i) {
        return start[i + 1] - start[i];
    }

    /** The j-th row of the i-th distinct expert; rows ascend. */
    public int rowOf(int i, int j) {
        return row[start[i] + j];
    }

    /** What the j-th row of the i-th distinct expert weighs it with. */
    public float weightOf(int i, int j) {
        return weight[start[i] + j];
    }

    /** The ids of the distinct experts, ascending. */
    public int[] distinctExperts() {
        return Arrays.copyOf(expert, distinct);
    }
}
