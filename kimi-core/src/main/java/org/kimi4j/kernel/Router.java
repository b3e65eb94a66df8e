package org.kimi4j.kernel;

import java.util.Arrays;

/** The choice of experts for one row (DeepSeek-V3, arXiv 2412.19437, section 2.1.2); all in 32-bit floats, ties to the lower id. */
final class Router {

    private final RouterConfig config;
    private final float[] score;
    private final float[] pick;
    private final int[] chosen;
    private final boolean[] groupOpen;
    private final float[] groupScore;

    Router(RouterConfig config) {
        this.config = config;
        this.score = new float[config.experts()];
        this.pick = new float[config.experts()];
        this.chosen = new int[config.topK()];
        this.groupOpen = new boolean[config.nGroup()];
        this.groupScore = new float[config.nGroup()];
    }

    /** Writes the choice of row {@code row}, from its logits and the bias that takes part in choosing only. */
    void route(Routing routing, int row, float[] logits, float[] bias) {
        for (int e = 0; e < score.length; e++) {
            score[e] = Exp.sigmoid(logits[e]);
            pick[e] = score[e] + bias[e];
        }
        closeGroups();
        chooseExperts();
        float sum = 0;
        for (int e : chosen) {
            sum += score[e];
        }
        float divisor = config.normalize() && config.topK() > 1 ? sum + 1e-20f : 1;
        for (int rank = 0; rank < chosen.length; rank++) {
            routing.set(row, rank, chosen[rank], score[chosen[rank]] / divisor * config.scale());
        }
    }

    /** Takes the experts of all but the best groups out of the choice. */
    private void closeGroups() {
        int groups = config.nGroup();
        if (config.topkGroup() == groups) {
            return;
        }
        int size = config.experts() / groups;
        for (int g = 0; g < groups; g++) {
            float best = Float.NEGATIVE_INFINITY;
            float second = Float.NEGATIVE_INFINITY;
            for (int e = g * size; e < (g + 1) * size; e++) {
                if (pick[e] > best) {
                    second = best;
                    best = pick[e];
                } else if (pick[e] > second) {
                    second = pick[e];
                }
            }
            groupScore[g] = size == 1 ? best : best + second;
            groupOpen[g] = false;
        }
        for (int n = 0; n < config.topkGroup(); n++) {
            int bestGroup = -1;
            for (int g = 0; g < groups; g++) {
                if (!groupOpen[g] && (bestGroup < 0 || groupScore[g] > groupScore[bestGroup])) {
                    bestGroup = g;
                }
            }
            groupOpen[bestGroup] = true;
        }
        for (int e = 0; e < pick.length; e++) {
            if (!groupOpen[e / size]) {
                pick[e] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** The topK largest picks, lower ids first among equals, then in ascending order of ids. */
    private void chooseExperts() {
        int count = 0;
        for (int e = 0; e < pick.length; e++) {
            if (count == chosen.length && pick[e] <= pick[chosen[count - 1]]) {
                continue;
            }
            int at = count < chosen.length ? count++ : count - 1;
            while (at > 0 && pick[e] > pick[chosen[at - 1]]) {
                chosen[at] = chosen[--at];
            }
            chosen[at] = e;
        }
        Arrays.sort(chosen);
    }
}
