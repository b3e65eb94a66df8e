package org.kimi4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Kimi;
import org.kimi4j.ReplyStream;
import org.kimi4j.agents.Episode;
import org.kimi4j.agents.ReplySource;
import org.kimi4j.agents.Tool;
import org.kimi4j.agents.ToolLoop;
import org.kimi4j.agents.ToolResult;
import org.kimi4j.agents.ToolResult.Outcome;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;

/** Episodes of the bundled model, greedy. */
final class ModelCases {

    private static final ToolSpec WEATHER = new ToolSpec("get_weather", "Get the current weather in a city.", """
            {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""");
    private static final ToolSpec CALCULATE = new ToolSpec("calculate", "Calculate an expression.", """
            {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]}""");
    private static final ToolSpec SEARCH = new ToolSpec("search", "Search the web.", """
            {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}""");

    private static final int SEEDS = 20;

    private ModelCases() {}

    /** A question and the calls that must come of it, as {@code id arguments}. */
    private record Asked(String question, List<String> calls, String answer) {}

    private static Asked asked(String question, String answer, String... calls) {
        return new Asked(question, List.of(calls), answer);
    }

    static List<ToolCase> all() {
        return List.of(
                drawn(),
                model(
                        "ids are the model's own, over two questions",
                        false,
                        List.of(WEATHER),
                        ToolChoice.AUTO,
                        List.of(
                                asked(
                                        "What is the weather in Munich?",
                                        "Munich",
                                        "functions.get_weather:0 {\"city\": \"Munich\"}"),
                                asked(
                                        "What is the weather in Oslo?",
                                        "Oslo",
                                        "functions.get_weather:1 {\"city\": \"Oslo\"}")),
                        "vllm-project/vllm#37438"),
                model(
                        "a demanded call has the model's id",
                        false,
                        List.of(WEATHER),
                        ToolChoice.REQUIRED,
                        List.of(asked(
                                "What is the weather in Rome?",
                                "Rome",
                                "functions.get_weather:0 {\"city\": \"Rome\"}")),
                        "vllm-project/vllm#46344"),
                one(
                        "weather, instant",
                        false,
                        WEATHER,
                        "What is the weather in Munich?",
                        "Munich",
                        "functions.get_weather:0 {\"city\": \"Munich\"}"),
                one(
                        "weather, thinking",
                        true,
                        WEATHER,
                        "What is the weather in Paris?",
                        "Paris",
                        "functions.get_weather:0 {\"city\": \"Paris\"}"),
                one(
                        "weather of a city of two words",
                        false,
                        WEATHER,
                        "What is the weather in New York?",
                        "New York",
                        "functions.get_weather:0 {\"city\": \"New York\"}"),
                one(
                        "a sum by the calculator",
                        false,
                        CALCULATE,
                        "What is 12 + 30?",
                        "42",
                        "functions.calculate:0 {\"expression\": \"12 + 30\"}"),
                one(
                        "a product by the calculator, thinking",
                        true,
                        CALCULATE,
                        "Calculate 7 * 6.",
                        "42",
                        "functions.calculate:0 {\"expression\": \"7 * 6\"}"),
                one(
                        "a search",
                        false,
                        SEARCH,
                        "Search for green tea.",
                        "",
                        "functions.search:0 {\"query\": \"green tea\"}"),
                one("no call where none is needed", false, WEATHER, "Hello!", "Hello"),
                model(
                        "two calls at once",
                        false,
                        List.of(WEATHER),
                        ToolChoice.AUTO,
                        List.of(asked(
                                "What is the weather in Paris and Rome?",
                                "",
                                "functions.get_weather:0 {\"city\": \"Paris\"}",
                                "functions.get_weather:1 {\"city\": \"Rome\"}"))),
                model(
                        "one of two functions",
                        true,
                        List.of(WEATHER, CALCULATE),
                        ToolChoice.AUTO,
                        List.of(asked(
                                "What is the weather in Oslo?",
                                "Oslo",
                                "functions.get_weather:0 {\"city\": \"Oslo\"}"))));
    }

    /** Drawn hot, where the bundled model writes much nonsense: the calls still follow their schemas. */
    private static ToolCase drawn() {
        List<ToolSpec> tools = Stream.of(WEATHER, CALCULATE, SEARCH, Tools.WRITE, Tools.TASKS)
                .map(tool -> new ToolSpec(tool.name(), tool.description(), tool.parameters(), true))
                .toList();
        return new ToolCase(
                "calls drawn at temperature 1.5 follow their schemas",
                ToolCase.Origin.MODEL,
                List.of("MoonshotAI/K2-Vendor-Verifier"),
                kimi -> drawn(kimi, tools));
    }

    private static int drawn(Kimi kimi, List<ToolSpec> tools) {
        int calls = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            int each = seed;
            GenerateOptions options = GenerateOptions.DEFAULTS.with(o -> o.thinking(false)
                    .temperature(1.5)
                    .topP(1)
                    .seed(each)
                    .maxTokens(200)
                    .toolChoice(ToolChoice.REQUIRED));
            try (ReplyStream stream =
                    kimi.model().open(List.of(ChatMessage.user("What is the weather in Munich?")), tools, options)) {
                for (ToolCall call : stream.reply().toolCalls()) {
                    Tools.checkArguments(call, tools);
                    calls++;
                }
            }
        }
        assertThat(calls).describedAs("calls of %d seeds", SEEDS).isGreaterThanOrEqualTo(SEEDS / 2);
        return calls;
    }

    private static ToolCase one(
            String name, boolean thinking, ToolSpec tool, String question, String answer, String... calls) {
        return model(name, thinking, List.of(tool), ToolChoice.AUTO, List.of(asked(question, answer, calls)));
    }

    private static ToolCase model(
            String name,
            boolean thinking,
            List<ToolSpec> tools,
            ToolChoice choice,
            List<Asked> questions,
            String... issues) {
        return new ToolCase(
                name, ToolCase.Origin.MODEL, List.of(issues), kimi -> run(kimi, thinking, tools, choice, questions));
    }

    private static String result(ToolSpec tool, String arguments) {
        if (tool == CALCULATE) {
            return "42";
        }
        return tool == SEARCH ? "green tea is sold in Osaka." : "21 degrees, sunny";
    }

    private static int run(
            Kimi kimi, boolean thinking, List<ToolSpec> tools, ToolChoice choice, List<Asked> questions) {
        Recorder recorder = new Recorder(ReplySource.of(kimi.model()));
        ToolLoop loop = ToolLoop.on(recorder)
                .options(o -> o.thinking(thinking).temperature(0).maxTokens(200).toolChoice(choice))
                .tools(tools.stream()
                        .map(tool -> Tool.of(tool, arguments -> result(tool, arguments)))
                        .toList())
                .build();
        List<ChatMessage> conversation = new ArrayList<>();
        int calls = 0;
        for (Asked asked : questions) {
            conversation.add(ChatMessage.user(asked.question));
            Episode episode = loop.run(conversation);
            conversation = new ArrayList<>(episode.messages());
            check(episode, asked, tools, thinking);
            calls += asked.calls.size();
        }
        for (List<ChatMessage> request : recorder.asked()) {
            String prompt = Prompts.of(kimi, request, tools, thinking);
            Prompts.checkCalls(prompt);
            Prompts.checkReasoning(prompt, request, thinking);
        }
        return calls;
    }

    private static void check(Episode episode, Asked asked, List<ToolSpec> tools, boolean thinking) {
        assertThat(episode.ending()).isEqualTo(Episode.Ending.ANSWERED);
        assertThat(episode.results())
                .map(ToolResult::call)
                .map(ModelCases::line)
                .isEqualTo(asked.calls);
        for (ToolResult result : episode.results()) {
            assertThat(result.outcome()).isEqualTo(Outcome.RETURNED);
            Tools.checkArguments(result.call(), tools);
        }
        assertThat(episode.text()).contains(asked.answer);
        assertThat(episode.usage().thinkingTokens() > 0).isEqualTo(thinking);
    }

    private static String line(ToolCall call) {
        return call.id() + " " + call.arguments();
    }
}
