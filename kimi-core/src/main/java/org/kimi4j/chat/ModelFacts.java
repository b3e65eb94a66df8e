package org.kimi4j.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.json.Json;

/**
 * What tells the chat format of a checkpoint. Everything but the model type may be empty.
 *
 * @param name the model's name as far as its folder shows it, for example {@code moonshotai/Kimi-K2.5}
 * @param modelType {@code model_type} of config.json, top level
 * @param endsTurn whether config.json names {@code <|im_end|>} as end of sequence
 * @param template the chat template, Jinja text
 * @param tokenizerCode the Python code of the tokenizer, which passes defaults to the template
 */
public record ModelFacts(String name, String modelType, boolean endsTurn, String template, String tokenizerCode) {

    /** Chat templates and tokenizer code have a few kilobytes; what is larger is something else. */
    private static final long MAX_TEXT_BYTES = 4 << 20;

    /**
     * Reads the facts from a checkpoint directory. Only config.json must be there.
     *
     * @throws CheckpointException if a file cannot be read or is not JSON where it should be
     */
    public static ModelFacts read(Path directory) {
        Path file = directory.resolve("config.json");
        Map<String, Json> config = object(file);
        if (!(config.get("model_type") instanceof Json.Str(String modelType))) {
            throw new CheckpointException(file + ": key model_type: expected a string, found "
                    + (config.containsKey("model_type") ? "another value" : "none"));
        }
        String template = text(directory.resolve("chat_template.jinja"));
        if (template.isEmpty()
                && Files.exists(directory.resolve("tokenizer_config.json"))
                && object(directory.resolve("tokenizer_config.json")).get("chat_template")
                        instanceof Json.Str(String inside)) {
            template = inside;
        }
        String code = text(directory.resolve("tokenization_kimi.py"));
        return new ModelFacts(name(directory), modelType, endsTurn(config), template, code);
    }

    /**
     * The format these facts speak for.
     *
     * @throws UnsupportedModelException if they speak for none, or for one that is not rendered here
     */
    public FormatChoice format() {
        return TemplateReader.choose(this);
    }

    boolean nameSays(String part) {
        return name.toLowerCase(Locale.ROOT).contains(part);
    }

    /** The family's control tokens begin with [BOS], [EOS], end of turn: two after the first is the third. */
    private static boolean endsTurn(Map<String, Json> config) {
        return config.get("bos_token_id") instanceof Json.Num bos
                && config.get("eos_token_id") instanceof Json.Num eos
                && bos.isInteger()
                && eos.isInteger()
                && eos.value().subtract(bos.value()).intValue() == 2;
    }

    /** The repository name inside a hub cache (models--OWNER--NAME/snapshots/...), else the folder's own name. */
    private static String name(Path directory) {
        Path absolute = directory.toAbsolutePath().normalize();
        for (Path part : absolute) {
            if (part.toString().startsWith("models--")) {
                return part.toString().substring("models--".length()).replace("--", "/");
            }
        }
        return absolute.getFileName() == null ? "" : absolute.getFileName().toString();
    }

    private static String text(Path file) {
        try {
            if (!Files.exists(file)) {
                return "";
            }
            long bytes = Files.size(file);
            if (bytes > MAX_TEXT_BYTES) {
                throw new CheckpointException(
                        file + ": expected a small text file, found " + bytes + " bytes; check the download");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read as text: " + e, e);
        }
    }

    private static Map<String, Json> object(Path file) {
        try {
            if (Json.parse(text(file)) instanceof Json.Obj(var members)) {
                return members;
            }
        } catch (Json.SyntaxException e) {
            throw new CheckpointException(file + ": not JSON: " + e.getMessage(), e);
        }
        throw new CheckpointException(file + ": expected a JSON object");
    }
}
