package org.kimi4j.tokenizer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.json.Json;

/** Opens the tokenizer of a checkpoint directory. */
public final class Tokenizers {

    private static final String TIKTOKEN = "tiktoken.model";
    private static final String CONFIG = "tokenizer_config.json";
    private static final String JSON = "tokenizer.json";
    private static final String DJL_ARTIFACT = "ai.djl.huggingface:tokenizers:0.38.0";
    private static final int MAX_JSON_BYTES = 256 << 20;
    private static final int MAX_CONFIG_BYTES = 16 << 20;

    private Tokenizers() {}

    /**
     * The tokenizer of a checkpoint: {@code tiktoken.model} if there is one, else {@code tokenizer.json}, which needs the
     * optional artifact {@value #DJL_ARTIFACT}. Names of control tokens come from {@code tokenizer_config.json}.
     *
     * @throws CheckpointException if a file is missing, damaged or contradicts another
     * @throws UnsupportedModelException if there is only a tokenizer.json, and it is of another kind or the optional
     *     artifact is missing or does not run here
     */
    public static Tokenizer open(Path directory) {
        // A link whose target is missing counts as present, so that the message can be about it.
        if (Files.exists(directory.resolve(TIKTOKEN), LinkOption.NOFOLLOW_LINKS)) {
            return openTiktoken(directory);
        }
        if (Files.exists(directory.resolve(JSON), LinkOption.NOFOLLOW_LINKS)) {
            return openJson(directory);
        }
        throw new CheckpointException(directory + ": expected " + TIKTOKEN + " (or " + JSON
                + "), found neither; download the tokenizer files of the model into this directory");
    }

    private static Tokenizer openTiktoken(Path directory) {
        Path file = directory.resolve(TIKTOKEN);
        Vocabulary vocabulary = TiktokenFile.parse(file.toString(), read(file, TiktokenFile.MAX_BYTES));
        return new VocabularyTokenizer(
                vocabulary, specialTokens(directory, vocabulary), new BytePairEncoder(vocabulary));
    }

    private static Tokenizer openJson(Path directory) {
        Path file = directory.resolve(JSON);
        TokenizerJson json = new TokenizerJson(file.toString(), json(file, MAX_JSON_BYTES));
        Vocabulary vocabulary = json.vocabulary();
        SpecialTokens special = specialTokens(directory, vocabulary);
        json.requireIdsOf(special);
        return new VocabularyTokenizer(vocabulary, special, djl(file, json.ordinaryOnly()));
    }

    private static RunEncoder djl(Path file, String ordinaryOnly) {
        try {
            return new DjlEncoder(ordinaryOnly);
        } catch (LinkageError | RuntimeException e) {
            // A class that failed to initialise is reported as missing too, but by its name with dots.
            String missing = e instanceof NoClassDefFoundError ? String.valueOf(e.getMessage()) : "";
            String expected = file + ": expected " + DJL_ARTIFACT + " to read it, found ";
            throw new UnsupportedModelException(
                    missing.contains("/")
                            ? expected + "no class " + missing
                                    + "; add that artifact, or put the model's tiktoken.model " + "into the directory"
                            : expected + e
                                    + "; it has native code for Linux (glibc), macOS on ARM and Windows on x86-64: "
                                    + "put the model's tiktoken.model into the directory, which needs none",
                    e);
        }
    }

    private static SpecialTokens specialTokens(Path directory, Vocabulary vocabulary) {
        Path config = directory.resolve(CONFIG);
        return TokenizerConfig.specialTokens(config.toString(), json(config, MAX_CONFIG_BYTES), vocabulary.size());
    }

    private static Json json(Path file, int maxBytes) {
        try {
            return Json.parse(new ByteArrayInputStream(read(file, maxBytes)));
        } catch (Json.SyntaxException e) {
            throw new CheckpointException(
                    file + ": expected JSON, found " + e.getMessage() + "; download the file again", e);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static byte[] read(Path file, int maxBytes) {
        if (Files.isSymbolicLink(file) && !Files.exists(file)) {
            throw new CheckpointException(
                    file + ": expected this file, found a link to one that does not exist; the download "
                            + "is not finished: start it again");
        }
        if (!Files.exists(file)) {
            throw new CheckpointException(
                    file + ": expected this file, found none; download it with the model's other files");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(maxBytes + 1);
            if (content.length > maxBytes) {
                throw new CheckpointException(file + ": expected at most " + maxBytes + " bytes, found "
                        + Files.size(file) + "; this is another kind of file: download it again");
            }
            return content;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static CheckpointException unreadable(Path file, IOException e) {
        return new CheckpointException(file + ": cannot be read (" + e + "); check its permissions and the disk", e);
    }
}
