package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskCommandTest {

    @Test
    void printsTheAnswerAndNothingElseOnStandardOutput() {
        Ran ran = Ran.kimi("ask", "--instant", "What is the capital of France?");
        assertThat(ran).isEqualTo(new Ran(0, "The capital of France is Paris.\n", ""));
    }

    @Test
    void thinkingGoesToStandardError() {
        Ran ran = Ran.kimi("ask", "What", "is the capital of Norway?");
        assertThat(ran.out()).isEqualTo("The capital of Norway is Oslo.\n");
        assertThat(ran.err()).isNotBlank().doesNotContain("\u001b", "\r");
    }

    @Test
    void onATerminalThinkingIsDimmedAndOpeningShowsWhatItDoes() {
        Ran ran = Ran.with("", new Terminal.Interactive(true, true, true), "ask", "What is the capital of Italy?");
        assertThat(ran.out()).isEqualTo("The capital of Italy is Rome.\n");
        assertThat(ran.err())
                .contains("\u001b[2m")
                .endsWith("\u001b[0m" + System.lineSeparator())
                .contains("reading headers");
    }

    @Test
    void sameSeedSameAnswer() {
        String[] line = {"ask", "--instant", "--temperature", "1.5", "--seed", "7", "Tell me something."};
        assertThat(Ran.kimi(line)).isEqualTo(Ran.kimi(line));
    }

    @Test
    void saysWhenTheAnswerWasCutOff() {
        Ran ran = Ran.kimi("ask", "--instant", "--max-tokens", "2", "What is the capital of Spain?");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).startsWith("The").doesNotContain("Madrid");
        assertThat(ran.err()).contains("--max-tokens");
    }

    @Test
    void readsTheQuestionFromStandardInput() {
        Ran ran = Ran.with("What is the capital of Japan?", "ask", "--instant", "--stats", "-");
        assertThat(ran.out()).isEqualTo("The capital of Japan is Tokyo.\n");
        assertThat(ran.err()).contains("prompt tokens", "tokens/s");
    }

    @Test
    void bothJavaBackendsAnswerAlike() {
        String question = "What is the opposite of hot?";
        assertThat(Ran.kimi("ask", "--backend", "scalar", question))
                .isEqualTo(Ran.kimi("ask", "--backend", "vector", question));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "--no-such-option, Unknown option: '--no-such-option'",
                "--backend=tpu, but was 'tpu'",
                "--precision=sloppy, but was 'sloppy'",
                "--kv=int4, but was 'int4'",
                "--chat-format=chatml, `\"chatml\": expected k2.5, k2.6`",
                "--seed=x, 'x' is not a long",
            })
    void wrongUsageEndsWithTwoAndNamesTheOption(String option, String message) {
        Ran ran = Ran.kimi("ask", option, "Hello!");
        assertThat(ran.exitCode()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("kimi: ").contains(message, "try: kimi ask --help");
    }

    @ParameterizedTest
    @CsvSource({
        "--temperature=-1, temperature",
        "--max-tokens=0, maxTokens",
        "--backend=gpu, kimi-gpu",
        "--model=no/such/folder, no/such/folder",
        "--max-tokens=999999, 999999",
    })
    void aFailureEndsWithOneAndOneMessage(String option, String message) {
        Ran ran = Ran.kimi("ask", option, "Hello!");
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("kimi: ").contains(message).doesNotContain("\tat ");
    }

    @Test
    void noQuestionIsWrongUsage() {
        assertThat(Ran.kimi("ask").exitCode()).isEqualTo(2);
        assertThat(Ran.kimi().exitCode()).isEqualTo(2);
        assertThat(Ran.kimi("no-such-command").exitCode()).isEqualTo(2);
    }

    @Test
    void helpIsAResult() {
        Ran ran = Ran.kimi("ask", "--help");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).contains("--max-tokens", "--backend", "--precision", "--kv");
        assertThat(Ran.kimi("--help").out()).contains("chat", "ask", "make-checkpoint");
    }
}
