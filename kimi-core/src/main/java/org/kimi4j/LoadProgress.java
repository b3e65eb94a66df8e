package org.kimi4j;

/**
 * What opening a model is doing.
 *
 * @param stage in words
 * @param done of {@code total} steps; both 0 where the stage has no steps
 */
public record LoadProgress(String stage, long done, long total) {}
