package org.kimi4j.agents;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kimi4j.Kimi;
import org.kimi4j.Usage;
import org.kimi4j.agents.Episode.Ending;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.nano.KimiNano;

/** Episodes of the bundled model; greedy, so that they are the same on every run. */
class BundledModelToolTest {

    private static final ToolSpec WEATHER = new ToolSpec("get_weather", "Get the current weather in a city.", """
            {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""");

    private static Kimi kimi;

    @BeforeAll
    static void load() {
        kimi = Kimi.load(KimiNano.path());
    }

    @AfterAll
    static void close() {
        kimi.close();
    }

    private static ToolLoop weather(boolean thinking) {
        return ToolLoop.on(kimi)
                .options(o -> o.thinking(thinking).temperature(0))
                .tool(WEATHER, arguments -> arguments.contains("Munich") ? "21 degrees, sunny" : "3 degrees, foggy")
                .build();
    }

    @Test
    void theBundledModelCallsAToolAndAnswersFromItsResult() {
        Episode episode = weather(false).run("What is the weather in Munich?");

        assertThat(episode.ending()).isEqualTo(Ending.ANSWERED);
        assertThat(episode.results()).hasSize(1);
        assertThat(episode.results().getFirst().call().arguments()).isEqualTo("{\"city\": \"Munich\"}");
        assertThat(episode.text()).isEqualTo("It is 21 degrees and sunny in Munich.");
    }

    @Test
    void theUsageIsTheSumOfTheReplies() {
        List<Usage> each = new ArrayList<>();

        Episode episode = weather(true).run(List.of(ChatMessage.user("What is the weather in Munich?")), event -> {
            if (event instanceof ToolEvent.Replied(int _, var reply)) {
                each.add(reply.usage());
            }
        });

        assertThat(each).hasSize(2);
        assertThat(episode.usage().promptTokens())
                .isEqualTo(each.get(0).promptTokens() + each.get(1).promptTokens());
        assertThat(episode.usage().thinkingTokens()).isPositive();
        assertThat(each.get(1).cachedTokens())
                .isGreaterThanOrEqualTo(each.get(0).promptTokens());
    }

    @Test
    void argumentsArriveInParts() {
        List<String> parts = new ArrayList<>();

        Episode episode = weather(false).run(List.of(ChatMessage.user("What is the weather in Munich?")), event -> {
            if (event instanceof ToolEvent.Piece(int _, var delta)
                    && delta.event() instanceof ReplyEvent.ToolCallArgumentsDelta(int _, var text)) {
                parts.add(text);
            }
        });

        assertThat(parts).hasSizeGreaterThan(2);
        assertThat(String.join("", parts))
                .isEqualTo(episode.results().getFirst().call().arguments());
    }

    @Test
    void anEpisodeGoesOnWithTheNextQuestion() {
        ToolLoop loop = weather(false);
        List<ChatMessage> conversation =
                new ArrayList<>(loop.run("What is the weather in Munich?").messages());
        conversation.add(ChatMessage.user("What is the weather in Oslo?"));

        Episode second = loop.run(conversation);

        assertThat(second.results().getFirst().call().id()).isEqualTo("functions.get_weather:1");
        assertThat(second.text()).contains("3 degrees");
        assertThat(second.usage().cachedTokens()).isPositive();
    }
}
