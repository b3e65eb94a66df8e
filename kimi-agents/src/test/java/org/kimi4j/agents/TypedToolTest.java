package org.kimi4j.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kimi4j.agents.Markup.call;
import static org.kimi4j.agents.Markup.section;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.kimi4j.Kimi;
import org.kimi4j.agents.ToolResult.Outcome;
import org.kimi4j.error.SchemaException;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.schema.Description;
import org.kimi4j.schema.RecordSchema;

/** Tools of Java records, lambdas and methods. */
class TypedToolTest {

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    enum Unit {
        CELSIUS,
        FAHRENHEIT
    }

    record Place(@Description("City name") String city, Optional<Unit> unit) {}

    record City(String city) {}

    static final class Office {
        private int asked;

        @Description("Get the current weather in a city.")
        String weather(Place place) {
            return place.city() + " " + place.unit().orElse(Unit.CELSIUS);
        }

        @Description("How often it was asked.")
        int count() {
            return ++asked;
        }

        @Description("Fails.")
        void fail() throws IOException {
            throw new IOException("no line");
        }

        String hidden() {
            return "not for the model";
        }
    }

    private static List<String> told(Episode episode) {
        return episode.results().stream().map(ToolResult::text).toList();
    }

    @Test
    void aLambdaOfARecordGetsTheRecord() {
        ScriptedReplies script = ScriptedReplies.of(
                "</think>" + section(call("weather", 0, "{\"city\": \"Oslo\", \"unit\": \"FAHRENHEIT\"}")),
                "</think>ok");

        Episode episode = ToolLoop.on(script)
                .tool(Tool.of(
                        "weather",
                        "Weather.",
                        RecordSchema.of(Place.class, LOOKUP),
                        place -> place.city() + " in " + place.unit().orElseThrow()))
                .build()
                .run("Go.");

        assertThat(told(episode)).containsExactly("Oslo in FAHRENHEIT");
    }

    @Test
    void argumentsThatBreakTheSchemaAreToldWithTheirPlaceAndNotRun() {
        ScriptedReplies script = ScriptedReplies.of(
                "</think>"
                        + section(
                                call("weather", 0, "{\"city\": 7}"),
                                call("weather", 1, "{\"city\": \"Oslo\", \"unit\": \"KELVIN\"}"),
                                call("weather", 2, "{}")),
                "</think>ok");

        Episode episode = ToolLoop.on(script)
                .tool(Tool.of("weather", "", RecordSchema.of(Place.class, LOOKUP), Place::city))
                .build()
                .run("Go.");

        assertThat(episode.results()).allMatch(result -> result.outcome() == Outcome.NOT_RUN);
        assertThat(told(episode).get(0)).startsWith("Error: ").contains("city");
        assertThat(told(episode).get(1)).startsWith("Error: ").contains("unit");
        assertThat(told(episode).get(2)).startsWith("Error: ").contains("city");
    }

    @Test
    void describedMethodsAreToolsByName() {
        List<Tool> tools = Tool.methods(new Office(), LOOKUP);

        assertThat(tools).map(tool -> tool.spec().name()).containsExactly("count", "fail", "weather");
        assertThat(tools.get(2).spec().description()).isEqualTo("Get the current weather in a city.");
        assertThat(tools.get(2).spec().parameters())
                .contains("City name")
                .isEqualTo(RecordSchema.of(Place.class, LOOKUP).text());
        assertThat(tools).allMatch(tool -> tool.spec().strict());
    }

    @Test
    void methodsAreCalledOnTheirObjectAndMayFail() {
        ScriptedReplies script = ScriptedReplies.of(
                "</think>" + section(call("weather", 0, "{\"city\": \"Oslo\"}"), call("fail", 1, "{}")),
                "</think>" + section(call("count", 2, "")),
                "</think>" + section(call("count", 3, "{}")),
                "</think>ok");

        Episode episode = ToolLoop.on(script)
                .tools(Tool.methods(new Office(), LOOKUP))
                .build()
                .run("Go.");

        assertThat(told(episode)).containsExactly("Oslo CELSIUS", "Error: IOException: no line", "1", "2");
    }

    @Test
    void whatCannotBeCalledIsRefusedByName() {
        Object manyParameters = new Object() {
            @Description("Two.")
            String two(String a, String b) {
                return a + b;
            }
        };

        assertThatThrownBy(() -> Tool.methods(manyParameters, LOOKUP))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("two")
                .hasMessageContaining("found 2 parameters");
        assertThatThrownBy(() -> Tool.methods(new Object(), LOOKUP))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("found none");
        assertThatThrownBy(() -> Tool.methods(new Office(), MethodHandles.publicLookup()))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("lookup cannot call it");
    }

    @Test
    void theBundledModelFollowsTheSchemaOfARecord() {
        try (Kimi kimi = Kimi.load(KimiNano.path())) {
            Episode episode = ToolLoop.on(kimi)
                    .options(o -> o.thinking(false).temperature(0))
                    .tool(Tool.of(
                            "getWeather",
                            "Get the current weather in a city.",
                            RecordSchema.of(City.class, LOOKUP),
                            place -> place.city().equals("Munich") ? "21 degrees, sunny" : "unknown city"))
                    .build()
                    .run("What is the weather in Munich?");

            assertThat(episode.results().getFirst().call().name()).isEqualTo("getWeather");
            assertThat(episode.text()).isEqualTo("It is 21 degrees and sunny in Munich.");
        }
    }
}
