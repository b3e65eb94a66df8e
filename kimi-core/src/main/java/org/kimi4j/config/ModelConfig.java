package org.kimi4j.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.json.Json;
import org.kimi4j.json.JsonFile;

/**
 * config.json of Kimi K2.5, K2.6 and K2.7-Code ({@code text_config} within it), or of K2-Thinking and other text-only
 * models of the family (everything on the first level).
 *
 * @param modelType kimi_k25, or kimi_k2 or deepseek_v3 for a text-only file
 * @param textConfig the text model
 * @param visionConfig the vision tower and projector, if the model has them
 * @param quantizationConfig how packed weights are stored
 * @param mediaPlaceholderTokenId the token that stands where a picture is seen
 * @param eosTokenId stop ids of the first level, may be empty
 * @param ignoredKeys keys that are not known; they do not change what is computed here
 */
public record ModelConfig(
        String modelType,
        TextConfig textConfig,
        Optional<VisionConfig> visionConfig,
        QuantizationConfig quantizationConfig,
        OptionalInt mediaPlaceholderTokenId,
        List<Integer> eosTokenId,
        List<String> ignoredKeys) {

    /** Name of the file in a checkpoint directory. */
    public static final String FILE = "config.json";

    static final long MAX_BYTES = 16L << 20;

    private static final String NESTED = "kimi_k25";
    private static final Set<String> SUPPORTED = Set.of(NESTED, "kimi_k2", "deepseek_v3");

    public ModelConfig {
        eosTokenId = List.copyOf(eosTokenId);
        ignoredKeys = List.copyOf(ignoredKeys);
    }

    /**
     * Reads the file of a checkpoint directory.
     *
     * @throws org.kimi4j.error.CheckpointException with all problems of the file, if it is missing or contradicts itself
     * @throws UnsupportedModelException with all problems, if it describes what is not computed here
     */
    public static ModelConfig read(Path directory) {
        return parse(JsonFile.read(directory.resolve(FILE), MAX_BYTES), directory.toString());
    }

    /** The file as it is, as compact JSON, for showing it. */
    public static String json(Path directory) {
        return JsonFile.read(directory.resolve(FILE), MAX_BYTES).write();
    }

    /**
     * Reads the content of the file.
     *
     * @param subject what to call it in messages, normally the directory
     * @throws org.kimi4j.error.CheckpointException see {@link #read}
     * @throws UnsupportedModelException see {@link #read}
     */
    static ModelConfig parse(Json.Obj json, String subject) {
        ConfigProblems problems = new ConfigProblems(FILE);
        ConfigObject top = new ConfigObject(problems, "", json);
        String type = top.text("model_type").orElse("");
        if (!SUPPORTED.contains(type)) {
            // Nothing else in the file means anything then.
            throw new UnsupportedModelException(subject + ": " + FILE + ": key model_type\n  \"" + NESTED
                    + "\" is supported, and \"kimi_k2\" or \"deepseek_v3\" for text only, found "
                    + (top.has("model_type") ? json.members().get("model_type").write() : "nothing"));
        }
        ModelConfig config = type.equals(NESTED) ? nested(top, type) : flat(top, type);
        problems.throwIfAny(subject);
        return config;
    }

    private static ModelConfig nested(ConfigObject top, String type) {
        top.only("tie_word_embeddings", false);
        top.only("use_unified_vision_chunk", true);
        QuantizationConfig.refuseForeign(top);
        Optional<ConfigObject> text = top.object("text_config");
        if (text.isEmpty() && top.valid("text_config")) {
            top.invalid("text_config", "expected an object, found nothing");
        }
        Optional<TextConfig> textConfig = text.map(TextConfig::read);
        int vocabSize = text.flatMap(
                        t -> sound(t, "vocab_size", textConfig.get().vocabSize()))
                .orElse(Integer.MAX_VALUE);
        Optional<Integer> hiddenSize =
                text.flatMap(t -> sound(t, "hidden_size", textConfig.get().hiddenSize()));
        Optional<ConfigObject> pictures = top.object("vision_config");
        Optional<VisionConfig> vision = pictures.map(v -> VisionConfig.read(v, hiddenSize));
        Optional<QuantizationConfig> outer = top.object("quantization_config").map(QuantizationConfig::read);
        Optional<QuantizationConfig> inner =
                text.flatMap(t -> t.object("quantization_config")).map(QuantizationConfig::read);
        if (outer.isPresent() && inner.isPresent() && !outer.get().sameEncoding(inner.get())) {
            top.invalid(
                    "quantization_config",
                    "expected what text_config.quantization_config says: "
                            + inner.get().groups() + ", found " + outer.get().groups());
        }
        OptionalInt placeholder = top.optionalInteger("media_placeholder_token_id", 0, vocabSize - 1);
        if (vision.isPresent() && placeholder.isEmpty() && top.valid("media_placeholder_token_id")) {
            top.invalid("media_placeholder_token_id", "expected a token id below vocab_size, found nothing");
        }
        List<Integer> eos = top.tokens("eos_token_id", vocabSize);
        top.harmless(
                "architectures",
                "auto_map",
                "dtype",
                "torch_dtype",
                "transformers_version",
                "ignore_index",
                "bos_token_id",
                "pad_token_id",
                "video_placeholder",
                "_name_or_path");
        List<String> ignored = new ArrayList<>(top.ignored());
        text.ifPresent(t -> ignored.addAll(t.ignored()));
        pictures.ifPresent(v -> ignored.addAll(v.ignored()));
        return new ModelConfig(
                type,
                textConfig.orElseGet(ModelConfig::nothing),
                vision,
                inner.or(() -> outer).orElseGet(QuantizationConfig::none),
                placeholder,
                eos,
                ignored);
    }

    private static Optional<Integer> sound(ConfigObject object, String key, int value) {
        return object.valid(key) ? Optional.of(value) : Optional.empty();
    }

    private static ModelConfig flat(ConfigObject top, String type) {
        QuantizationConfig.refuseForeign(top);
        top.absent("vision_config", "pictures are supported for model_type \"kimi_k25\" only");
        QuantizationConfig quantization =
                top.object("quantization_config").map(QuantizationConfig::read).orElseGet(QuantizationConfig::none);
        TextConfig text = TextConfig.read(top);
        return new ModelConfig(
                type, text, Optional.empty(), quantization, OptionalInt.empty(), List.of(), top.ignored());
    }

    /** Fills the place of a text_config that is missing, until the problems are thrown. */
    private static TextConfig nothing() {
        return new TextConfig(
                "",
                1,
                1,
                1,
                1,
                1,
                0,
                0,
                1,
                1,
                1,
                1,
                1,
                1,
                true,
                1,
                1,
                1,
                1,
                1,
                2,
                1,
                1,
                2,
                RopeScaling.none(1),
                1,
                List.of());
    }

    /** The prefix of the text tensors, without a dot: "language_model", or empty for a text-only checkpoint. */
    public String textPrefix() {
        return modelType.equals(NESTED) ? "language_model" : "";
    }

    /** The tokens that end an answer: those of config.json and of generation_config.json together, ascending. */
    public List<Integer> stopTokenIds(GenerationConfig generation) {
        TreeSet<Integer> ids = new TreeSet<>(eosTokenId);
        ids.addAll(textConfig.eosTokenId());
        ids.addAll(generation.eosTokenId());
        return List.copyOf(ids);
    }
}
