package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.error.UnsupportedOptionException;

class ModelFactsTest {

    /** What every official template has, without being one. */
    private static final String COMMON = """
            {# developer words in comments do not count #}
            {%- if tools -%}<|im_system|>tool_declare<|im_middle|>{{ TOOLS }}<|im_end|>{%- endif -%}
            {%- for message in messages -%}
            {%- set last_non_tool_call_assistant_msg = 1 -%}
            {%- if message['role'] == 'user' or message.get('name') -%}<|im_user|>{{ message['content']['text'] }}
            {%- elif message['type'] == 'image' or 'image_url' -%}<|media_content|>image<|media_pad|><|media_end|>
            {%- elif message['role'] == 'assistant' -%}<|im_assistant|><think>{{ message['reasoning_content'] }}</think>
            <|tool_calls_section_begin|><|tool_call_begin|>{{ message['tool_calls']['id'] }}<|tool_call_argument_begin|>
            {{ message['function']['arguments'] | tojson }}<|tool_call_end|><|tool_calls_section_end|>
            {%- elif message['role'] == 'tool' -%}## Return of {{ message.tool_call_id }}{%- endif -%}{%- endfor -%}
            {%- if add_generation_prompt -%}<|im_assistant|>assistant<|im_middle|>{%- endif -%}
            """;

    private static final String K2_5 = COMMON.replace("TOOLS", "tools_ts_str or tools | tojson(separators=(',', ':'))")
            + "{% if 'video' or 'video_url' %}<|media_begin|><|kimi_k25_video_placeholder|>{% endif %}"
            + "{% if thinking is defined and thinking is false %}<think></think>{% endif %}";
    private static final String K2_6 = K2_5 + "{% set preserve_thinking = preserve_thinking | default(false) %}"
            + "{{ message.get('reasoning', '') }}";
    private static final String K2_THINKING = COMMON.replace("TOOLS", "tools | tojson(separators=(',', ':'))")
            + "<|media_start|>{% if messages[0]['role'] != 'system' %}"
            + "You are Kimi, an AI assistant created by Moonshot AI.{% endif %}";

    private static FormatChoice choose(String name, String type, boolean endsTurn, String template, String code) {
        return new ModelFacts(name, type, endsTurn, template, code).format();
    }

    private static ChatFormat byTemplate(String template) {
        return choose("model", "kimi_k25", false, template, "").format();
    }

    @Test
    void templatesAreToldApart() {
        assertThat(byTemplate(K2_5)).isEqualTo(ChatFormat.K2_5);
        assertThat(byTemplate(K2_6)).isEqualTo(ChatFormat.K2_6);
        assertThat(byTemplate(K2_THINKING)).isEqualTo(ChatFormat.K2_THINKING);
        assertThat(choose("model", "kimi_k25", false, K2_5, "").reason())
                .isEqualTo("chat template with media and thinking, without preserve_thinking");
    }

    @Test
    void aTemplateThatKeepsAllReasoningIsThatOfK27Code() {
        assertThat(byTemplate(K2_6.replace("default(false)", "default(true)"))).isEqualTo(ChatFormat.K2_7_CODE);
        assertThat(choose("moonshotai/Kimi-K2.7-Code", "kimi_k25", true, K2_6, "")
                        .format())
                .isEqualTo(ChatFormat.K2_7_CODE);
        assertThat(choose("m", "kimi_k25", true, K2_6, "def f(preserve_thinking: bool = True):")
                        .format())
                .isEqualTo(ChatFormat.K2_7_CODE);
        assertThat(choose("m", "kimi_k25", true, K2_6, "def f(preserve_thinking: bool = False):")
                        .format())
                .isEqualTo(ChatFormat.K2_6);
    }

    @Test
    void toolsAreWrittenWithSpacesWhereTheTemplateAsksForNone() {
        String spaced = K2_THINKING.replace("tojson(separators=(',', ':'))", "tojson()");
        FormatChoice choice = choose("m", "kimi_k2", false, spaced, "");
        assertThat(choice.spacedToolJson()).isTrue();
        assertThat(choose("m", "kimi_k2", false, K2_THINKING, "").spacedToolJson())
                .isFalse();
        ChatInput input = new ChatInput("", List.of(), List.of(new ToolSpec("f", "d")), RenderOptions.THINKING);
        assertThat(new ChatTemplate(choice).render(input).text())
                .contains("[{\"function\": {\"description\": \"d\", \"name\": \"f\"}, \"type\": \"function\"}]");
    }

    @Test
    void otherTemplatesAreRefusedWithTheWordThatGivesThemAway() {
        assertThatThrownBy(() -> byTemplate(K2_6 + "{% if enable_thinking %}"))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("enable_thinking")
                .hasMessageContaining("k2.5, k2.6, k2-thinking, k2.7-code");
        assertThatThrownBy(() -> byTemplate(K2_5.replace("<|media_begin|>", "<|media_start|>")))
                .hasMessageContaining("<|media_begin|>");
        assertThatThrownBy(() -> byTemplate(K2_5.replace("<|im_middle|>", "")))
                .hasMessageContaining("lacks")
                .hasMessageContaining("<|im_middle|>");
        assertThatThrownBy(() -> byTemplate("{{ messages }}")).isInstanceOf(UnsupportedModelException.class);
    }

    @Test
    void withoutTemplateTheConfigurationDecides() {
        assertThat(choose("m", "kimi_k25", false, "", "").format()).isEqualTo(ChatFormat.K2_5);
        assertThat(choose("m", "kimi_k25", true, " \n", "").format()).isEqualTo(ChatFormat.K2_6);
        assertThat(choose("Kimi-K2.7-Code", "kimi_k25", true, "", "").format()).isEqualTo(ChatFormat.K2_7_CODE);
        assertThat(choose("m", "kimi_k2", true, "", "").format()).isEqualTo(ChatFormat.K2_THINKING);
        assertThat(choose("m", "deepseek_v3", true, "", "").reason())
                .contains("no chat template; model_type deepseek_v3");
        assertThatThrownBy(() -> choose("m", "llama", false, "", ""))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("llama");
    }

    @Test
    void factsAreReadFromADirectory(@TempDir Path directory) throws IOException {
        Files.writeString(
                directory.resolve("config.json"),
                "{\"model_type\":\"kimi_k25\",\"bos_token_id\":163584,\"eos_token_id\":163586}");
        assertThat(ModelFacts.read(directory).format().format()).isEqualTo(ChatFormat.K2_6);
        Files.writeString(directory.resolve("tokenizer_config.json"), "{\"chat_template\":\"nonsense words\"}");
        assertThatThrownBy(() -> ModelFacts.read(directory).format()).hasMessageContaining("nonsense");
        Files.writeString(directory.resolve("chat_template.jinja"), K2_5);
        assertThat(ModelFacts.read(directory).format().format()).isEqualTo(ChatFormat.K2_5);
    }

    @Test
    void theNameInAHubCacheIsThatOfTheRepository(@TempDir Path cache) throws IOException {
        Path snapshot = Files.createDirectories(cache.resolve("models--moonshotai--Kimi-K2.7-Code/snapshots/abc"));
        Files.writeString(snapshot.resolve("config.json"), "{\"model_type\":\"kimi_k25\"}");
        Files.writeString(snapshot.resolve("chat_template.jinja"), K2_6);
        ModelFacts facts = ModelFacts.read(snapshot);
        assertThat(facts.name()).isEqualTo("moonshotai/Kimi-K2.7-Code");
        assertThat(facts.format().format()).isEqualTo(ChatFormat.K2_7_CODE);
    }

    @Test
    void unreadableFilesAreNamed(@TempDir Path directory) throws IOException {
        assertThatThrownBy(() -> ModelFacts.read(directory))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json");
        Files.writeString(directory.resolve("config.json"), "{\"model_type\":7}");
        assertThatThrownBy(() -> ModelFacts.read(directory)).hasMessageContaining("model_type");
        Files.writeString(directory.resolve("config.json"), "{\"model_type\":\"kimi_k25\"}");
        Files.write(directory.resolve("chat_template.jinja"), new byte[] {(byte) 0xFF, (byte) 0xFE});
        assertThatThrownBy(() -> ModelFacts.read(directory))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("chat_template.jinja");
    }

    @Test
    void formatsHaveLabels() {
        for (ChatFormat format : ChatFormat.values()) {
            assertThat(ChatFormat.of(format.label())).isEqualTo(format).hasToString(format.label());
        }
        assertThatThrownBy(() -> ChatFormat.of("auto"))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("k2.5, k2.6");
    }
}
