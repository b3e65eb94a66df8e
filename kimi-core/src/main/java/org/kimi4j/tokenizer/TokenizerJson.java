package org.kimi4j.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.json.Json;

/**
 * What tokenizer.json says, as far as it is not left to the library that runs it: the bytes of every ordinary token, the
 * ids of the added ones, and the same file without them.
 */
final class TokenizerJson {

    private static final String DOWNLOAD = "download it again, or use the model's tiktoken.model";

    /** Ordinary tokens of the official vocabulary; its control ids are known. */
    private static final int OFFICIAL_TOKENS = 163_584;

    private final String file;
    private final Json.Obj root;
    private final Map<String, Integer> added = new LinkedHashMap<>();

    /**
     * @param file what messages call the file
     * @throws CheckpointException if parts are missing
     * @throws UnsupportedModelException if it is not a byte-level BPE
     */
    TokenizerJson(String file, Json json) {
        this.file = file;
        if (!(json instanceof Json.Obj object)) {
            throw new CheckpointException(file + ": expected a JSON object, found another value; " + DOWNLOAD);
        }
        this.root = object;
        requireByteLevelBpe();
        readAdded();
    }

    /** The content without added tokens and without what adds, cuts or pads. */
    String ordinaryOnly() {
        Map<String, Json> members = new LinkedHashMap<>(root.members());
        members.put("added_tokens", new Json.Arr(List.of()));
        members.put("post_processor", new Json.Null());
        members.put("truncation", new Json.Null());
        members.put("padding", new Json.Null());
        return new Json.Obj(members).write();
    }

    /** The bytes of the ordinary tokens, whose ids must be 0, 1, 2, ... */
    Vocabulary vocabulary() {
        if (!(model().get("vocab").orElse(null) instanceof Json.Obj(Map<String, Json> vocab))) {
            throw new CheckpointException(file + ": expected an object \"model.vocab\", found none; " + DOWNLOAD);
        }
        int size = vocab.size();
        for (String name : added.keySet()) {
            size -= vocab.containsKey(name) ? 1 : 0;
        }
        byte[][] tokens = new byte[size][];
        vocab.forEach((token, id) -> {
            if (!added.containsKey(token)) {
                int index = id(id, "model.vocab \"" + token + "\"");
                if (index >= tokens.length || tokens[index] != null) {
                    throw new CheckpointException(file + ": model.vocab: expected the ids 0 to " + (tokens.length - 1)
                            + " once each, found " + index + " for \"" + token + "\"; " + DOWNLOAD);
                }
                tokens[index] = ByteAlphabet.bytes(file, token);
            }
        });
        Vocabulary.Builder builder = new Vocabulary.Builder();
        for (byte[] token : tokens) {
            builder.add(token);
        }
        try {
            return builder.build();
        } catch (Vocabulary.RepeatedTokenException e) {
            throw new CheckpointException(
                    file + ": model.vocab: expected different tokens, found " + e.getMessage() + "; " + DOWNLOAD, e);
        }
    }

    private Json.Obj model() {
        if (root.get("model").orElse(null) instanceof Json.Obj model) {
            return model;
        }
        throw new CheckpointException(file + ": expected an object \"model\", found none; " + DOWNLOAD);
    }

    private void requireByteLevelBpe() {
        Json type = model().get("type").orElse(new Json.Null());
        if (!type.equals(new Json.Str("BPE"))) {
            throw unsupported("model.type", "\"BPE\"", type);
        }
        Json normalizer = root.get("normalizer").orElse(new Json.Null());
        if (!(normalizer instanceof Json.Null)) {
            throw unsupported("normalizer", "null (Kimi's text is not normalised)", normalizer);
        }
        Json preTokenizer = root.get("pre_tokenizer").orElse(new Json.Null());
        if (!hasByteLevel(preTokenizer)) {
            throw unsupported("pre_tokenizer", "one with ByteLevel", preTokenizer);
        }
    }

    private static boolean hasByteLevel(Json preTokenizer) {
        if (!(preTokenizer instanceof Json.Obj object)) {
            return false;
        }
        return object.get("type").filter(new Json.Str("ByteLevel")::equals).isPresent()
                || object.get("pretokenizers").orElse(null) instanceof Json.Arr(List<Json> steps)
                        && steps.stream().anyMatch(TokenizerJson::hasByteLevel);
    }

    private UnsupportedModelException unsupported(String key, String expected, Json found) {
        String text = found.write();
        return new UnsupportedModelException(file + ": " + key + ": expected " + expected + ", found "
                + (text.length() <= 60 ? text : text.substring(0, 60) + "...")
                + "; this is not a tokenizer of the Kimi K2 family, use the model's tiktoken.model");
    }

    private void readAdded() {
        if (!(root.get("added_tokens").orElse(null) instanceof Json.Arr(List<Json> tokens))) {
            throw new CheckpointException(file + ": expected an array \"added_tokens\", found none; " + DOWNLOAD);
        }
        for (Json token : tokens) {
            if (!(token instanceof Json.Obj object)
                    || !(object.get("content").orElse(null) instanceof Json.Str(String name))
                    || added.put(name, id(object.get("id").orElse(new Json.Null()), "added_tokens \"" + name + "\""))
                            != null) {
                throw new CheckpointException(file + ": added_tokens: expected objects with different \"content\" and "
                        + "\"id\", found " + token.write() + "; " + DOWNLOAD);
            }
        }
    }

    private int id(Json id, String of) {
        if (id instanceof Json.Num(String literal) && literal.matches("0|[1-9][0-9]{0,8}")) {
            return Integer.parseInt(literal);
        }
        throw new CheckpointException(
                file + ": " + of + ": expected a token id, found " + id.write() + "; " + DOWNLOAD);
    }

    /**
     * Requires the ids of control tokens to be those of tokenizer_config.json. Automatic conversions are known to close the
     * gaps between control ids, so that later ones, those of media among them, are off by up to three.
     *
     * @param config the control tokens as tokenizer_config.json has them
     */
    void requireIdsOf(SpecialTokens config) {
        List<String> problems = new ArrayList<>();
        added.forEach((name, id) -> {
            OptionalInt expected = config.find(name);
            if (expected.isEmpty()) {
                problems.add(name + ": expected a name of tokenizer_config.json, found an unknown one with id " + id);
            } else if (expected.getAsInt() != id) {
                problems.add(name + ": expected id " + expected.getAsInt() + ", found " + id);
            }
        });
        if (config.firstId() == OFFICIAL_TOKENS) {
            requireOfficial(config, SpecialTokens.IM_MIDDLE, OFFICIAL_TOKENS + 17, problems);
            requireOfficial(config, SpecialTokens.MEDIA_PAD, OFFICIAL_TOKENS + 21, problems);
        }
        if (!problems.isEmpty()) {
            throw CheckpointException.of(
                    file
                            + ": control tokens contradict tokenizer_config.json or the official vocabulary; some conversions"
                            + " close the gaps between control ids: use the model's tiktoken.model, or convert with"
                            + " transformers 5.5.4 or later",
                    problems);
        }
    }

    private static void requireOfficial(SpecialTokens config, String name, int id, List<String> problems) {
        int found = config.find(name).orElse(-1);
        if (found != id) {
            problems.add(name + ": expected id " + id + " in a vocabulary of " + OFFICIAL_TOKENS + " tokens, found "
                    + (found < 0 ? "none" : found) + " in tokenizer_config.json");
        }
    }

    /** The printable characters that stand for bytes in tokenizer.json, as GPT-2 introduced them. */
    static final class ByteAlphabet {

        private static final char[] CHARS = new char[256];
        private static final short[] BYTES = new short[0x200];

        static {
            Arrays.fill(BYTES, (short) -1);
            int next = 0x100;
            for (int b = 0; b < 256; b++) {
                boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
                CHARS[b] = (char) (printable ? b : next++);
                BYTES[CHARS[b]] = (short) b;
            }
        }

        private ByteAlphabet() {}

        /** The character for a byte, 0 to 255. */
        static char character(int b) {
            return CHARS[b];
        }

        static byte[] bytes(String file, String token) {
            byte[] bytes = new byte[token.length()];
            for (int i = 0; i < bytes.length; i++) {
                char c = token.charAt(i);
                if (c >= BYTES.length || BYTES[c] < 0) {
                    throw new CheckpointException(
                            file + ": model.vocab: expected tokens in the byte-level alphabet, found \"" + token
                                    + "\" with U+" + "%04X".formatted((int) c) + "; " + DOWNLOAD);
                }
                bytes[i] = (byte) BYTES[c];
            }
            return bytes;
        }
    }
}
