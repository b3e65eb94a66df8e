package org.kimi4j.vision;

import java.util.Optional;
import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.VisionConfig;
import org.kimi4j.spi.MediaEncoderProvider;

/** How the text model finds this artifact; not to be used otherwise. */
@SuppressWarnings("exports") // for the service loader, not for callers
public final class MoonVitProvider implements MediaEncoderProvider {

    /** For the service loader. */
    public MoonVitProvider() {}

    @Override
    public String name() {
        return "kimi-vision";
    }

    @Override
    public Optional<Claimed> claim(WeightReader reader, ModelConfig config) {
        if (config.visionConfig().isEmpty() || !reader.has("vision_tower") && !reader.has("mm_projector")) {
            return Optional.empty();
        }
        VisionConfig vision = config.visionConfig().get();
        VisionWeights weights = VisionWeights.read(reader, vision);
        return Optional.of(request -> new MoonVitMediaEncoder(weights, vision, request));
    }
}
