package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.error.SchemaException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.grammar.NamedSchemas.Named;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** Answers that must have a form, on the bundled model and with tokens that a test decides. */
class StructuredAnswersTest {

    private static final Named CITY = new Named(
            "city",
            "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"people\":{\"type\":\"integer\"},"
                    + "\"rivers\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},"
                    + "\"required\":[\"name\",\"people\",\"rivers\"],\"additionalProperties\":false}");
    private static final ResponseFormat FORMAT = ResponseFormat.jsonSchema(CITY.schema());
    private static final ToolSpec STRICT = new ToolSpec("add.up", "Adds.", CITY.schema(), true);

    private static Kimi kimi;
    private static Tokenizer tokenizer;

    @BeforeAll
    static void open() {
        kimi = Kimi.load(KimiNano.path());
        tokenizer = kimi.model().tokenizer();
    }

    @AfterAll
    static void close() {
        kimi.close();
    }

    private static ChatRequest capital() {
        return kimi.chat().user("Which city is the capital of China").responseFormat(FORMAT);
    }

    private static int id(String control) {
        return tokenizer.specialTokens().id(control);
    }

    private static Reply scripted(ReplyChannel channel, List<Integer> script, List<ToolSpec> tools, int most) {
        return Scripted.reply(
                tokenizer, channel, script, tools, o -> o.responseFormat(FORMAT).maxTokens(most), _ -> {});
    }

    private static List<Integer> always(int token, int times) {
        return IntStream.range(0, times).mapToObj(_ -> token).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 8, 20, 60, 150})
    void everyLimitFromTheShortestOnGivesAWholeDocument(int more) {
        int shortest = shortest();
        for (int seed = 0; seed < 3; seed++) {
            Reply reply = capital()
                    .thinking(false)
                    .temperature(1.5)
                    .seed(seed)
                    .maxTokens(shortest + more)
                    .send();
            assertThat(CITY.problems(reply.text()))
                    .as("seed %s: %s", seed, reply.text())
                    .isEmpty();
            assertThat(reply.usage().completionTokens()).isLessThanOrEqualTo(shortest + more);
        }
    }

    private static int shortest() {
        return new GrammarStore(tokenizer)
                .rules(FORMAT, List.of(), ToolChoice.AUTO)
                .shortestReply();
    }

    @Test
    void limitTooSmallForTheShortestDocumentIsRefusedBeforeWork() {
        int shortest = shortest();
        assertThatThrownBy(
                        () -> capital().thinking(false).maxTokens(shortest - 1).send())
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("needs " + shortest + " tokens")
                .hasMessageContaining("set maxTokens to at least " + shortest);
        assertThatThrownBy(() -> capital().maxTokens(shortest).send())
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("set maxTokens to at least " + (shortest + 1));
        assertThat(kimi.model().stats().active()).isZero();
    }

    @Test
    void thinkingIsWhatItIsWithoutAFormat() {
        for (int seed = 0; seed < 3; seed++) {
            Reply free = kimi.chat()
                    .user("Which city is the capital of China")
                    .seed(seed)
                    .maxThinkingTokens(40)
                    .maxTokens(80)
                    .send();
            Reply formed =
                    capital().seed(seed).maxThinkingTokens(40).maxTokens(80).send();
            assertThat(formed.thinking())
                    .as("seed %s", seed)
                    .isEqualTo(free.thinking())
                    .isNotEmpty();
            assertThat(CITY.problems(formed.text())).as(formed.text()).isEmpty();
        }
    }

    @Test
    void thinkingLeavesTheShortestDocumentItsTokens() {
        int word = tokenizer.encode("x")[0];
        int most = shortest() + 1 + 7;
        Reply reply = scripted(ReplyChannel.THINKING, always(word, 500), List.of(), most);
        assertThat(reply.usage().thinkingTokens()).isEqualTo(8);
        assertThat(reply.thinking()).isEqualTo("x".repeat(7));
        assertThat(CITY.problems(reply.text())).as(reply.text()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {SpecialTokens.IM_END, SpecialTokens.TOOL_CALLS_SECTION_BEGIN, SpecialTokens.TOOL_CALL_BEGIN})
    void whatWouldEndTheReplyInTheThinkingEndsTheThinking(String control) {
        Reply reply = scripted(ReplyChannel.THINKING, always(id(control), 500), List.of(), 400);
        assertThat(reply.thinking()).isEmpty();
        assertThat(reply.toolCalls()).isEmpty();
        assertThat(CITY.problems(reply.text())).as(reply.text()).isEmpty();
    }

    @Test
    void answerThatCannotGoOnEndsWithoutAToken() {
        Reply reply = Scripted.reply(
                tokenizer,
                ReplyChannel.ANSWER,
                always(tokenizer.encode("y")[0], 50),
                List.of(),
                o -> o.responseFormat(ResponseFormat.choice("yes", "no")),
                _ -> {});
        assertThat(reply.text()).isEqualTo("yes");
        assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void choiceAndRegexAreKept() {
        for (int seed = 0; seed < 10; seed++) {
            assertThat(kimi.chat()
                            .user("Yes or no?")
                            .thinking(false)
                            .temperature(1.5)
                            .seed(seed)
                            .responseFormat(ResponseFormat.choice("yes", "no", "maybe so"))
                            .send()
                            .text())
                    .isIn("yes", "no", "maybe so");
            assertThat(kimi.chat()
                            .user("When?")
                            .thinking(false)
                            .temperature(1.5)
                            .seed(seed)
                            .responseFormat(ResponseFormat.regex("^\\d{4}-\\d{2}(-\\d{2})?$"))
                            .send()
                            .text())
                    .matches("\\d{4}-\\d{2}(-\\d{2})?");
        }
    }

    @Test
    void anyJsonObjectIsOne() {
        Named any = new Named("any object", "{\"type\":\"object\"}");
        for (int seed = 0; seed < 10; seed++) {
            Reply reply = capital()
                    .thinking(false)
                    .temperature(1.5)
                    .seed(seed)
                    .maxTokens(5 + 10 * seed)
                    .responseFormat(ResponseFormat.JSON_OBJECT)
                    .send();
            assertThat(any.problems(reply.text())).as(reply.text()).isEmpty();
        }
    }

    public record Journey(String from, List<Leg> legs, Optional<Integer> price) {}

    public record Leg(LocalDate day, Means means) {}

    public enum Means {
        TRAIN,
        SHIP
    }

    @Test
    void answersAreRecords() {
        for (int seed = 0; seed < 10; seed++) {
            Journey journey = kimi.chat()
                    .user("From Paris to Rome.")
                    .thinking(false)
                    .temperature(1.5)
                    .seed(seed)
                    .maxTokens(100)
                    .answerAs(Journey.class);
            assertThat(journey.legs()).allSatisfy(leg -> assertThat(leg.means()).isNotNull());
        }
        assertThatThrownBy(() -> capital()
                        .thinking(false)
                        .responseFormat(ResponseFormat.choice("yes"))
                        .send()
                        .as(Journey.class))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("the reply, which ended with STOP: expected Journey as JSON");
    }

    @Test
    void aTurnOfAConversationIsARecordAndTheNextIsNot() {
        Conversation conversation = kimi.conversation()
                .options(o -> o.thinking(false).temperature(0).maxTokens(100));
        Journey journey = conversation.user("From Paris to Rome.").answerAs(Journey.class);
        assertThat(conversation.messages()).hasSize(2);
        assertThat(journey.legs()).allSatisfy(leg -> assertThat(leg.means()).isNotNull());
        assertThat(conversation.user("What is the capital of France?").send().text())
                .doesNotStartWith("{");
    }

    @Test
    void stopTextsBesideAFormatAreRefusedByName() {
        assertThatThrownBy(() -> capital().stop("x").send())
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("stop is not supported together with responseFormat");
    }

    @Test
    void schemaThatCannotBeEnforcedIsRefusedBeforeWork() {
        assertThatThrownBy(() -> capital()
                        .responseFormat(ResponseFormat.jsonSchema("{\"type\":\"object\",\"not\":{}}"))
                        .send())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("keyword not is not supported");
        ToolSpec tool = new ToolSpec("t", "", "{\"type\":\"object\",\"dependentRequired\":{}}", true);
        assertThatThrownBy(() -> kimi.chat().user("x").tools(tool).send())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("strict tool t")
                .hasMessageContaining("dependentRequired");
    }

    @Test
    void strictArgumentsFollowTheirSchemaFromTheBeginningOfACall() {
        int junk = tokenizer.encode("\n")[0];
        for (int begin : new int[] {id(SpecialTokens.TOOL_CALLS_SECTION_BEGIN), id(SpecialTokens.TOOL_CALL_BEGIN)}) {
            List<Integer> script = new ArrayList<>(List.of(begin));
            script.addAll(always(junk, 300));
            Reply reply = Scripted.reply(
                    tokenizer, ReplyChannel.THINKING, script, List.of(STRICT), o -> o.maxTokens(100), _ -> {});
            assertThat(reply.toolCalls()).isNotEmpty();
            for (ToolCall call : reply.toolCalls()) {
                assertThat(call.name()).isEqualTo("add.up");
                assertThat(CITY.problems(call.arguments())).as(call.arguments()).isEmpty();
            }
        }
    }

    @Test
    void formatAndToolsGiveADocumentOrCalls() {
        int section = id(SpecialTokens.TOOL_CALLS_SECTION_BEGIN);
        List<Integer> script = new ArrayList<>(List.of(section));
        script.addAll(always(id(SpecialTokens.IM_END), 300));
        Reply calls = scripted(ReplyChannel.ANSWER, script, List.of(STRICT), 300);
        assertThat(calls.text()).isEmpty();
        assertThat(calls.toolCalls())
                .singleElement()
                .satisfies(c -> assertThat(CITY.problems(c.arguments())).isEmpty());

        script.addFirst(tokenizer.encode("{")[0]);
        Reply document = scripted(ReplyChannel.ANSWER, script, List.of(STRICT), 300);
        assertThat(document.toolCalls()).isEmpty();
        assertThat(CITY.problems(document.text())).as(document.text()).isEmpty();
    }

    @Test
    void callThatIsRequiredComesWhateverTheModelWouldSay() {
        ToolSpec other = new ToolSpec("other", "");
        int stop = id(SpecialTokens.IM_END);
        for (ToolChoice choice : List.of(ToolChoice.REQUIRED, ToolChoice.named("add.up"))) {
            for (ReplyChannel start : List.of(ReplyChannel.THINKING, ReplyChannel.ANSWER)) {
                for (int most : new int[] {60, 100}) {
                    Reply reply = Scripted.reply(
                            tokenizer,
                            start,
                            always(stop, 300),
                            choice == ToolChoice.REQUIRED ? List.of(STRICT) : List.of(other, STRICT),
                            o -> o.maxTokens(most).toolChoice(choice),
                            _ -> {});
                    assertThat(reply.thinking()).isEmpty();
                    assertThat(reply.text()).isEmpty();
                    assertThat(reply.toolCalls()).isNotEmpty().allSatisfy(c -> {
                        assertThat(c.name()).isEqualTo("add.up");
                        assertThat(CITY.problems(c.arguments())).isEmpty();
                    });
                }
            }
        }
    }

    @Test
    void callThatIsRequiredIsMadeByTheModelWithinItsLimit() {
        int shortest = new GrammarStore(tokenizer)
                .rules(ResponseFormat.TEXT, List.of(STRICT), ToolChoice.REQUIRED)
                .shortestReply();
        for (int seed = 0; seed < 5; seed++) {
            Reply reply = kimi.chat()
                    .user("What is the weather?")
                    .tools(STRICT)
                    .toolChoice(ToolChoice.REQUIRED)
                    .temperature(1.5)
                    .seed(seed)
                    .maxTokens(shortest + 1 + 3 * seed)
                    .send();
            assertThat(reply.toolCalls())
                    .as("seed %s", seed)
                    .isNotEmpty()
                    .allSatisfy(c -> assertThat(CITY.problems(c.arguments())).isEmpty());
        }
        assertThatThrownBy(() -> kimi.chat()
                        .user("x")
                        .tools(STRICT)
                        .toolChoice(ToolChoice.REQUIRED)
                        .maxTokens(shortest)
                        .send())
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("the shortest call of a tool needs " + shortest);
        assertThatThrownBy(() -> kimi.chat()
                        .user("x")
                        .tools(STRICT)
                        .toolChoice(ToolChoice.named("nobody"))
                        .send())
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("nobody")
                .hasMessageContaining("[add.up]");
    }

    @Test
    void callThatIsForbiddenDoesNotCome() {
        int word = tokenizer.encode("x")[0];
        List<Integer> script = new ArrayList<>(List.of(
                id(SpecialTokens.TOOL_CALL_BEGIN),
                id(SpecialTokens.TOOL_CALLS_SECTION_BEGIN),
                id(SpecialTokens.TOOL_CALL_BEGIN),
                word,
                id(SpecialTokens.IM_END)));
        Reply reply = Scripted.reply(
                tokenizer,
                ReplyChannel.THINKING,
                script,
                List.of(STRICT),
                o -> o.maxTokens(60).toolChoice(ToolChoice.NONE),
                _ -> {});
        assertThat(reply.toolCalls()).isEmpty();
        assertThat(reply.text()).endsWith("x");
        assertThat(kimi.model()
                        .render(
                                List.of(ChatMessage.user("x")),
                                List.of(STRICT),
                                GenerateOptions.DEFAULTS.with(o -> o.toolChoice(ToolChoice.NONE)))
                        .text())
                .doesNotContain("add.up");
    }

    @Test
    void argumentsOfOtherToolsAreFree() {
        ToolSpec free = new ToolSpec("free", "", CITY.schema());
        List<Integer> script = new ArrayList<>(List.of(id(SpecialTokens.TOOL_CALL_BEGIN)));
        for (int token : tokenizer.encode("functions.free:0")) {
            script.add(token);
        }
        script.add(id(SpecialTokens.TOOL_CALL_ARGUMENT_BEGIN));
        for (int token : tokenizer.encode("{\"any\":1}")) {
            script.add(token);
        }
        script.add(id(SpecialTokens.TOOL_CALL_END));
        script.add(id(SpecialTokens.IM_END));
        Reply reply = Scripted.reply(
                tokenizer, ReplyChannel.ANSWER, script, List.of(STRICT, free), o -> o.maxTokens(100), _ -> {});
        assertThat(reply.toolCalls()).containsExactly(new ToolCall("functions.free:0", "free", "{\"any\":1}"));
    }
}
