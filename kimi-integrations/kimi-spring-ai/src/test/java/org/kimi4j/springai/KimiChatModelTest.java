package org.kimi4j.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kimi4j.GenerateOptions;
import org.kimi4j.KimiModel;
import org.kimi4j.Reply;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.error.KimiException;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.nano.KimiNano;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.MimeTypeUtils;
import reactor.core.Disposable;

@Timeout(120)
class KimiChatModelTest {

    private static final String CAPITAL = "What is the capital of France?";
    private static KimiModel model;

    @BeforeAll
    static void open() {
        model = KimiModel.open(KimiNano.path());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static KimiChatOptions.Builder greedy() {
        return KimiChatOptions.builder().temperature(0.0);
    }

    private static KimiChatModel chat() {
        return KimiChatModel.builder()
                .model(model)
                .name("kimi-nano")
                .options(greedy().build())
                .build();
    }

    private static byte[] shapes() throws IOException {
        try (InputStream in = KimiChatModelTest.class.getResourceAsStream("shapes.png")) {
            return in.readAllBytes();
        }
    }

    record Town(String town) {}

    private static ToolCallback weather(List<String> asked) {
        return FunctionToolCallback.builder("weather", (Town t) -> {
                    asked.add(t.town());
                    return "rainy, 14 degrees";
                })
                .description("Current weather of a place.")
                .inputType(Town.class)
                .inputSchema("""
                        {"type": "object",
                         "properties": {"town": {"type": "string", "description": "City name"}},
                         "required": ["town"]}""")
                .build();
    }

    @Test
    void aCallReturnsAnswerReasoningUsageAndTimings() {
        ChatResponse response = chat().call(new Prompt(CAPITAL));
        AssistantMessage answer = response.getResult().getOutput();
        assertThat(answer.getText()).contains("Paris");
        assertThat(answer.getMetadata().get(KimiChatModel.REASONING)).asString().contains("France");
        assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
        assertThat(response.getMetadata().getModel()).isEqualTo("kimi-nano");
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isPositive();
        assertThat(response.getMetadata().getUsage().getCompletionTokens()).isPositive();
        assertThat(response.getMetadata().getUsage().getCacheReadInputTokens()).isNotNull();
        assertThat(response.getMetadata().<Object>get(KimiChatModel.TIMINGS)).isNotNull();
    }

    @Test
    void aStreamHasThePiecesOfTheCall() {
        AssistantMessage called = chat().call(new Prompt(CAPITAL)).getResult().getOutput();
        List<ChatResponse> pieces =
                chat().stream(new Prompt(CAPITAL)).collectList().block();
        assertThat(pieces).hasSizeGreaterThan(3);
        StringBuilder text = new StringBuilder();
        StringBuilder thinking = new StringBuilder();
        for (ChatResponse piece : pieces) {
            AssistantMessage message = piece.getResult().getOutput();
            text.append(message.getText());
            if (message.getMetadata().get(KimiChatModel.THINKING) instanceof String more) {
                thinking.append(more);
            }
        }
        assertThat(text).hasToString(called.getText());
        Object reasoning = called.getMetadata().get(KimiChatModel.REASONING);
        assertThat(thinking).hasToString(reasoning.toString());
        ChatResponse last = pieces.getLast();
        assertThat(last.getResult().getOutput().getMetadata()).containsEntry(KimiChatModel.REASONING, reasoning);
        assertThat(last.getMetadata().getUsage().getCompletionTokens()).isPositive();
        assertThat(pieces.stream().map(p -> p.getMetadata().getId()).distinct()).hasSize(1);
    }

    @Test
    void disposingOfAStreamEndsItsReply() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicReference<Reply> whole = new AtomicReference<>();
        KimiChatModel chat =
                KimiChatModel.builder().model(model).replies(whole::set).build();
        // No end of turn: the bias forbids it, so that only cancelling or the context ends the reply.
        int end = model.tokenizer().specialTokens().id("<|im_end|>");
        KimiChatOptions endless = KimiChatOptions.builder()
                .thinking(false)
                .maxTokens(2000)
                .logitBias(Map.of(end, -100f))
                .build();
        Disposable subscription = chat.stream(new Prompt("Hello", endless)).subscribe(_ -> begun.countDown());
        assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
        subscription.dispose();
        // Requests of one engine end in the order they are cancelled; an ordinary one after it shows that it goes on.
        assertThat(chat.call(new Prompt(CAPITAL, greedy().build()))
                        .getResult()
                        .getOutput()
                        .getText())
                .contains("Paris");
        assertThat(model.stats().active()).isZero();
        assertThat(whole.get().text()).contains("Paris");
    }

    @Test
    void nothingIsDoneOnTheThreadThatSubscribes() {
        List<Thread> threads = new ArrayList<>();
        chat().stream(new Prompt(CAPITAL))
                .doOnNext(_ -> threads.add(Thread.currentThread()))
                .blockLast();
        assertThat(threads).isNotEmpty().allMatch(Thread::isVirtual);
    }

    @Test
    void chatClientRunsToolsInCallsAndStreams() {
        List<String> asked = new ArrayList<>();
        ChatClient client = ChatClient.create(chat());
        String answer = client.prompt()
                .user("What is the weather in Paris?")
                .options(KimiChatOptions.builder().thinking(false))
                .tools(weather(asked))
                .call()
                .content();
        assertThat(asked).containsExactly("Paris");
        assertThat(answer).contains("14");

        String streamed = String.join(
                "",
                client
                        .prompt()
                        .user("What is the weather in Paris?")
                        .options(KimiChatOptions.builder().thinking(false))
                        .tools(weather(asked))
                        .stream()
                        .content()
                        .collectList()
                        .block());
        assertThat(asked).containsExactly("Paris", "Paris");
        assertThat(streamed).isEqualTo(answer);
    }

    @Test
    void toolCallsAreReturnedWithTheIdsTheModelWrote() {
        KimiChatOptions options = greedy().thinking(false)
                .toolCallbacks(weather(new ArrayList<>()))
                .build();
        ChatResponse response = chat().call(new Prompt("What is the weather in Paris?", options));
        assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("TOOL_CALLS");
        AssistantMessage.ToolCall call =
                response.getResult().getOutput().getToolCalls().getFirst();
        assertThat(call.id()).isEqualTo("functions.weather:0");
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.arguments()).contains("Paris");
    }

    @Test
    void reasoningOfAToolEpisodeGoesBackToTheModel() {
        AssistantMessage.ToolCall call =
                new AssistantMessage.ToolCall("functions.weather:0", "function", "weather", "{\"town\": \"Paris\"}");
        ToolResponseMessage result = ToolResponseMessage.builder()
                .responses(List.of(new ToolResponseMessage.ToolResponse(call.id(), "weather", "rainy, 14 degrees")))
                .build();
        List<Message> with = List.of(
                new SystemMessage("Be brief."),
                new UserMessage("What is the weather in Paris?"),
                AssistantMessage.builder()
                        .content("")
                        .properties(Map.of(KimiChatModel.REASONING, "I call weather."))
                        .toolCalls(List.of(call))
                        .build(),
                result);
        List<ChatMessage> mapped = MessageMapping.messages(with);
        assertThat(mapped)
                .containsExactly(
                        ChatMessage.system("Be brief."),
                        ChatMessage.user("What is the weather in Paris?"),
                        new ChatMessage.Assistant(
                                List.of(),
                                "I call weather.",
                                List.of(new org.kimi4j.chat.ToolCall(
                                        "functions.weather:0", "weather", "{\"town\": \"Paris\"}")),
                                ""),
                        ChatMessage.tool("functions.weather:0", "rainy, 14 degrees"));
        ChatResponse response = chat().call(new Prompt(with));
        int expected = model.render(mapped, List.of(), GenerateOptions.DEFAULTS)
                .encode(model.tokenizer(), List.of())
                .ids()
                .length;
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(expected);
    }

    @Test
    void aPictureIsSeen() throws IOException {
        UserMessage question = UserMessage.builder()
                .text("Tell me what is in the image.")
                .media(new Media(MimeTypeUtils.IMAGE_PNG, new ByteArrayResource(shapes())))
                .build();
        ChatResponse response =
                chat().call(new Prompt(question, greedy().thinking(false).build()));
        assertThat(response.getResult().getOutput().getText())
                .isEqualTo("I see a red star, an orange heart and a red heart.");
    }

    @Test
    void nothingIsFetched() {
        UserMessage question = UserMessage.builder()
                .text("What is this?")
                .media(new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://example.invalid/cat.png")))
                .build();
        assertThatThrownBy(() -> chat().call(new Prompt(question)))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("https://example.invalid/cat.png")
                .hasMessageContaining("nothing is fetched");
        UserMessage sound = UserMessage.builder()
                .text("What is this?")
                .media(new Media(MimeTypeUtils.parseMimeType("audio/wav"), new ByteArrayResource(new byte[4])))
                .build();
        assertThatThrownBy(() -> chat().call(new Prompt(sound))).hasMessageContaining("audio/wav");
    }

    @Test
    void optionsOfARequestOverrideThoseOfTheModelOneByOne() {
        KimiChatOptions defaults = KimiChatOptions.builder()
                .thinking(false)
                .maxTokens(3)
                .temperature(0.0)
                .stopSequences(List.of("a"))
                .build();
        KimiChatOptions merged = defaults.overriddenBy(
                ChatOptions.builder().maxTokens(5).stopSequences(List.of("b")).build());
        assertThat(merged.getMaxTokens()).isEqualTo(5);
        assertThat(merged.getThinking()).isFalse();
        assertThat(merged.getStopSequences()).containsExactly("b");
        assertThat(defaults.mutate().build()).isEqualTo(defaults).hasSameHashCodeAs(defaults);

        KimiChatModel chat =
                KimiChatModel.builder().model(model).options(defaults).build();
        ChatResponse cut = chat.call(new Prompt(
                CAPITAL,
                ChatOptions.builder().maxTokens(2).stopSequences(List.of("zzz")).build()));
        assertThat(cut.getMetadata().getUsage().getCompletionTokens()).isEqualTo(2);
        assertThat(cut.getResult().getMetadata().getFinishReason()).isEqualTo("LENGTH");
    }

    @Test
    void whatIsNotSupportedIsRefusedByName() {
        assertThatThrownBy(() ->
                        chat().call(new Prompt(CAPITAL, greedy().model("gpt-4").build())))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("model")
                .hasMessageContaining("gpt-4");
        assertThatThrownBy(() -> chat().call(
                                new Prompt(CAPITAL, greedy().temperature(7.0).build())))
                .isInstanceOf(KimiException.class)
                .hasMessageContaining("temperature");
        assertThatThrownBy(() -> chat().stream(
                                new Prompt(CAPITAL, greedy().topK(-1).build()))
                        .blockLast())
                .isInstanceOf(KimiException.class)
                .hasMessageContaining("topK");
    }

    record Capital(String country, String capital) {}

    @Test
    void anEntityIsWrittenByItsSchema() {
        Capital capital = ChatClient.create(chat())
                .prompt()
                .user(CAPITAL)
                .options(KimiChatOptions.builder().thinking(false).maxTokens(60).outputSchema("""
                        {"type": "object",
                         "properties": {"country": {"const": "France"}, "capital": {"type": "string", "maxLength": 20}},
                         "required": ["country", "capital"],
                         "additionalProperties": false}"""))
                .call()
                .entity(Capital.class);
        assertThat(capital.country()).isEqualTo("France");
    }

    @Test
    void logprobsAndDeadlineReachTheCaller() {
        ChatResponse response = chat().call(
                        new Prompt(CAPITAL, greedy().logprobs(2).maxTokens(3).build()));
        List<?> logprobs = response.getResult().getMetadata().get(KimiChatModel.LOGPROBS);
        assertThat(logprobs).hasSize(3);
        int end = model.tokenizer().specialTokens().id("<|im_end|>");
        ChatResponse late = chat().call(new Prompt(
                "Hello",
                KimiChatOptions.builder()
                        .thinking(false)
                        .maxTokens(2000)
                        .logitBias(Map.of(end, -100f))
                        .deadline(Duration.ofMillis(300))
                        .build()));
        assertThat(late.getResult().getMetadata().getFinishReason()).isEqualTo("DEADLINE");
    }

    @Test
    void callsAndStreamsAreObservedUnderGenAiNames() {
        TestObservationRegistry registry = TestObservationRegistry.create();
        KimiChatModel chat = KimiChatModel.builder()
                .model(model)
                .name("kimi-nano")
                .options(greedy().build())
                .observationRegistry(registry)
                .build();
        chat.call(new Prompt(CAPITAL));
        TestObservationRegistryAssert.assertThat(registry)
                .hasObservationWithNameEqualTo("gen_ai.client.operation")
                .that()
                .hasLowCardinalityKeyValue("gen_ai.operation.name", "chat")
                .hasLowCardinalityKeyValue("gen_ai.request.model", "kimi-nano")
                .hasLowCardinalityKeyValue("gen_ai.response.model", "kimi-nano")
                .hasHighCardinalityKeyValue("gen_ai.response.finish_reasons", "[\"STOP\"]")
                .hasBeenStarted()
                .hasBeenStopped();
        registry.clear();
        chat.stream(new Prompt(CAPITAL)).blockLast();
        // The observation ends after the subscriber was told of the end, on another thread.
        long deadline = System.nanoTime() + 30_000_000_000L;
        boolean ended = false;
        while (!ended) {
            try {
                TestObservationRegistryAssert.assertThat(registry)
                        .hasObservationWithNameEqualTo("gen_ai.client.operation")
                        .that()
                        .hasHighCardinalityKeyValue("gen_ai.request.stream", "true")
                        .hasHighCardinalityKeyValueWithKey("gen_ai.usage.output_tokens")
                        .hasBeenStopped();
                ended = true;
            } catch (AssertionError e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }
}
