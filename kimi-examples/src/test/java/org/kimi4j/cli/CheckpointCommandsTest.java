package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.json.Json;

/** inspect and make-checkpoint. */
class CheckpointCommandsTest {

    @TempDir
    Path folder;

    @Test
    void inspectShowsPartsPatternsTotalsConfigAndFormat() throws Json.SyntaxException {
        Ran ran = Ran.kimi("inspect", "nano", "--json");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.err()).isEmpty();
        Json.Obj json = (Json.Obj) Json.parse(ran.out());
        assertThat(json.members()).containsKeys("parts", "patterns", "totals", "config", "chat_format", "problems");
        assertThat(json.get("chat_format")).contains(new Json.Str("k2.5"));
        assertThat(json.get("problems")).contains(new Json.Arr(java.util.List.of()));
        assertThat(object(json, "parts").members()).containsOnlyKeys("name", "count", "bytes");
        assertThat(object(json, "patterns").members()).containsOnlyKeys("name", "count", "dtype", "shape", "bytes");
        assertThat(((Json.Obj) json.get("config").orElseThrow()).members()).containsKey("text_config");
    }

    private static Json.Obj object(Json.Obj json, String key) {
        return (Json.Obj) ((Json.Arr) json.get(key).orElseThrow()).items().getFirst();
    }

    @Test
    void inspectForPeopleSaysTheSame() {
        assertThat(Ran.kimi("inspect", "nano").out())
                .contains(
                        "routed experts",
                        "language_model.model.layers.*.self_attn.kv_b_proj.weight",
                        "chat format: k2.5");
    }

    @Test
    void aMadeCheckpointIsSoundAndAnswers() {
        String model = make("--shape=tiny", "--layers=2", "--experts=4", "--hidden=64", "--seed=3");
        assertThat(Ran.kimi("inspect", model, "--verify").exitCode()).isZero();
        Ran answer = Ran.kimi("ask", "--model", model, "--instant", "--max-tokens=3", "--seed=1", "Hello!");
        assertThat(answer.exitCode()).describedAs(answer.err()).isZero();
        assertThat(answer.out()).isNotEmpty();
    }

    @Test
    void aSparseCheckpointOfTrueShapesIsMadeInAMoment() throws Json.SyntaxException {
        String model = make("--sparse", "--layers=2");
        Json.Obj json =
                (Json.Obj) Json.parse(Ran.kimi("inspect", model, "--json").out());
        Json.Obj totals = (Json.Obj) json.get("totals").orElseThrow();
        assertThat(((Json.Num) totals.get("bytes").orElseThrow()).value().longValueExact())
                .isBetween(15_400_000_000L, 15_600_000_000L);
        assertThat(json.get("problems")).contains(new Json.Arr(java.util.List.of()));
    }

    private String make(String... options) {
        String model = folder.resolve("made").toString();
        String[] line = new String[options.length + 2];
        line[0] = "make-checkpoint";
        line[1] = model;
        System.arraycopy(options, 0, line, 2, options.length);
        Ran ran = Ran.kimi(line);
        assertThat(ran.exitCode()).describedAs(ran.err()).isZero();
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).describedAs("no progress bar in a pipe").doesNotContain("\r");
        return model;
    }

    @Test
    void progressIsShownOnATerminal() {
        Terminal.Interactive terminal = new Terminal.Interactive(true, true, true);
        String model = folder.resolve("shown").toString();
        Ran ran = Ran.with("", terminal, "make-checkpoint", model, "--shape=tiny");
        assertThat(ran.err()).contains("writing [####").contains("100 %");
    }

    @Test
    void whatIsThereIsNotOverwrittenAndSizesAreChecked() throws IOException {
        Files.writeString(folder.resolve("mine"), "precious");
        assertThat(Ran.kimi("make-checkpoint", folder.toString()).err()).contains("expected a new or empty folder");
        String fresh = folder.resolve("fresh").toString();
        assertThat(Ran.kimi("make-checkpoint", fresh, "--experts=5").exitCode()).isEqualTo(2);
        assertThat(Ran.kimi("make-checkpoint", fresh, "--layers=0").exitCode()).isEqualTo(2);
        assertThat(Ran.kimi("make-checkpoint", fresh, "--max-position-embeddings=100000000000")
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void inspectListsEveryProblemAndEndsWithOne() throws IOException, Json.SyntaxException {
        Path model = Path.of(make("--shape=tiny"));
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"sigmoid\"", "\"softmax\""));
        Path shard = model.resolve("model-00002-of-000004.safetensors");
        Files.write(shard, java.util.Arrays.copyOf(Files.readAllBytes(shard), 20));
        Ran ran = Ran.kimi("inspect", model.toString(), "--json");
        assertThat(ran.exitCode()).isEqualTo(1);
        Json.Arr problems =
                (Json.Arr) ((Json.Obj) Json.parse(ran.out())).get("problems").orElseThrow();
        assertThat(problems.write()).contains("scoring_func", "model-00002-of-000004.safetensors");
        assertThat(ran.err()).contains("problems");
    }

    @Test
    void aFormatThatIsNotReadIsAProblemToo() throws IOException, Json.SyntaxException {
        Path model = Path.of(make("--shape=tiny"));
        Files.writeString(model.resolve("model.safetensors.index.json"), "{}");
        Ran ran = Ran.kimi("inspect", model.toString(), "--json");
        assertThat(ran.exitCode()).isEqualTo(1);
        Json.Arr problems =
                (Json.Arr) ((Json.Obj) Json.parse(ran.out())).get("problems").orElseThrow();
        assertThat(problems.write()).contains("weight_map");
        assertThat(Ran.kimi("inspect", folder.resolve("nowhere").toString()).err())
                .contains("no such folder");
    }
}
