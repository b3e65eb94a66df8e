package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.error.BackendUnavailableException;
import org.kimi4j.error.ClosedException;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.nano.KimiNano;

/** What is refused is refused by name, with numbers, and before anything is computed. */
class RefusalTest {

    private static final Gate GATE = new Gate();
    private static Kimi kimi;

    @BeforeAll
    static void open() {
        kimi = Kimi.load(KimiNano.path(), WatchedBackend.watchedBy(GATE));
    }

    @AfterAll
    static void close() {
        kimi.close();
    }

    @BeforeEach
    void begin() {
        GATE.passes.clear();
    }

    @AfterEach
    void nothingWasComputed() {
        assertThat(GATE.passes).isEmpty();
    }

    @Test
    void promptLongerThanTheContextIsRefusedWithItsLength() {
        assertThatThrownBy(() -> kimi.chat().user("hello ".repeat(2500)).send())
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("tokens")
                .hasMessageContaining("2048")
                .hasMessageMatching("(?s).*has [2-9]\\d{3} tokens.*");
    }

    @Test
    void promptAndAnswerThatDoNotFitTogetherAreRefusedWithWhatWouldFit() {
        int prompt = kimi.model()
                .render(List.of(org.kimi4j.chat.ChatMessage.user("hello")), List.of(), GenerateOptions.DEFAULTS)
                .encode(kimi.model().tokenizer())
                .length;
        assertThatThrownBy(() -> kimi.chat().user("hello").maxTokens(2048).send())
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("the prompt has " + prompt + " tokens")
                .hasMessageContaining("maxTokens is 2048")
                .hasMessageContaining("at most " + (2048 - prompt));
    }

    @Test
    void picturesWithoutTheirArtifactAreRefusedWithItsName() {
        byte[] picture = {1, 2, 3};
        assertThatThrownBy(() -> kimi.chat()
                        .user(u -> u.text("What is this?").image(picture).image(picture))
                        .send())
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("2 pictures")
                .hasMessageContaining("org.kimi4j:kimi-vision");
        assertThat(kimi.model().stats().active()).isZero();
    }

    static Stream<Object[]> generateOptions() {
        return Stream.<Object[]>of(
                option("temperature", o -> o.temperature(2.5)),
                option("temperature", o -> o.temperature(-0.1)),
                option("temperature", o -> o.temperature(Double.NaN)),
                option("topP", o -> o.topP(0)),
                option("topP", o -> o.topP(1.01)),
                option("topK", o -> o.topK(-1)),
                option("minP", o -> o.minP(1.5)),
                option("repetitionPenalty", o -> o.repetitionPenalty(0)),
                option("presencePenalty", o -> o.presencePenalty(3)),
                option("frequencyPenalty", o -> o.frequencyPenalty(-3)),
                option("logitBias", o -> o.logitBias(Map.of(1, 101f))),
                option("logitBias", o -> o.logitBias(Map.of(-1, 1f))),
                option("topLogprobs", o -> o.logprobs(21)),
                option("topLogprobs", o -> o.logprobs(-1)),
                option("maxTokens", o -> o.maxTokens(0)),
                option("maxThinkingTokens", o -> o.maxThinkingTokens(-1)),
                option("stop", o -> o.stop("")),
                option("stop", o -> o.stop("x".repeat(1025))),
                option(
                        "stop",
                        o -> o.stop(IntStream.range(0, 17)
                                .mapToObj(Integer::toString)
                                .toList())),
                option("deadline", o -> o.deadline(Duration.ZERO)),
                option("deadline", o -> o.deadline(Duration.ofSeconds(-1))));
    }

    private static Object[] option(String name, UnaryOperator<GenerateOptions.Builder> change) {
        return new Object[] {name, change};
    }

    @ParameterizedTest
    @MethodSource
    void generateOptions(String name, UnaryOperator<GenerateOptions.Builder> change) {
        assertThatThrownBy(() -> GenerateOptions.DEFAULTS.with(change))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("expected");
    }

    static Stream<Object[]> modelOptions() {
        return Stream.<Object[]>of(
                modelOption("threads", o -> o.threads(0)),
                modelOption("threads", o -> o.threads(5000)),
                modelOption("kvBudget", o -> o.kvBudget(0)),
                modelOption("chunk", o -> o.chunk(0)),
                modelOption("chunk", o -> o.chunk(8193)),
                modelOption("maxBatch", o -> o.maxBatch(0)),
                modelOption("queueCapacity", o -> o.queueCapacity(-1)),
                modelOption("perCaller", o -> o.perCaller(0)),
                modelOption("latentEps", o -> o.latentEps(0)),
                modelOption("latentEps", o -> o.latentEps(Double.NaN)));
    }

    private static Object[] modelOption(String name, UnaryOperator<KimiOptions.Builder> change) {
        return new Object[] {name, change};
    }

    @ParameterizedTest
    @MethodSource
    void modelOptions(String name, UnaryOperator<KimiOptions.Builder> change) {
        assertThatThrownBy(() -> KimiOptions.DEFAULTS.with(change))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("expected");
    }

    @Test
    void optionThatTheFormatDoesNotKnowIsRefusedByName() {
        assertThatThrownBy(() -> kimi.chat()
                        .user("hello")
                        .options(GenerateOptions.DEFAULTS.with(o -> o.preserveThinking(true)))
                        .send())
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("preserve thinking");
    }

    @Test
    void biasOfATokenThatDoesNotExistIsRefused() {
        assertThatThrownBy(() ->
                        kimi.chat().user("hello").logitBias(Map.of(100_000, 1f)).send())
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("logitBias")
                .hasMessageContaining("100000");
    }

    @Test
    void anyPositiveDeadlineIsAccepted() {
        assertThatCode(() -> {
                    for (Duration deadline : List.of(Duration.ofDays(1), Duration.ofSeconds(Long.MAX_VALUE))) {
                        kimi.chat()
                                .options(GenerateOptions.DEFAULTS.with(
                                        o -> o.deadline(deadline).maxTokens(1)))
                                .user("hello")
                                .send();
                    }
                })
                .doesNotThrowAnyException();
        GATE.passes.clear();
    }

    @Test
    void requestThatTheCacheCouldNeverHoldIsRefusedWithItsBytes() {
        long page = kimi.model().stats().kvBudgetBytes() / (8 * 2048 / 64);
        Gate none = new Gate();
        try (Kimi small =
                Kimi.load(KimiNano.path(), WatchedBackend.watchedBy(none).with(o -> o.kvBudget(3 * page)))) {
            assertThatThrownBy(() -> small.chat().user("hello").maxTokens(200).send())
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("maxTokens 200")
                    .hasMessageContaining(4 * page + " bytes of cache")
                    .hasMessageContaining("kvBudget is " + 3 * page);
            assertThatThrownBy(() -> small.chat().user("hello ".repeat(300)).send())
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("kvBudget is " + 3 * page);
            assertThat(none.passes).isEmpty();
            assertThat(small.chat().user("hello").maxTokens(100).send().text()).isNotEmpty();
            assertThat(small.chat().user("hello").send().usage().completionTokens())
                    .as("without a number the answer gets what there is")
                    .isPositive();
        }
    }

    @Test
    void backendThatIsNotThereIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.backend(Backend.NATIVE))))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageContaining("org.kimi4j:kimi-native");
    }

    @Test
    void backendOfThePropertyIsTakenUnlessAnOptionSaysOtherwise() {
        String before = System.getProperty("kimi.backend");
        try {
            System.setProperty("kimi.backend", "scalar");
            assertThat(KimiOptions.DEFAULTS.backend()).isEqualTo(Backend.SCALAR);
            assertThat(KimiOptions.DEFAULTS.with(o -> o.backend(Backend.VECTOR)).backend())
                    .isEqualTo(Backend.VECTOR);
            System.setProperty("kimi.backend", "abacus");
            assertThatThrownBy(() -> Kimi.load(KimiNano.path()))
                    .isInstanceOf(UnsupportedOptionException.class)
                    .hasMessageContaining("kimi.backend")
                    .hasMessageContaining("abacus");
        } finally {
            if (before == null) {
                System.clearProperty("kimi.backend");
            } else {
                System.setProperty("kimi.backend", before);
            }
        }
    }

    @Test
    void closedThingsSaySo() {
        Kimi closed = Kimi.load(KimiNano.path());
        Conversation conversation = closed.conversation().user("hello");
        ChatRequest request = closed.chat().user("hello");
        Session session = closed.model().newSession();
        Session own = closed.model().newSession();
        own.append(1, 2, 3);
        own.close();
        own.close();
        for (org.assertj.core.api.ThrowableAssert.ThrowingCallable use :
                List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                        () -> own.append(1), () -> own.truncate(0), () -> own.truncate(2))) {
            assertThatThrownBy(use).isInstanceOf(ClosedException.class).hasMessageContaining("session");
        }
        closed.close();
        closed.close();
        for (org.assertj.core.api.ThrowableAssert.ThrowingCallable use :
                List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                        request::send,
                        request::open,
                        conversation::send,
                        () -> session.append(1),
                        () -> session.truncate(0),
                        () -> closed.model().newSession(),
                        () -> closed.model().tokenizer(),
                        () -> closed.chat().user("hello").send())) {
            assertThatThrownBy(use).isInstanceOf(ClosedException.class).hasMessageContaining("closed");
        }
        assertThatThrownBy(() -> request.sendAsync().join()).hasCauseInstanceOf(ClosedException.class);
        session.close();
        assertThat(closed.model().stats().kvBytes()).isZero();
    }
}
