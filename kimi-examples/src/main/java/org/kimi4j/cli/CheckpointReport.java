package org.kimi4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.kimi4j.chat.FormatChoice;
import org.kimi4j.chat.ModelFacts;
import org.kimi4j.checkpoint.Binding;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.checkpoint.Inspection;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.TextConfig;
import org.kimi4j.error.KimiException;
import org.kimi4j.json.Json;
import org.kimi4j.json.JsonFile;
import org.kimi4j.model.LayerRange;
import org.kimi4j.model.TextWeights;
import org.kimi4j.spi.MediaEncoderProvider;

/**
 * Everything that can be said about a checkpoint directory without reading weights.
 *
 * @param config config.json as it is; an empty object if it cannot be read
 * @param chatFormat the prompt format, unless the files speak for none that is known
 * @param chatFormatReason why it is that one, or none
 * @param leftOut tensors that are there and not used
 * @param notes what is odd but harmless
 * @param problems everything that keeps the checkpoint from being opened
 */
record CheckpointReport(
        Inspection inspection,
        Json.Obj config,
        Optional<FormatChoice> chatFormat,
        String chatFormatReason,
        List<String> leftOut,
        List<String> notes,
        List<String> problems) {

    private static final long MAX_CONFIG_BYTES = 16 << 20;

    private static final Inspection NOTHING = new Inspection(List.of(), List.of(), new Inspection.Totals(0, 0, 0, 0));

    /** Looks at a directory. */
    static CheckpointReport of(Path directory, boolean verify) {
        List<String> problems = new ArrayList<>();
        Optional<ModelConfig> config = attempt(problems, () -> ModelConfig.read(directory));
        Json.Obj json = attempt(
                        new ArrayList<>(), () -> JsonFile.read(directory.resolve(ModelConfig.FILE), MAX_CONFIG_BYTES))
                .orElseGet(() -> new Json.Obj(Map.of()));
        List<String> formatReason = new ArrayList<>();
        Optional<FormatChoice> format =
                attempt(formatReason, () -> ModelFacts.read(directory).format());
        List<String> leftOut = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Optional<Checkpoint> opened = attempt(problems, () -> Checkpoint.open(directory));
        Inspection inspection = opened.map(Checkpoint::inspect).orElse(NOTHING);
        if (opened.isPresent()) {
            try (Checkpoint checkpoint = opened.get()) {
                notes.addAll(checkpoint.notes());
                config.ifPresentOrElse(
                        c -> bind(checkpoint, c, leftOut, notes, problems),
                        () -> problems.addAll(checkpoint.problems()));
                if (verify && checkpoint.problems().isEmpty()) {
                    checkpoint.verifyShapes().stream()
                            .filter(problem -> !problems.contains(problem))
                            .forEach(problems::add);
                }
            }
        }
        String reason = format.map(FormatChoice::reason).orElseGet(() -> String.join("\n", formatReason));
        return new CheckpointReport(inspection, json, format, reason, leftOut, notes, problems);
    }

    /** Claims every tensor as opening a model does, and keeps what that says. */
    private static void bind(
            Checkpoint checkpoint,
            ModelConfig config,
            List<String> leftOut,
            List<String> notes,
            List<String> problems) {
        TextConfig text = config.textConfig();
        Optional<MediaEncoderProvider> media = ServiceLoader.load(
                        MediaEncoderProvider.class, MediaEncoderProvider.class.getClassLoader())
                .findFirst()
                .filter(_ -> config.visionConfig().isPresent());
        Binding<Integer> binding = checkpoint.tryBind(r -> {
            TextWeights weights =
                    TextWeights.read(r.at(config.textPrefix()), text, new LayerRange(0, text.numHiddenLayers()));
            media.ifPresent(provider -> provider.claim(r, config));
            return weights.layers().size();
        });
        problems.addAll(binding.problems());
        for (Binding.LeftOut out : binding.leftOut()) {
            leftOut.add(out.name() + ": " + out.count() + " tensors, " + out.bytes() + " bytes: " + out.reason());
        }
        config.ignoredKeys().forEach(key -> notes.add("config.json: key " + key + " is not known"));
    }

    private static <T> Optional<T> attempt(List<String> problems, Supplier<T> action) {
        try {
            return Optional.of(action.get());
        } catch (KimiException e) {
            problems.addAll(e.problems());
            return Optional.empty();
        }
    }
}
