package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Turns bytes into a reply and checks that its events do not depend on how it is cut. Half of the byte values are
 * themselves, the others are control tokens and fragments that replies are made of.
 */
public final class ReplyParserFuzz {

    private static final List<String> CONTROLS = List.of(
            "<think>",
            "</think>",
            "<|tool_calls_section_begin|>",
            "<|tool_calls_section_end|>",
            "<|tool_call_begin|>",
            "<|tool_call_argument_begin|>",
            "<|tool_call_end|>",
            "<|im_end|>",
            "<|media_pad|>");

    private static final List<String> FRAGMENTS = List.of(
            "<|tool_call_section_begin|>",
            "<|tool_call_section_end|>",
            "<|tool_call_section_",
            "<|tool_call_begin|>",
            "</think>",
            "functions.",
            "get_weather",
            ":0",
            ":12",
            "{\"a\":",
            "\"b\"}",
            "{}",
            " ",
            "\n",
            "\uD83D\uDE00",
            "\u4F60\u597D",
            "<",
            "<|");

    private ReplyParserFuzz() {}

    public static void fuzz(byte[] data) {
        if (data.length == 0) {
            return;
        }
        ReplyChannel start = (data[0] & 1) == 0 ? ReplyChannel.THINKING : ReplyChannel.ANSWER;
        ReplyScript script = new ReplyScript(start);
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < data.length; i++) {
            int b = data[i] & 0xFF;
            if (b < 128) {
                script.bytes(new byte[] {data[i]});
                text.append((char) b);
            } else if (b < 128 + 48) {
                String control = CONTROLS.get(b % CONTROLS.size());
                script.control(control);
                text.append(control);
            } else if (b < 128 + 112) {
                String fragment = FRAGMENTS.get(b % FRAGMENTS.size());
                script.bytes(fragment.getBytes(StandardCharsets.UTF_8));
                text.append(fragment);
            } else {
                script.bytes(new byte[] {data[i]});
                text.append(b == 255 ? '\uD83D' : '\uDE00');
            }
        }
        SplittableRandom random = new SplittableRandom(data.length * 31L + data[0]);
        List<ReplyEvent> whole = script.parse(_ -> false);
        assertThat(script.parse(_ -> true)).isEqualTo(whole);
        assertThat(script.parse(ReplyScript.random(random, 0.4))).isEqualTo(whole);
        List<ReplyEvent> wholeText = ReplyScript.parseText(start, text.toString(), _ -> false);
        assertThat(ReplyScript.parseText(start, text.toString(), _ -> true)).isEqualTo(wholeText);
        assertThat(ReplyScript.parseText(start, text.toString(), ReplyScript.random(random, 0.4)))
                .isEqualTo(wholeText);
    }
}
