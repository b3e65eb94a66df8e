package org.kimi4j.benchmarks.measure;

/**
 * Something to be timed.
 *
 * @param name what tables call it
 * @param bytes that one run reads; 0 if that is not of interest
 * @param flops that one run computes, a multiplication and an addition being two; 0 if that is not of interest
 * @param body one run
 */
public record Work(String name, double bytes, double flops, Body body) {

    /** One run of a work. */
    @FunctionalInterface
    public interface Body {
        void run() throws Throwable;
    }

    /** The same work as one of several names. */
    public Work named(String other) {
        return new Work(other, bytes, flops, body);
    }
}
