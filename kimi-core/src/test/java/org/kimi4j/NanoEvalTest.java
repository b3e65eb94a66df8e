package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.config.Precision;
import org.kimi4j.json.Json;
import org.kimi4j.nano.KimiNano;

/** The bundled model's answers to held-out conversations, greedily in EXACT, are those of its reference. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NanoEvalTest {

    private static final int MAX_TOKENS = 160;

    private Kimi kimi = null;

    @BeforeAll
    void open() {
        kimi = Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.precision(Precision.EXACT)));
    }

    @AfterAll
    void close() {
        kimi.close();
    }

    static Stream<NanoCases.Case> cases() {
        List<NanoCases.Case> all = NanoCases.read("cases.json");
        assertThat(all).hasSize(33);
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answerIsTheRecordedOne(NanoCases.Case recorded) throws Json.SyntaxException {
        GenerateOptions options = GenerateOptions.DEFAULTS.with(o ->
                o.thinking(recorded.input().options().thinking()).temperature(0).maxTokens(MAX_TOKENS));
        try (ReplyStream stream =
                kimi.model().open(recorded.input().messages(), recorded.input().tools(), options)) {
            Reply reply = stream.reply();
            Json.Obj expected = (Json.Obj) recorded.more().get("recorded");
            assertThat(reply.thinking())
                    .isEqualTo(((Json.Str) expected.members().get("reasoning")).value());
            assertThat(reply.text()).isEqualTo(((Json.Str) expected.members().get("content")).value());
            assertThat(calls(reply))
                    .isEqualTo(expected.members().get("tool_calls").write());
        }
    }

    /** The calls in the form of the record; arguments that are no JSON stand as null there. */
    private static String calls(Reply reply) throws Json.SyntaxException {
        List<String> calls = new ArrayList<>();
        for (ToolCall call : reply.toolCalls()) {
            String arguments = call.argumentsProblem().isPresent()
                    ? "null"
                    : Json.parse(call.arguments()).write();
            calls.add("{\"id\":" + new Json.Str(call.id()).write() + ",\"arguments\":" + arguments + "}");
        }
        return "[" + String.join(",", calls) + "]";
    }
}
