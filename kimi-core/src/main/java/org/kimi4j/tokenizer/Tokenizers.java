package org.kimi4j.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.Json;

/** Opens the tokenizer of a checkpoint directory. */
public final class Tokenizers {

    private static final String TIKTOKEN = "tiktoken.model";
    private static final String CONFIG = "tokenizer_config.json";
    private static final int MAX_CONFIG_BYTES = 16 << 20;

    private Tokenizers() {}

    /**
     * The tokenizer of a checkpoint: {@code tiktoken.model} with {@code tokenizer_config.json}.
     *
     * @throws CheckpointException if a file is missing, damaged or contradicts the other
     */
    public static Tokenizer open(Path directory) {
        Path tiktoken = directory.resolve(TIKTOKEN);
        if (Files.exists(tiktoken)) {
            return openTiktoken(directory);
        }
        throw new CheckpointException(
                directory + ": expected " + TIKTOKEN + ", found none; download it from the model's page");
    }

    private static Tokenizer openTiktoken(Path directory) {
        Path file = directory.resolve(TIKTOKEN);
        Vocabulary vocabulary = TiktokenFile.parse(file.toString(), read(file, TiktokenFile.MAX_BYTES));
        Path config = directory.resolve(CONFIG);
        SpecialTokens special =
                TokenizerConfig.specialTokens(config.toString(), json(config, MAX_CONFIG_BYTES), vocabulary.size());
        return new VocabularyTokenizer(vocabulary, special, new BytePairEncoder(vocabulary));
    }

    private static Json json(Path file, int maxBytes) {
        try {
            return Json.parse(new java.io.ByteArrayInputStream(read(file, maxBytes)));
        } catch (Json.SyntaxException e) {
            throw new CheckpointException(
                    file + ": expected JSON, found " + e.getMessage() + "; download the file again", e);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static byte[] read(Path file, int maxBytes) {
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
