package org.kimi4j.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * The result of reading weight records from a checkpoint.
 *
 * @param weights what was read; empty if there are problems
 * @param claimedTensors how many tensors the records own
 * @param claimedBytes bytes of these tensors in the files
 * @param leftOut tensors that no one claims, by intention
 * @param problems everything wrong with files, names, types and shapes, in full
 */
public record Binding<T>(
        Optional<T> weights, long claimedTensors, long claimedBytes, List<LeftOut> leftOut, List<String> problems) {

    /**
     * Tensors that are not read.
     *
     * @param reason why
     * @param name what they are: a prefix, numbers replaced by {@code *}
     */
    public record LeftOut(String reason, String name, long count, long bytes) {}
}
