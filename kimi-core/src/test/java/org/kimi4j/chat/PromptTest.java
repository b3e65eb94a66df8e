package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.chat.EncodedPrompt.PadRun;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;

class PromptTest {

    private static final ChatTemplate TEMPLATE = new ChatTemplate(ChatFormat.K2_6);
    private static final Media PICTURE = new Media.Uri("data:image/png;base64,AAAA");

    private static Prompt render(ChatMessage... messages) {
        return TEMPLATE.render(List.of(messages), List.of(), RenderOptions.THINKING);
    }

    @Test
    void encodingByPartsEqualsEncodingTheStringWhereNoContentNamesAControlToken() {
        TestTokenizer tokenizer = new TestTokenizer(true);
        for (ChatInput input : ConversationJson.readList(ChatTemplateGoldenTest.goldens())) {
            if (!input.name().equals("control-text-in-content")) {
                Prompt prompt = TEMPLATE.render(input);
                assertThat(prompt.encode(tokenizer)).as(input.name()).isEqualTo(tokenizer.encodeRaw(prompt.text()));
            }
        }
        SplittableRandom seeds = new SplittableRandom(31);
        for (int i = 0; i < 2000; i++) {
            long seed = seeds.nextLong();
            Prompt prompt = TEMPLATE.render(RandomConversation.make(new SplittableRandom(seed)));
            assertThat(prompt.encode(tokenizer)).as("seed %d", seed).isEqualTo(tokenizer.encodeRaw(prompt.text()));
        }
    }

    @Test
    void adjacentTextIsOneRun() {
        TestTokenizer tokenizer = new TestTokenizer(true);
        Prompt prompt = render(ChatMessage.user(Content.image(PICTURE), Content.text("ab"), Content.text("c")));
        assertThat(prompt.parts()).contains(new PromptPart.Text("\nabc"));
        int[] run = tokenizer.encode("\nabc");
        assertThat(Collections.indexOfSubList(list(prompt.encode(tokenizer)), list(run)))
                .isPositive();
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }

    @Test
    void contentNeverBecomesAControlToken() {
        TestTokenizer tokenizer = new TestTokenizer(false);
        for (String name : tokenizer.specialTokens().names()) {
            ToolCall call = new ToolCall("functions.f:0" + name, "f" + name, name);
            List<ChatMessage> hostile = List.of(
                    new ChatMessage.System(List.of(Content.text(name)), name),
                    new ChatMessage.User(List.of(Content.text("x" + name), Content.text(name)), name),
                    new ChatMessage.Assistant(List.of(Content.text(name)), name, List.of(call), name),
                    new ChatMessage.Tool(List.of(Content.text(name)), name, name),
                    new ChatMessage.Other(name, List.of(Content.text(name)), ""));
            List<ChatMessage> harmless = List.of(
                    ChatMessage.system(""),
                    ChatMessage.user(""),
                    ChatMessage.assistant("", "", List.of(new ToolCall("functions.f:0", "f", ""))),
                    ChatMessage.tool("", ""),
                    ChatMessage.developer(""));
            ToolSpec tool =
                    new ToolSpec("t", name, "{\"description\":\"" + name + "\",\"properties\":{\"" + name + "\":{}}}");
            assertThat(controls(tokenizer, hostile, tool))
                    .as(name)
                    .isEqualTo(controls(tokenizer, harmless, new ToolSpec("t", "")));
        }
    }

    private static List<Integer> controls(TestTokenizer tokenizer, List<ChatMessage> messages, ToolSpec tool) {
        RenderOptions all = RenderOptions.THINKING.withPreserveThinking(true);
        int[] ids = TEMPLATE.render(messages, List.of(tool), all).encode(tokenizer);
        return Arrays.stream(ids)
                .filter(tokenizer.specialTokens()::isSpecial)
                .boxed()
                .toList();
    }

    @Test
    void picturesAndVideosTakeAsManyPadsAsTheyHaveVectors() {
        TestTokenizer tokenizer = new TestTokenizer(true);
        Prompt prompt = render(
                ChatMessage.user(Content.image(PICTURE), Content.text("and ")),
                ChatMessage.tool("functions.f:0", Content.video(PICTURE), Content.image(PICTURE)));
        EncodedPrompt encoded = prompt.encode(
                tokenizer,
                List.of(
                        new MediaTokens.Image(3),
                        new MediaTokens.Video(List.of(MediaTokens.Chunk.at(0, 2), MediaTokens.Chunk.at(64 / 30.0, 4))),
                        new MediaTokens.Image(1)));
        String text = "<|im_user|>user<|im_middle|><|media_begin|>image<|media_content|><|media_pad|><|media_pad|>"
                + "<|media_pad|><|media_end|>\nand <|im_end|><|im_system|>tool<|im_middle|>## Return of functions.f:0\n"
                + "00:00:00.000<|media_begin|>video<|media_content|><|media_pad|><|media_pad|><|media_end|>"
                + "00:00:02.133<|media_begin|>video<|media_content|><|media_pad|><|media_pad|><|media_pad|><|media_pad|>"
                + "<|media_end|>\n<|media_begin|>image<|media_content|><|media_pad|><|media_end|>\n<|im_end|>"
                + "<|im_assistant|>assistant<|im_middle|><think>";
        int[] ids = encoded.ids();
        assertThat(ids).isEqualTo(tokenizer.encodeRaw(text));
        assertThat(encoded.length()).isEqualTo(ids.length);
        List<Integer> media = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            assertThat(encoded.mediaAt(i) >= 0).isEqualTo(ids[i] == tokenizer.control("<|media_pad|>"));
            if (encoded.mediaAt(i) >= 0) {
                media.add(encoded.mediaAt(i));
            }
        }
        assertThat(media).containsExactly(0, 0, 0, 1, 1, 1, 1, 1, 1, 2);
        assertThat(encoded.padRuns()).extracting(PadRun::chunk).containsExactly(0, 0, 1, 0);
        assertThat(encoded.padRuns()).extracting(PadRun::length).containsExactly(3, 2, 4, 1);
        assertThat(prompt.media()).hasSize(3).first().isEqualTo(Content.image(PICTURE));
    }

    @Test
    void sizesMustFitTheMedia() {
        TestTokenizer tokenizer = new TestTokenizer(false);
        Prompt picture = render(ChatMessage.user(Content.image(PICTURE)));
        Prompt video = render(ChatMessage.user(Content.video(PICTURE)));
        MediaTokens.Image image = new MediaTokens.Image(1);
        MediaTokens clip = new MediaTokens.Video(List.of(MediaTokens.Chunk.at(0, 1)));
        assertThatThrownBy(() -> picture.encode(tokenizer, List.of()))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("1 media items");
        assertThatThrownBy(() -> picture.encode(tokenizer, List.of(clip))).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> video.encode(tokenizer, List.of(image))).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new MediaTokens.Image(0)).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new MediaTokens.Video(List.of())).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> MediaTokens.Chunk.at(Double.NaN, 1)).isInstanceOf(MediaException.class);
    }

    /** Right-hand sides computed with Python's datetime. */
    @ParameterizedTest
    @CsvSource({
        "0, 00:00:00.000",
        "2.1333333333333333, 00:00:02.133",
        "4.2333333333333334, 00:00:04.233",
        "6.3666666666666667, 00:00:06.366",
        "59.9999994, 00:00:59.999",
        "59.9999996, 00:01:00.999",
        "3599.5, 00:59:59.500",
        "86399.25, 23:59:59.250",
        "86400, 00:00:00.000",
        "1000.9999999999999, 00:16:41.999",
    })
    void chunkTimesAreShownAsTheOfficialProcessorShowsThem(double seconds, String shown) {
        assertThat(MediaTokens.Chunk.timestamp(seconds)).isEqualTo(shown);
    }

    @Test
    void replyBeginsWhereThePromptEnds() {
        Prompt thinking = render(ChatMessage.user("x"));
        Prompt instant = TEMPLATE.render(List.of(ChatMessage.user("x")), List.of(), RenderOptions.INSTANT);
        assertThat(thinking.replyStart()).isEqualTo(ReplyChannel.THINKING);
        assertThat(instant.replyStart()).isEqualTo(ReplyChannel.ANSWER);
        assertThat(thinking.toolCalls()).isZero();
        ToolCall call = new ToolCall("functions.f:0", "f", "{}");
        assertThat(render(ChatMessage.assistant("", "", List.of(call, call))).toolCalls())
                .isEqualTo(2);
    }

    @Test
    void generatedReplyRendersAgainAsItWasWritten() {
        TestTokenizer tokenizer = new TestTokenizer(false);
        ChatMessage question = ChatMessage.user("weather?");
        Prompt prompt = render(question);
        String generated =
                "I look it up.</think>One moment.<|tool_calls_section_begin|><|tool_call_begin|>functions.w:0"
                        + "<|tool_call_argument_begin|>{\"city\":  \"Rome\"}<|tool_call_end|><|tool_calls_section_end|>";
        ReplyParser parser = ReplyParser.ofIds(tokenizer, prompt);
        for (int id : tokenizer.encodeRaw(generated)) {
            parser.accept(id);
        }
        parser.finish();
        Prompt next = render(question, parser.reply().toMessage(), ChatMessage.tool("functions.w:0", "21 C"));
        assertThat(next.text()).startsWith(prompt.text() + generated + "<|im_end|>");
    }

    @Test
    void twoToolsOfOneNameAreRefused() {
        List<ToolSpec> tools = List.of(new ToolSpec("f", "a"), new ToolSpec("f", "b"));
        assertThatThrownBy(() -> TEMPLATE.render(List.of(), tools, RenderOptions.THINKING))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("two are named f");
    }
}
