package org.kimi4j.testkit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The last 256 ids of a vocabulary: 23 named tokens at their official places, the others reserved. */
final class ControlTokens {

    static final int COUNT = 256;

    private static final Map<String, Integer> OFFSETS = new LinkedHashMap<>();

    // The official tokenizer_config.json has these as ordinary added tokens.
    private static final List<String> NOT_SPECIAL = List.of(
            "<|tool_calls_section_begin|>",
            "<|tool_calls_section_end|>",
            "<|tool_call_begin|>",
            "<|tool_call_argument_begin|>",
            "<|tool_call_end|>",
            "<think>",
            "</think>");

    static {
        String[] first = {
            "[BOS]",
            "[EOS]",
            "<|im_end|>",
            "<|im_user|>",
            "<|im_assistant|>",
            "",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "",
            "[EOT]",
            "<|im_system|>",
            "<|tool_calls_section_begin|>",
            "<|tool_calls_section_end|>",
            "<|tool_call_begin|>",
            "<|tool_call_argument_begin|>",
            "<|tool_call_end|>",
            "",
            "<|im_middle|>",
            "<|media_begin|>",
            "<|media_content|>",
            "<|media_end|>",
            "<|media_pad|>",
            "<think>",
            "</think>"
        };
        for (int i = 0; i < first.length; i++) {
            if (!first[i].isEmpty()) {
                OFFSETS.put(first[i], i);
            }
        }
        OFFSETS.put("[UNK]", COUNT - 2);
        OFFSETS.put("[PAD]", COUNT - 1);
    }

    private ControlTokens() {}

    static int id(ModelShape shape, String name) {
        return shape.get(Size.VOCAB_SIZE) - COUNT + OFFSETS.get(name);
    }

    /** tokenizer_config.json, which lists the named ones. */
    static Map<String, @Nullable Object> tokenizerConfig(ModelShape shape) {
        Map<String, @Nullable Object> added = new LinkedHashMap<>();
        for (String name : OFFSETS.keySet()) {
            Map<String, @Nullable Object> token = new LinkedHashMap<>();
            token.put("content", name);
            token.put("lstrip", false);
            token.put("normalized", false);
            token.put("rstrip", false);
            token.put("single_word", false);
            token.put("special", !NOT_SPECIAL.contains(name));
            added.put(Integer.toString(id(shape, name)), token);
        }
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("added_tokens_decoder", added);
        config.put("bos_token", "[BOS]");
        config.put("eos_token", "[EOS]");
        config.put("unk_token", "[UNK]");
        config.put("pad_token", "[PAD]");
        config.put("model_max_length", shape.get(Size.MAX_POSITION_EMBEDDINGS));
        config.put("tokenizer_class", "TikTokenTokenizer");
        return config;
    }
}
