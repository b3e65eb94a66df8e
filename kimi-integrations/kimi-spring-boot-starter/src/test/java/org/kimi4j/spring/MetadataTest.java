package org.kimi4j.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.kimi4j.spring.openai.OpenAiProperties;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an IDE completes: every property is there, with its type and a sentence. */
class MetadataTest {

    @Test
    void everyPropertyHasATypeAndADescription() throws Exception {
        Map<String, JsonNode> properties = properties();
        check(properties, "kimi.", KimiProperties.class);
        check(properties, "kimi.openai.", OpenAiProperties.class);
        check(properties, "spring.ai.kimi.chat.", KimiChatProperties.class);
        assertThat(properties.get("kimi.load").get("defaultValue").stringValue())
                .isEqualTo("background");
        assertThat(properties.get("kimi.backend").get("type").stringValue()).isEqualTo("org.kimi4j.Backend");
    }

    private static Map<String, JsonNode> properties() throws Exception {
        try (InputStream in =
                KimiProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonNode all = JsonMapper.shared().readTree(in).get("properties");
            return StreamSupport.stream(all.spliterator(), false)
                    .collect(Collectors.toMap(p -> p.get("name").stringValue(), p -> p));
        }
    }

    private static void check(Map<String, JsonNode> properties, String prefix, Class<? extends Record> type) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name =
                    prefix + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            assertThat(properties).containsKey(name);
            assertThat(properties.get(name).path("description").asString(""))
                    .describedAs(name)
                    .isNotEmpty();
            assertThat(properties.get(name).path("type").asString("")).isNotEmpty();
        }
    }
}
