package org.kimi4j.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.json.Json;

/** Writes a vocabulary as the files of a checkpoint directory. */
final class TokenizerFiles {

    private TokenizerFiles() {}

    static void writeTiktoken(Path directory, Vocabulary vocabulary) {
        StringBuilder lines = new StringBuilder();
        for (int id = 0; id < vocabulary.size(); id++) {
            lines.append(Base64.getEncoder().encodeToString(vocabulary.bytes(id)))
                    .append(' ')
                    .append(id)
                    .append('\n');
        }
        write(directory.resolve("tiktoken.model"), lines.toString());
    }

    /** tokenizer_config.json with the names that are not reserved. */
    static void writeConfig(Path directory, SpecialTokens tokens) {
        Map<String, Json> added = new LinkedHashMap<>();
        for (int i = 0; i < tokens.names().size(); i++) {
            String name = tokens.names().get(i);
            if (!name.startsWith("<|reserved_token_")) {
                added.put(Integer.toString(tokens.firstId() + i), object("content", new Json.Str(name)));
            }
        }
        write(
                directory.resolve("tokenizer_config.json"),
                object("added_tokens_decoder", new Json.Obj(added)).write());
    }

    /**
     * The vocabulary as tokenizer.json: the bytes of each token in the byte-level alphabet, and as merges the two parts
     * that byte-pair encoding with the lower ranks alone leaves of it.
     */
    static void writeJson(Path directory, Vocabulary vocabulary, SpecialTokens tokens) {
        Map<String, Json> vocab = new LinkedHashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            vocab.put(printable(vocabulary.bytes(id)), Json.Num.of(id));
        }
        List<Json> added = new ArrayList<>();
        for (String name : tokens.names()) {
            if (!name.startsWith("<|reserved_token_")) {
                added.add(new Json.Obj(Map.of(
                        "id", Json.Num.of(tokens.id(name)),
                        "content", new Json.Str(name),
                        "special", new Json.Bool(true),
                        "single_word", new Json.Bool(false),
                        "lstrip", new Json.Bool(false),
                        "rstrip", new Json.Bool(false),
                        "normalized", new Json.Bool(false))));
            }
        }
        Json split = new Json.Obj(Map.of(
                "type", new Json.Str("Split"),
                "pattern",
                        object(
                                "Regex",
                                new Json.Str(TestVocabularies.PATTERN.pattern().replace("IsHan", "Han"))),
                "behavior", new Json.Str("Isolated"),
                "invert", new Json.Bool(false)));
        Json byteLevel = new Json.Obj(Map.of(
                "type", new Json.Str("ByteLevel"),
                "add_prefix_space", new Json.Bool(false),
                "trim_offsets", new Json.Bool(true),
                "use_regex", new Json.Bool(false)));
        Map<String, Json> root = new LinkedHashMap<>();
        root.put("version", new Json.Str("1.0"));
        root.put("added_tokens", new Json.Arr(added));
        root.put("normalizer", new Json.Null());
        root.put(
                "pre_tokenizer",
                new Json.Obj(Map.of(
                        "type", new Json.Str("Sequence"), "pretokenizers", new Json.Arr(List.of(split, byteLevel)))));
        root.put("decoder", byteLevel);
        root.put(
                "model",
                new Json.Obj(Map.of(
                        "type", new Json.Str("BPE"),
                        "vocab", new Json.Obj(vocab),
                        "merges", merges(vocabulary))));
        write(directory.resolve("tokenizer.json"), new Json.Obj(root).write());
    }

    static Json.Arr merges(Vocabulary vocabulary) {
        List<Json> merges = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            byte[] token = vocabulary.bytes(id);
            if (token.length > 1) {
                int[] parts = parts(vocabulary, token, id);
                if (parts.length != 2) {
                    throw new IllegalStateException("token " + id + " has " + parts.length + " parts");
                }
                merges.add(new Json.Arr(List.of(
                        new Json.Str(printable(vocabulary.bytes(parts[0]))),
                        new Json.Str(printable(vocabulary.bytes(parts[1]))))));
            }
        }
        return new Json.Arr(merges);
    }

    /** What byte-pair encoding of a token leaves when only ids below {@code limit} exist. */
    private static int[] parts(Vocabulary vocabulary, byte[] token, int limit) {
        int[] starts = new int[token.length + 1];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = i;
        }
        int parts = token.length;
        while (true) {
            int best = -1;
            int bestRank = limit;
            for (int i = 0; i + 2 <= parts; i++) {
                int rank = vocabulary.find(token, starts[i], starts[i + 2]);
                if (rank >= 0 && rank < bestRank) {
                    best = i;
                    bestRank = rank;
                }
            }
            if (best < 0) {
                break;
            }
            System.arraycopy(starts, best + 2, starts, best + 1, parts - best - 1);
            parts--;
        }
        int[] ids = new int[parts];
        for (int i = 0; i < parts; i++) {
            ids[i] = vocabulary.find(token, starts[i], starts[i + 1]);
        }
        return ids;
    }

    private static String printable(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(TokenizerJson.ByteAlphabet.character(b & 0xFF));
        }
        return text.toString();
    }

    static Json object(String key, Json value) {
        return new Json.Obj(Map.of(key, value));
    }

    static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
