package org.kimi4j.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.Json;

/** What tokenizer_config.json says about control tokens: their names by id. */
final class TokenizerConfig {

    /** Control tokens there are after the last rank, named or not. */
    static final int CONTROL_TOKENS = 256;

    private static final String KEY = "added_tokens_decoder";
    private static final String DOWNLOAD = "download tokenizer_config.json again, from the same place as the tokenizer";

    private TokenizerConfig() {}

    /**
     * The 256 control tokens after the ordinary ones; ids without a name get {@code <|reserved_token_{id}|>}.
     *
     * @param file what messages call tokenizer_config.json
     * @param config its content
     * @param firstId the number of ordinary tokens
     */
    static SpecialTokens specialTokens(String file, Json config, int firstId) {
        if (!(config instanceof Json.Obj object)
                || !(object.get(KEY).orElse(null) instanceof Json.Obj(Map<String, Json> added))) {
            throw new CheckpointException(file + ": expected an object \"" + KEY
                    + "\" with the names of the control tokens by id, found none; " + DOWNLOAD);
        }
        String[] names = new String[CONTROL_TOKENS];
        added.forEach((key, token) -> names[index(file, key, firstId)] = content(file, key, token));
        return specialTokens(file, names, firstId);
    }

    /** As above, from the names by id minus {@code firstId}; null where there is none. */
    static SpecialTokens specialTokens(String file, String[] names, int firstId) {
        for (int i = 0; i < names.length; i++) {
            if (names[i] == null) {
                names[i] = "<|reserved_token_" + (firstId + i) + "|>";
            }
        }
        List<String> sorted = new ArrayList<>(Arrays.asList(names));
        sorted.sort(null);
        for (int i = 1; i < sorted.size(); i++) {
            if (sorted.get(i).equals(sorted.get(i - 1))) {
                throw new CheckpointException(file + ": expected different names for control tokens, found "
                        + sorted.get(i) + " twice; " + DOWNLOAD);
            }
        }
        return new SpecialTokens(firstId, Arrays.asList(names));
    }

    /** The place of an id among the control tokens. */
    static int index(String file, String id, int firstId) {
        int index = -1;
        if (id.matches("0|[1-9][0-9]{0,8}")) {
            index = Integer.parseInt(id) - firstId;
        }
        if (index < 0 || index >= CONTROL_TOKENS) {
            throw new CheckpointException(file + ": control tokens of a vocabulary of " + firstId
                    + " tokens: expected ids " + firstId + " to " + (firstId + CONTROL_TOKENS - 1) + ", found " + id
                    + "; the tokenizer files are not of one model, or one is damaged: download both again");
        }
        return index;
    }

    private static String content(String file, String id, Json token) {
        if (token instanceof Json.Obj object
                && object.get("content").orElse(null) instanceof Json.Str(String name)
                && !name.isEmpty()) {
            return name;
        }
        throw new CheckpointException(file + ": " + KEY + "." + id
                + ": expected an object with a non-empty string \"content\", found " + shorten(token.write()) + "; "
                + DOWNLOAD);
    }

    private static String shorten(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
