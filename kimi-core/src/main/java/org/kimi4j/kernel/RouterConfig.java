package org.kimi4j.kernel;

/**
 * How experts are chosen: the best {@code topkGroup} of {@code nGroup} groups by the sum of their two best biased scores,
 * then the best {@code topK} experts of those groups by biased score, weighed by their unbiased scores.
 *
 * @param normalize whether the weights of the chosen are divided by their sum (never for topK = 1)
 * @param scale factor on the weights at the end
 */
public record RouterConfig(int experts, int topK, int nGroup, int topkGroup, boolean normalize, float scale) {

    public RouterConfig {
        if (topK < 1 || topK > experts || nGroup < 1 || experts % nGroup != 0 || topkGroup < 1 || topkGroup > nGroup) {
            throw new IllegalArgumentException(
                    "router: top " + topK + " of " + experts + " experts, " + topkGroup + " of " + nGroup + " groups");
        }
        if (topK > topkGroup * (experts / nGroup)) {
            throw new IllegalArgumentException("router: " + topkGroup + " groups of " + experts / nGroup
                    + " experts cannot supply " + topK + " experts");
        }
    }
}
