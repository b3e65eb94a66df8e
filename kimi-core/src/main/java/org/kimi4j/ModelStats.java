package org.kimi4j;

/**
 * Counters of a model at a moment.
 *
 * @param waiting requests in the queue
 * @param active requests being computed
 * @param idleTimelines conversations kept in the cache
 * @param kvBytes bytes of cache pages in use
 * @param kvBudgetBytes the most there may be
 * @param workspaceBytes memory of activations
 */
public record ModelStats(
        int waiting, int active, int idleTimelines, long kvBytes, long kvBudgetBytes, long workspaceBytes) {}
