package org.kimi4j.chat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/**
 * A vocabulary of 256 bytes, any byte strings a test makes tokens of, and 256 control tokens. With {@code pairs}, text is
 * encoded two bytes at a time from the start of a run, so that the ids show where runs begin.
 */
final class TestTokenizer implements Tokenizer {

    private static final int FIRST_CONTROL = 1 << 20;

    private static final SpecialTokens SPECIAL = new SpecialTokens(FIRST_CONTROL, names());

    private final boolean pairs;
    /** Tokens of no or several bytes, from id 256 on. */
    private final List<byte[]> longer = new ArrayList<>();

    private final Map<String, Integer> ids = new HashMap<>();

    TestTokenizer(boolean pairs) {
        this.pairs = pairs;
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>(List.of(
                "[BOS]",
                "[EOS]",
                "<|im_end|>",
                "<|im_user|>",
                "<|im_assistant|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "[EOT]",
                "<|im_system|>",
                "<|tool_calls_section_begin|>",
                "<|tool_calls_section_end|>",
                "<|tool_call_begin|>",
                "<|tool_call_argument_begin|>",
                "<|tool_call_end|>",
                "<|im_middle|>",
                "<|media_begin|>",
                "<|media_content|>",
                "<|media_end|>",
                "<|media_pad|>",
                "<think>",
                "</think>"));
        while (names.size() < 254) {
            names.add("<|reserved_token_" + (FIRST_CONTROL + names.size()) + "|>");
        }
        names.add("[UNK]");
        names.add("[PAD]");
        return names;
    }

    /** The id of these bytes, which become a token if they are none. */
    int token(byte[] bytes) {
        if (bytes.length == 1) {
            return bytes[0] & 0xFF;
        }
        return ids.computeIfAbsent(new String(bytes, StandardCharsets.ISO_8859_1), _ -> {
            longer.add(bytes);
            return 255 + longer.size();
        });
    }

    int control(String name) {
        return SPECIAL.id(name);
    }

    @Override
    public int size() {
        return FIRST_CONTROL + 256;
    }

    @Override
    public int[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int step = pairs ? 2 : 1;
        int[] out = new int[(bytes.length + step - 1) / step];
        for (int i = 0; i < out.length; i++) {
            out[i] = token(Arrays.copyOfRange(bytes, i * step, Math.min(bytes.length, (i + 1) * step)));
        }
        return out;
    }

    @Override
    public int[] encodeRaw(String text) {
        List<Integer> out = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < text.length(); at++) {
            for (String name : SPECIAL.names()) {
                if (text.startsWith(name, at)) {
                    Arrays.stream(encode(text.substring(start, at))).forEach(out::add);
                    out.add(SPECIAL.id(name));
                    start = at + name.length();
                    at = start - 1;
                    break;
                }
            }
        }
        Arrays.stream(encode(text.substring(start))).forEach(out::add);
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public String decode(int... tokens) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int id : tokens) {
            out.writeBytes(bytes(id));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] bytes(int id) {
        return SPECIAL.isSpecial(id)
                ? SPECIAL.name(id).getBytes(StandardCharsets.UTF_8)
                : id < 256 ? new byte[] {(byte) id} : longer.get(id - 256).clone();
    }

    @Override
    public SpecialTokens specialTokens() {
        return SPECIAL;
    }
}
