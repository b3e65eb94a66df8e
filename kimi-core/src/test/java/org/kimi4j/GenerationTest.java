package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.sampling.Logprobs;
import org.kimi4j.sampling.SamplingOptions;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** What the options of a request do, on the bundled model. */
class GenerationTest {

    private static final String ANSWER = "The capital of China is Beijing.";
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
        return kimi.chat()
                .user("Which city is the capital of China")
                .thinking(false)
                .temperature(0);
    }

    private static ChatRequest thinking() {
        return kimi.chat().user("Which city is the capital of China").temperature(0);
    }

    @Test
    void maxTokensEndsTheReply() {
        for (int most = 1; most <= 4; most++) {
            Reply reply = capital().maxTokens(most).send();
            assertThat(reply.finishReason()).isEqualTo(FinishReason.LENGTH);
            assertThat(reply.usage().completionTokens()).isEqualTo(most);
            assertThat(ANSWER).startsWith(reply.text());
        }
    }

    @Test
    void replyOfExactlyMaxTokensHasItsOwnFinishReason() {
        int tokens = capital().send().usage().completionTokens();
        assertThat(capital().maxTokens(tokens).send().finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(capital().maxTokens(tokens - 1).send().finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(capital().maxTokens(tokens - 1).send().text()).isEqualTo(ANSWER);
    }

    @ParameterizedTest
    @CsvSource({
        "Beijing, 'The capital of China is '",
        "'China is B', 'The capital of '",
        "'l of C', 'The capita'",
        "T, ''",
        "'.', 'The capital of China is Beijing'"
    })
    void stopStringEndsTheAnswerAndIsNeverShown(String stop, String expected) {
        List<String> shown = new ArrayList<>();
        Reply reply = capital().stop(stop, "never in it").stream(d -> shown.add(d.text()));
        assertThat(reply.text()).isEqualTo(expected);
        assertThat(String.join("", shown)).isEqualTo(expected);
        assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void firstOfSeveralStopStringsWins() {
        assertThat(capital().stop("Beijing", "China", "capital").send().text()).isEqualTo("The ");
    }

    @ParameterizedTest
    @CsvSource({"Beijing!", "China is not", "'. '"})
    void whatIsHeldBackInVainIsShownInTheEnd(String stop) {
        List<String> shown = new ArrayList<>();
        Reply reply = capital().stop(stop).stream(d -> shown.add(d.text()));
        assertThat(reply.text()).isEqualTo(ANSWER);
        assertThat(String.join("", shown)).isEqualTo(ANSWER);
    }

    @Test
    void heldBackTextIsShownBeforeTheToolCallThatFollowsIt() {
        Tokenizer t = tokenizer;
        // A text, then a tool section, whatever the model would like to say.
        List<Integer> script = new ArrayList<>();
        for (int id : t.encode("So be")) {
            script.add(id);
        }
        SpecialTokens special = t.specialTokens();
        for (String control : List.of(SpecialTokens.TOOL_CALLS_SECTION_BEGIN, SpecialTokens.TOOL_CALL_BEGIN)) {
            script.add(special.id(control));
        }
        for (int id : t.encode("functions.go:0")) {
            script.add(id);
        }
        script.add(special.id(SpecialTokens.TOOL_CALL_ARGUMENT_BEGIN));
        for (int id : t.encode("{}")) {
            script.add(id);
        }
        script.add(special.id(SpecialTokens.TOOL_CALL_END));
        script.add(special.id(SpecialTokens.TOOL_CALLS_SECTION_END));
        script.add(special.id(SpecialTokens.IM_END));
        List<String> order = new ArrayList<>();
        Reply reply = Scripted.reply(tokenizer, ReplyChannel.ANSWER, script, o -> o.stop("be it"), d -> {
            switch (d.event()) {
                case ReplyEvent.TextDelta(String text) -> order.add(text);
                case ReplyEvent.ToolCallStart start -> order.add(start.name());
                case ReplyEvent.ThinkingDelta _,
                        ReplyEvent.ToolCallArgumentsDelta _,
                        ReplyEvent.ToolCallEnd _,
                        ReplyEvent.Malformed _ -> {}
            }
        });
        assertThat(reply.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(reply.text()).isEqualTo("So be");
        assertThat(order.getLast()).isEqualTo("go");
        assertThat(String.join("", order.subList(0, order.size() - 1))).isEqualTo("So be");
    }

    @Test
    void thinkingAndAnswerAreCountedApart() {
        Reply reply = thinking().send();
        assertThat(reply.text()).isEqualTo(ANSWER);
        int thought = tokenizer.encode(reply.thinking()).length;
        assertThat(reply.usage().thinkingTokens())
                .as("with the tag that closes it")
                .isEqualTo(thought + 1);
        assertThat(reply.usage().answerTokens())
                .as("with the token that ends the turn")
                .isEqualTo(tokenizer.encode(ANSWER).length + 1);
    }

    @Test
    void withoutBudgetForThinkingTheAnswerBeginsAtOnce() {
        Reply reply = thinking().maxThinkingTokens(0).send();
        assertThat(reply.thinking()).isEmpty();
        assertThat(reply.text()).isNotEmpty();
        assertThat(reply.usage().thinkingTokens()).as("the tag alone").isEqualTo(1);
        assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void thinkingIsClosedWhenItsBudgetIsSpent() {
        Reply free = thinking().send();
        assertThat(free.usage().thinkingTokens()).isGreaterThan(3);
        Reply reply = thinking().maxThinkingTokens(2).send();
        assertThat(free.thinking()).startsWith(reply.thinking());
        assertThat(tokenizer.encode(reply.thinking())).hasSize(2);
        assertThat(reply.usage().thinkingTokens()).isEqualTo(3);
        assertThat(reply.text()).isNotEmpty();
        assertThat(thinking().maxThinkingTokens(1000).send().parsed()).isEqualTo(free.parsed());
    }

    @Test
    void sentenceThatClosesTheThinkingIsPartOfIt() {
        String closing = " That is enough.";
        StringBuilder shown = new StringBuilder();
        Reply reply = thinking()
                .options(GenerateOptions.DEFAULTS.with(
                        o -> o.temperature(0).maxThinkingTokens(2).thinkingClosing(closing)))
                .stream(d -> shown.append(d.thinking()));
        assertThat(reply.thinking()).endsWith(closing);
        assertThat(shown).hasToString(reply.thinking());
        assertThat(reply.usage().thinkingTokens()).isEqualTo(2 + tokenizer.encode(closing).length + 1);
        assertThat(reply.text()).isNotEmpty();
    }

    @Test
    void aHostsDefaultLimitIsLoweredToWhatThereIsRoomForAndGivesWayToTheCallers() {
        int end = kimi.model().tokenizer().specialTokens().id("<|im_end|>");
        GenerateOptions endless = capital().logitBias(Map.of(end, -100f)).options();
        assertThat(capital()
                        .options(endless.with(o -> o.defaultMaxTokens(5)))
                        .send()
                        .usage()
                        .completionTokens())
                .isEqualTo(5);
        assertThat(capital()
                        .options(endless.with(o -> o.defaultMaxTokens(5).maxTokens(7)))
                        .send()
                        .usage()
                        .completionTokens())
                .isEqualTo(7);
        // Most of the room is taken by the question: reading is faster than writing.
        int most = kimi.model().contextLength() / 4 * 3;
        assertThat(kimi.chat()
                        .user("China ".repeat(most / kimi.model().tokenizer().encode("China ").length))
                        .options(endless.with(o -> o.defaultMaxTokens(1_000_000)))
                        .send()
                        .usage()
                        .totalTokens())
                .isEqualTo(kimi.model().contextLength());
    }

    @Test
    void maxTokensEndsTheThinkingToo() {
        Reply reply = thinking().maxTokens(3).send();
        assertThat(reply.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(reply.usage().thinkingTokens()).isEqualTo(3);
        assertThat(reply.text()).isEmpty();
        reply = thinking().maxTokens(3).maxThinkingTokens(2).send();
        assertThat(reply.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(reply.usage().completionTokens()).isEqualTo(3);
    }

    @Test
    void logprobsAreThoseOfTheRawDistribution() {
        Reply reply = capital().logprobs(5).send();
        assertThat(reply.logprobs()).hasSize(reply.usage().completionTokens());
        for (Logprobs token : reply.logprobs()) {
            assertThat(token.top()).hasSize(5);
            assertThat(token.top().getFirst().token()).as("greedy").isEqualTo(token.token());
            assertThat(token.top().getFirst().logprob()).isEqualTo(token.logprob());
            double sum = 0;
            double previous = 0;
            for (Logprobs.Entry entry : token.top()) {
                assertThat(entry.logprob()).isLessThanOrEqualTo(previous);
                previous = entry.logprob();
                sum += Math.exp(entry.logprob());
            }
            assertThat(sum).isLessThanOrEqualTo(1 + 1e-9);
        }
        // The logits themselves, by way of a session.
        try (Session session = kimi.model().newSession()) {
            float[] logits = session.append(promptOf("Which city is the capital of China"));
            double total = 0;
            for (float logit : logits) {
                total += Math.exp(logit);
            }
            Logprobs first = reply.logprobs().getFirst();
            assertThat(first.logprob()).isCloseTo(logits[first.token()] - Math.log(total), offset(1e-5));
        }
        assertThat(capital().send().logprobs()).as("not asked for").isEmpty();
    }

    private static int[] promptOf(String question) {
        return kimi.model()
                .render(
                        List.of(ChatMessage.user(question)),
                        List.of(),
                        GenerateOptions.DEFAULTS.with(o -> o.thinking(false)))
                .encode(tokenizer, List.of())
                .ids();
    }

    @Test
    void equalSeedsGiveEqualRepliesAndOthersOthers() {
        Set<String> answers = new HashSet<>();
        for (long seed = 1; seed <= 6; seed++) {
            String first = drawn(seed).parsed().toString();
            assertThat(drawn(seed).parsed()).as("seed %d", seed).hasToString(first);
            answers.add(first);
        }
        assertThat(answers).hasSizeGreaterThan(1);
    }

    private static Reply drawn(long seed) {
        return kimi.chat()
                .user("hello")
                .thinking(false)
                .temperature(2)
                .topP(1)
                .maxTokens(8)
                .seed(seed)
                .send();
    }

    @Test
    void biasForcesAndForbidsTokens() {
        int first = tokenizer.encode(ANSWER)[0];
        assertThat(capital().logitBias(Map.of(first, -100f)).send().text()).doesNotStartWith("The");
        int forced = tokenizer.encode("x")[0];
        Reply reply = capital().logitBias(Map.of(forced, 100f)).maxTokens(5).send();
        assertThat(reply.text()).isEqualTo("xxxxx");
    }

    @Test
    void penaltiesEndARepetition() {
        int forced = tokenizer.encode("x")[0];
        ChatRequest repeating = capital().logitBias(Map.of(forced, 30f)).maxTokens(40);
        assertThat(repeating.send().text()).isEqualTo("x".repeat(40));
        assertThat(repeating.frequencyPenalty(2).send().text()).startsWith("xx").isNotEqualTo("x".repeat(40));
        repeating = capital().logitBias(Map.of(forced, 30f)).maxTokens(40).repetitionPenalty(10);
        assertThat(repeating.send().text()).startsWith("x").isNotEqualTo("x".repeat(40));
    }

    @Test
    void everyOptionOfTheRequestReachesTheSampling() {
        GenerateOptions options = kimi.chat()
                .temperature(0.3)
                .topP(0.4)
                .topK(5)
                .minP(0.06)
                .repetitionPenalty(1.1)
                .presencePenalty(0.7)
                .frequencyPenalty(0.8)
                .logitBias(Map.of(7, 9f))
                .seed(10)
                .logprobs(11)
                .maxTokens(12)
                .maxThinkingTokens(13)
                .stop("fourteen")
                .thinking(false)
                .options();
        SamplingOptions sampling = options.sampling();
        assertThat(sampling.temperature()).isEqualTo(0.3);
        assertThat(sampling.topP()).isEqualTo(0.4);
        assertThat(sampling.topK()).isEqualTo(5);
        assertThat(sampling.minP()).isEqualTo(0.06);
        assertThat(sampling.repetitionPenalty()).isEqualTo(1.1);
        assertThat(sampling.presencePenalty()).isEqualTo(0.7);
        assertThat(sampling.frequencyPenalty()).isEqualTo(0.8);
        assertThat(sampling.logitBias()).isEqualTo(Map.of(7, 9f));
        assertThat(sampling.seed()).hasValue(10);
        assertThat(sampling.topLogprobs()).hasValue(11);
        assertThat(options.maxTokens()).hasValue(12);
        assertThat(options.maxThinkingTokens()).hasValue(13);
        assertThat(options.stop()).containsExactly("fourteen");
        assertThat(options.thinking()).isFalse();
    }

    @Test
    void recommendedTemperatureDependsOnThinkingUnlessOneIsSet() {
        GenerateOptions defaults = GenerateOptions.DEFAULTS;
        assertThat(defaults.sampling().temperature()).isEqualTo(1.0);
        assertThat(defaults.sampling().topP()).isEqualTo(0.95);
        assertThat(defaults.with(o -> o.thinking(false)).sampling().temperature())
                .isEqualTo(0.6);
        assertThat(defaults.with(o -> o.temperature(0.2).thinking(false))
                        .sampling()
                        .temperature())
                .isEqualTo(0.2);
    }

    @Test
    void usageAndTimingsTellWhatWasDone() {
        String question = "Name the capital of France, please " + System.nanoTime();
        Reply reply = kimi.chat()
                .user(question)
                .thinking(false)
                .temperature(0)
                .maxTokens(4)
                .send();
        int prompt = promptOf(question).length;
        assertThat(reply.usage().promptTokens()).isEqualTo(prompt);
        assertThat(reply.usage().thinkingTokens()).isZero();
        assertThat(reply.usage().totalTokens()).isEqualTo(prompt + reply.usage().completionTokens());
        Timings timings = reply.timings();
        assertThat(timings.prefillTokens()).isEqualTo(prompt - reply.usage().cachedTokens());
        assertThat(timings.decodeTokens()).isEqualTo(reply.usage().completionTokens() - 1);
        for (Duration time : List.of(timings.prefill(), timings.firstToken(), timings.decode())) {
            assertThat(time).isPositive();
        }
        assertThat(timings.firstToken()).isGreaterThanOrEqualTo(timings.prefill());
        assertThat(timings.media()).isZero();
    }

    @Test
    void toolsCanBeAskedForAndAnswered() {
        ToolSpec weather = new ToolSpec("get_weather", "Current weather of a place.", """
                {"type": "object", "properties": {"town": {"type": "string", "description": "Name of the city"}}, "required": ["town"]}""");
        Conversation conversation =
                kimi.conversation().tools(weather).options(o -> o.temperature(0).thinking(false));
        Reply call = conversation.user("What is the weather in Paris?").send();
        assertThat(call.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(call.toolCalls()).singleElement().satisfies(c -> {
            assertThat(c.name()).isEqualTo("get_weather");
            assertThat(c.arguments()).contains("Paris");
        });
        conversation.add(
                ChatMessage.tool(call.toolCalls().getFirst().id(), "{\"weather\": \"sunny\", \"temperature\": 21}"));
        Reply answer = conversation.send();
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.text()).containsIgnoringCase("sunny");
        assertThat(conversation.messages()).hasSize(4);
    }
}
