package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.json.Json;
import org.kimi4j.testkit.SafetensorsWriter;
import org.kimi4j.testkit.TensorDifference;
import org.kimi4j.testkit.TensorSpec;

/** logits, dump and compare. */
class NumberCommandsTest {

    @TempDir
    Path folder;

    /** A prompt of the reference models with the logits it should give. */
    private record Golden(String name, String tokens, String positions, float[] logits) {}

    private static List<Golden> goldens(String model) throws IOException, Json.SyntaxException {
        Path path = Ran.GOLDEN.resolve(model);
        Json.Obj expected = (Json.Obj) Json.parse(Files.readString(path.resolve("expected.json")));
        List<Golden> goldens = new ArrayList<>();
        for (Json item : ((Json.Arr) expected.get("cases").orElseThrow()).items()) {
            Json.Obj one = (Json.Obj) item;
            if (one.get("media").isEmpty()) {
                Json.Obj logits = (Json.Obj) one.get("logits").orElseThrow();
                String file = ((Json.Str) logits.get("file").orElseThrow()).value();
                goldens.add(new Golden(
                        ((Json.Str) one.get("name").orElseThrow()).value(),
                        one.get("tokens").orElseThrow().write(),
                        one.get("positions").map(Json::write).orElse("all"),
                        floats(path.resolve(file))));
            }
        }
        return goldens;
    }

    private static float[] floats(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    @ParameterizedTest
    @CsvSource({"tiny-a, scalar, 7", "tiny-a, vector, 512", "tiny-b, scalar, 512", "tiny-b, vector, 7"})
    void logitsAreThoseOfTheReference(String model, String backend, String chunk) throws Exception {
        List<Golden> goldens = goldens(model);
        assertThat(goldens).hasSize(3);
        for (Golden golden : goldens) {
            Path tokens = Files.writeString(folder.resolve(golden.name + ".json"), golden.tokens);
            Path out = folder.resolve(golden.name + ".f32");
            Ran ran = Ran.kimi(
                    "logits",
                    "--model=" + Ran.GOLDEN.resolve(model).resolve("checkpoint"),
                    "--tokens=@" + tokens,
                    "--positions=" + golden.positions,
                    "--backend=" + backend,
                    "--precision=exact",
                    "--chunk=" + chunk,
                    "--out=" + out);
            assertThat(ran.exitCode()).describedAs(ran.err()).isZero();
            assertThat(ran.out()).isEmpty();
            TensorDifference difference = TensorDifference.of(floats(out), golden.logits);
            assertThat(difference.rmsRelative())
                    .describedAs("%s: %s", golden.name, difference)
                    .isLessThan(1e-5);
            assertThat(difference.maxAbs())
                    .describedAs("%s: %s", golden.name, difference)
                    .isLessThan(2e-4);
        }
    }

    @Test
    void positionsAreWrittenInTheOrderAskedFor() throws IOException {
        float[] all = logits("--positions=all", "--chunk=2");
        float[] some = logits("--positions=3,0,3");
        float[] last = logits();
        int vocab = all.length / 4;
        assertThat(some).hasSize(3 * vocab);
        assertThat(last).hasSize(vocab);
        for (int i = 0; i < vocab; i++) {
            assertThat(some[i]).isEqualTo(all[3 * vocab + i]);
            assertThat(some[vocab + i]).isEqualTo(all[i]);
            assertThat(some[2 * vocab + i]).isEqualTo(all[3 * vocab + i]);
            assertThat(last[i]).isEqualTo(all[3 * vocab + i]);
        }
    }

    private float[] logits(String... more) throws IOException {
        Path out = folder.resolve("logits.f32");
        List<String> line = new ArrayList<>(List.of("logits", "--tokens=1,2,3,4", "--out=" + out, model()));
        line.addAll(List.of(more));
        assertThat(Ran.kimi(line.toArray(String[]::new)).exitCode()).isZero();
        return floats(out);
    }

    private static String model() {
        return "--model=" + Ran.GOLDEN.resolve("tiny-a/checkpoint");
    }

    @ParameterizedTest
    @CsvSource({
        "1, --tokens=1024, expected 0 to 1023",
        "1, --tokens=1;--positions=1, expected 0 to 0",
        "1, --tokens=1;--chunk=0, --chunk",
        "2, --tokens=one, token ids",
        "2, --tokens=1;--positions=first, all or last|expected all",
    })
    void whatCannotBeComputedIsRefused(int exitCode, String options, String message) throws IOException {
        List<String> line = new ArrayList<>(List.of("logits", model(), "--out=" + folder.resolve("x.f32")));
        line.addAll(List.of(options.split(";")));
        Ran ran = Ran.kimi(line.toArray(String[]::new));
        assertThat(ran.exitCode()).isEqualTo(exitCode);
        assertThat(ran.err()).containsPattern(message);
        try (var files = Files.list(folder)) {
            assertThat(files).describedAs("nothing half-written is left").isEmpty();
        }
    }

    @Test
    void dumpHoldsTheActivationsInOrderOfComputation() {
        Path out = dump("a", "--layers=0,1", "--names=l_out,c_kv");
        assertThat(SafetensorsFile.open(out).tensors())
                .extracting(TensorInfo::name, tensor -> tensor.shape().toString())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("c_kv-0", "[4, 64]"),
                        org.assertj.core.groups.Tuple.tuple("l_out-0", "[4, 256]"),
                        org.assertj.core.groups.Tuple.tuple("c_kv-1", "[4, 64]"),
                        org.assertj.core.groups.Tuple.tuple("l_out-1", "[4, 256]"));
    }

    @Test
    void aDumpIsTheSameInAnyChunks() throws IOException {
        Path whole = dump("whole", "--chunk=512");
        Path pieces = dump("pieces", "--chunk=3");
        assertThat(Files.mismatch(whole, pieces)).isEqualTo(-1);
        assertThat(SafetensorsFile.open(whole).tensors().stream()
                        .map(TensorInfo::name)
                        .collect(Collectors.toSet()))
                .contains("embed", "attn_norm-0", "router_logits-3", "result_norm", "logits")
                .doesNotContain("router_logits-0");
    }

    @Test
    void dumpNamesTheActivationsThereAre() {
        Ran ran = Ran.kimi("dump", model(), "--tokens=1", "--names=hidden", "--out=" + folder.resolve("x"));
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.err()).contains("[hidden]", "l_out");
        ran = Ran.kimi("dump", model(), "--tokens=1", "--layers=4", "--out=" + folder.resolve("x"));
        assertThat(ran.err()).contains("layer 4: expected 0 to 3");
    }

    private Path dump(String name, String... more) {
        Path out = folder.resolve(name + ".safetensors");
        List<String> line = new ArrayList<>(List.of("dump", model(), "--tokens=1,2,3,4", "--out=" + out));
        line.addAll(List.of(more));
        Ran ran = Ran.kimi(line.toArray(String[]::new));
        assertThat(ran.exitCode()).describedAs(ran.err()).isZero();
        return out;
    }

    @Test
    void compareNamesTheFirstTensorOverTheBound() {
        Path scalar = dump("scalar", "--backend=scalar");
        Path vector = dump("vector", "--backend=vector");
        Ran close = Ran.kimi("compare", scalar.toString(), vector.toString());
        assertThat(close.exitCode()).describedAs(close.out()).isZero();
        assertThat(close.out().lines()).hasSize(50);
        Ran strict = Ran.kimi("compare", scalar.toString(), vector.toString(), "--max-rel", "1e-9");
        assertThat(strict.exitCode()).isEqualTo(1);
        assertThat(strict.err()).contains("first difference: attn_norm-0: rel ");
        assertThat(strict.out().lines()).hasSize(50);
    }

    @Test
    void compareNoticesWhatIsMissingMisshapenOrNoNumber() throws IOException {
        Path a = tensors("a", Map.of("x", new float[] {1, 2}, "y", new float[] {1, Float.NaN}));
        Path b = tensors("b", Map.of("x", new float[] {1, 2, 3}, "y", new float[] {1, 2}));
        Path c = tensors("c", Map.of("x", new float[] {1, 2}));
        assertThat(Ran.kimi("compare", a.toString(), a.toString()).exitCode()).isZero();
        assertThat(Ran.kimi("compare", a.toString(), b.toString()).out())
                .contains("is [3] in", "Infinity", "over the bound");
        assertThat(Ran.kimi("compare", a.toString(), c.toString()).err()).contains("y: not in");
        assertThat(Ran.kimi("compare", c.toString(), a.toString()).err()).contains("y: not in");
        assertThat(Ran.kimi("compare", a.toString(), folder.resolve("d").toString())
                        .err())
                .contains("no such file");
    }

    private Path tensors(String name, Map<String, float[]> tensors) throws IOException {
        Path file = folder.resolve(name);
        SafetensorsWriter.write(
                file,
                tensors.entrySet().stream()
                        .collect(Collectors.toMap(
                                entry -> TensorSpec.of(entry.getKey(), "F32", entry.getValue().length),
                                entry -> bytes(entry.getValue()))));
        return file;
    }

    private static byte[] bytes(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
