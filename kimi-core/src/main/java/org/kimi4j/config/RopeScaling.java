package org.kimi4j.config;

/**
 * YaRN: how rotary frequencies are stretched from the length the model was first trained on. Without {@code rope_scaling}
 * in the file the factor is 1, which leaves every frequency and the softmax scale as they are.
 *
 * @param factor by how much the longest wavelengths are stretched
 * @param originalMaxPositionEmbeddings positions of the first training
 * @param betaFast rotations over these positions above which a frequency is kept
 * @param betaSlow rotations below which it is stretched by the whole factor
 * @param mscale weight of the attention temperature in the cosines and sines
 * @param mscaleAllDim weight of the attention temperature in the softmax scale
 */
public record RopeScaling(
        double factor,
        int originalMaxPositionEmbeddings,
        double betaFast,
        double betaSlow,
        double mscale,
        double mscaleAllDim) {

    /** No stretching. */
    static RopeScaling none(int maxPositionEmbeddings) {
        return new RopeScaling(1.0, maxPositionEmbeddings, 32.0, 1.0, 1.0, 1.0);
    }

    /** 0.1 * m * ln(factor) + 1: the attention temperature of YaRN. */
    private double temperature(double m) {
        return factor <= 1.0 ? 1.0 : 0.1 * m * Math.log(factor) + 1.0;
    }

    /** What cosines and sines are multiplied by; 1 when both weights are equal, as in K2.5. */
    public double cosSinScale() {
        return temperature(mscale) / temperature(mscaleAllDim);
    }

    /** What the softmax scale is multiplied by, at every context length. */
    public double softmaxFactor() {
        double temperature = temperature(mscaleAllDim);
        return temperature * temperature;
    }

    static RopeScaling read(ConfigObject object) {
        // Newer writers say rope_type, some say both.
        object.only("type", "yarn", !object.has("rope_type"));
        object.only("rope_type", "yarn", false);
        double factor = object.number("factor", 0.999, 65_536);
        int original = object.integer("original_max_position_embeddings", 1, TextConfig.MAX_POSITIONS);
        double betaFast = object.number("beta_fast", 0, 1e6);
        double betaSlow = object.number("beta_slow", 0, 1e6);
        if (object.valid("beta_fast", "beta_slow") && betaFast < betaSlow) {
            object.invalid("beta_fast", "expected at least beta_slow " + betaSlow + ", found " + betaFast);
        }
        double mscale = object.number("mscale", -1e-9, 100);
        double mscaleAllDim = object.number("mscale_all_dim", -1e-9, 100);
        object.only("truncate", true);
        object.refuseOthers();
        return new RopeScaling(factor, original, betaFast, betaSlow, mscale, mscaleAllDim);
    }
}
