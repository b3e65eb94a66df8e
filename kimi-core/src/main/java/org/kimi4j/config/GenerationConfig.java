package org.kimi4j.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.kimi4j.json.Json;
import org.kimi4j.json.JsonFile;

/**
 * generation_config.json: what the makers of a checkpoint recommend for generating with it. All of it is optional.
 *
 * @param eosTokenId tokens that end an answer, in addition to those of config.json
 * @param maxLength positions of prompt and answer together
 * @param ignoredKeys keys of the file that are not looked at
 */
public record GenerationConfig(
        List<Integer> eosTokenId,
        OptionalInt maxLength,
        OptionalDouble temperature,
        OptionalDouble topP,
        OptionalInt topK,
        List<String> ignoredKeys) {

    /** Name of the file in a checkpoint directory. */
    public static final String FILE = "generation_config.json";

    public GenerationConfig {
        eosTokenId = List.copyOf(eosTokenId);
        ignoredKeys = List.copyOf(ignoredKeys);
    }

    /** What holds for a checkpoint without the file. */
    public static GenerationConfig none() {
        return new GenerationConfig(
                List.of(),
                OptionalInt.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalInt.empty(),
                List.of());
    }

    /**
     * Reads the file of a checkpoint directory, or {@link #none} if there is no such file.
     *
     * @param vocabSize ids must be below it
     * @throws org.kimi4j.error.CheckpointException with all problems of the file
     */
    public static GenerationConfig read(Path directory, int vocabSize) {
        Path file = directory.resolve(FILE);
        return Files.exists(file)
                ? parse(JsonFile.read(file, ModelConfig.MAX_BYTES), vocabSize, directory.toString())
                : none();
    }

    static GenerationConfig parse(Json.Obj json, int vocabSize, String subject) {
        ConfigProblems problems = new ConfigProblems(FILE);
        ConfigObject c = new ConfigObject(problems, "", json);
        GenerationConfig config = new GenerationConfig(
                c.tokens("eos_token_id", vocabSize),
                c.optionalInteger("max_length", 1, TextConfig.MAX_POSITIONS),
                c.optionalNumber("temperature", -1e-9, 100),
                c.optionalNumber("top_p", 0, 1),
                c.optionalInteger("top_k", 0, Integer.MAX_VALUE),
                ignored(c));
        problems.throwIfAny(subject);
        return config;
    }

    private static List<String> ignored(ConfigObject c) {
        c.harmless(
                "bos_token_id", "pad_token_id", "transformers_version", "_from_model_config", "do_sample", "use_cache");
        return c.ignored();
    }
}
