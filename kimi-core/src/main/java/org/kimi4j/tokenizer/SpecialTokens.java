package org.kimi4j.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.kimi4j.error.UnsupportedModelException;

/**
 * The control tokens of a vocabulary: a block of consecutive ids, each with a name. Code asks for them by name, because
 * the ids differ between vocabularies.
 */
public final class SpecialTokens {

    public static final String BOS = "[BOS]";
    public static final String EOS = "[EOS]";
    public static final String EOT = "[EOT]";
    public static final String PAD = "[PAD]";
    public static final String IM_END = "<|im_end|>";
    public static final String IM_USER = "<|im_user|>";
    public static final String IM_ASSISTANT = "<|im_assistant|>";
    public static final String IM_SYSTEM = "<|im_system|>";
    public static final String IM_MIDDLE = "<|im_middle|>";
    public static final String TOOL_CALLS_SECTION_BEGIN = "<|tool_calls_section_begin|>";
    public static final String TOOL_CALLS_SECTION_END = "<|tool_calls_section_end|>";
    public static final String TOOL_CALL_BEGIN = "<|tool_call_begin|>";
    public static final String TOOL_CALL_ARGUMENT_BEGIN = "<|tool_call_argument_begin|>";
    public static final String TOOL_CALL_END = "<|tool_call_end|>";
    public static final String MEDIA_BEGIN = "<|media_begin|>";
    public static final String MEDIA_CONTENT = "<|media_content|>";
    public static final String MEDIA_END = "<|media_end|>";
    public static final String MEDIA_PAD = "<|media_pad|>";
    public static final String THINK = "<think>";
    public static final String END_THINK = "</think>";

    private final int firstId;
    private final List<String> names;
    private final Map<String, Integer> ids;

    /**
     * @param firstId the id of the first name
     * @param names the names of {@code firstId}, {@code firstId + 1}, ..., all different
     */
    public SpecialTokens(int firstId, List<String> names) {
        this.firstId = firstId;
        this.names = List.copyOf(names);
        this.ids = HashMap.newHashMap(names.size());
        for (int i = 0; i < names.size(); i++) {
            Integer other = ids.put(names.get(i), firstId + i);
            if (other != null) {
                throw new IllegalArgumentException(
                        "control token " + names.get(i) + " has two ids, " + other + " and " + (firstId + i));
            }
        }
    }

    /** The lowest id of a control token; all ids from here on are control tokens. */
    public int firstId() {
        return firstId;
    }

    /** Names in the order of their ids. */
    public List<String> names() {
        return names;
    }

    /** Whether an id is that of a control token, reserved ones included. */
    public boolean isSpecial(int id) {
        return id >= firstId && id < firstId + names.size();
    }

    /** The name of a control token. */
    public String name(int id) {
        if (!isSpecial(id)) {
            throw new IllegalArgumentException("token " + id + " is not a control token: those are " + firstId + " to "
                    + (firstId + names.size() - 1));
        }
        return names.get(id - firstId);
    }

    /** The id of the control token with this name, if the vocabulary has it. */
    public OptionalInt find(String name) {
        Integer id = ids.get(name);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The id of a control token that the model cannot do without. */
    public int id(String name) {
        return find(name)
                .orElseThrow(() -> new UnsupportedModelException("the tokenizer has no control token " + name
                        + ": expected it among the " + names.size() + " from id " + firstId
                        + "; check tokenizer_config.json against the model card"));
    }
}
