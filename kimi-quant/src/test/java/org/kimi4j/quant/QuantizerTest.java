package org.kimi4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.KimiModel;
import org.kimi4j.Session;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.QuantizationConfig;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.quant.QuantizationReport.MatrixError;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.Size;
import org.kimi4j.testkit.SyntheticCheckpoint;
import org.kimi4j.testkit.TinyCheckpoint;

/** The tiny checkpoint has q_lora_rank 48, so that its q_b_proj cannot be quantised; nothing else is odd about it. */
class QuantizerTest {

    private static final List<String> NAMED = List.of(
            ".self_attn.q_a_proj.weight",
            ".self_attn.kv_a_proj_with_mqa.weight",
            ".self_attn.o_proj.weight",
            ".mlp.gate_proj.weight",
            ".mlp.up_proj.weight",
            ".mlp.down_proj.weight",
            ".shared_experts.gate_proj.weight",
            ".shared_experts.up_proj.weight",
            ".shared_experts.down_proj.weight",
            "lm_head.weight");

    @TempDir
    Path temp;

    private static boolean isNamed(TensorInfo tensor) {
        return !tensor.name().contains(".experts.") && NAMED.stream().anyMatch(tensor.name()::endsWith);
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 64, 128})
    void everyNamedWeightIsWithinHalfAStepAndEverythingElseIsTheSame(int group) throws IOException {
        Path source = TinyCheckpoint.configure().vision(true).write(temp.resolve("source"));
        Path result = temp.resolve("result");
        QuantizationReport report =
                Quantizer.of(source).recipe(Recipe.trunkInt8().withGroup(group)).write(result);

        int quantized = 0;
        try (Checkpoint before = Checkpoint.open(source);
                Checkpoint after = Checkpoint.open(result)) {
            assertThat(after.problems()).isEmpty();
            assertThat(after.verifyShapes()).isEmpty();
            for (TensorInfo tensor : before.tensors()) {
                if (isNamed(tensor)) {
                    quantized++;
                    MatrixError error = report.matrices().stream()
                            .filter(m -> (m.name() + ".weight").equals(tensor.name()))
                            .findFirst()
                            .orElseThrow();
                    assertThat(error.group()).isEqualTo(tensor.shape().dim(1) % group == 0 ? group : 64);
                    requireWithinHalfAStep(before, after, tensor, error);
                } else {
                    TensorInfo same = after.tensor(tensor.name()).orElseThrow();
                    assertThat(same.type()).isEqualTo(tensor.type());
                    assertThat(same.file()).isEqualTo(tensor.file());
                    assertThat(data(after, same).mismatch(data(before, tensor)))
                            .as(tensor.name())
                            .isEqualTo(-1);
                }
            }
            assertThat(after.tensors()).hasSize(before.tensors().size() + 2 * quantized);
            assertThat(report.bytesBefore()).isEqualTo(before.tensorBytes());
            assertThat(report.bytesAfter()).isEqualTo(after.tensorBytes());
        }
        assertThat(report.matrices()).hasSize(quantized);
        assertThat(report.kept().keySet())
                .containsExactlyInAnyOrder(
                        "language_model.model.layers.0.self_attn.q_b_proj",
                        "language_model.model.layers.1.self_attn.q_b_proj",
                        "language_model.model.layers.2.self_attn.q_b_proj");
        assertThat(Files.readAllBytes(result.resolve("tiktoken.model")))
                .isEqualTo(Files.readAllBytes(source.resolve("tiktoken.model")));
    }

    private static MemorySegment data(Checkpoint checkpoint, TensorInfo tensor) {
        return checkpoint.data(tensor).orElseThrow();
    }

    private static void requireWithinHalfAStep(
            Checkpoint before, Checkpoint after, TensorInfo tensor, MatrixError error) {
        String matrix = tensor.name().substring(0, tensor.name().length() - ".weight".length());
        MemorySegment source = data(before, tensor);
        MemorySegment codes =
                data(after, after.tensor(matrix + ".weight_packed").orElseThrow());
        MemorySegment scales =
                data(after, after.tensor(matrix + ".weight_scale").orElseThrow());
        double lost = 0;
        double all = 0;
        double worst = 0;
        for (long i = 0; i < tensor.shape().elements(); i++) {
            float weight = bf16(source, i);
            float scale = bf16(scales, i / error.group());
            int code = (codes.get(ValueLayout.JAVA_BYTE, i) & 0xff) - 128;
            double difference = Math.abs(weight - (double) code * scale);
            // A scale rounded down takes the largest weight at most 0.25 % beyond 127 of it, still nearest to 127.
            assertThat(difference).as("%s [%d]", matrix, i).isLessThanOrEqualTo(0.5001 * scale);
            lost += difference * difference;
            all += (double) weight * weight;
            worst = Math.max(worst, difference);
        }
        assertThat(error.relativeError()).isCloseTo(Math.sqrt(lost / all), within(1e-6));
        assertThat(error.maxError()).isCloseTo(worst, within(1e-6 * worst));
    }

    private static Offset<Double> within(double offset) {
        return Offset.offset(offset);
    }

    private static float bf16(MemorySegment values, long index) {
        return Float.intBitsToFloat(values.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * index) << 16);
    }

    @Test
    void theBundledModelRunsQuantizedWithNearlyTheSameLogits() {
        Path result = temp.resolve("result");
        Quantizer.of(KimiNano.path()).write(result);
        try (KimiModel before = KimiModel.open(KimiNano.path());
                KimiModel after = KimiModel.open(result);
                Session one = before.newSession();
                Session other = after.newSession()) {
            assertThat(after.bytesPerToken()).isLessThan(before.bytesPerToken() * 7 / 10);
            int[] tokens = before.tokenizer().encode("The capital of France is Paris. The days of the week are");
            float[] expected = one.append(tokens);
            float[] found = other.append(tokens);
            double lost = 0;
            double all = 0;
            for (int i = 0; i < expected.length; i++) {
                lost += Math.pow(expected[i] - found[i], 2);
                all += Math.pow(expected[i], 2);
            }
            // Weights lose 0.5 % each, independently; the layers add that up.
            assertThat(Math.sqrt(lost / all)).isBetween(1e-5, 0.03);
        }
    }

    @Test
    void textOnlySingleFileCheckpointsAreQuantizedToo() throws IOException {
        Path source = SyntheticCheckpoint.of(ModelShape.tiny().with(Size.Q_LORA_RANK, 64))
                .textOnly()
                .singleFile()
                .write(temp.resolve("source"));
        Path result = temp.resolve("result");
        QuantizationReport report = Quantizer.of(source).write(result);
        assertThat(report.kept()).isEmpty();
        assertThat(result.resolve("model.safetensors.index.json")).doesNotExist();
        QuantizationConfig written = ModelConfig.read(result).quantizationConfig();
        assertThat(written.groups().getLast().numBits()).isEqualTo(8);
        try (KimiModel model = KimiModel.open(result);
                Session session = model.newSession()) {
            assertThat(session.append(1, 2, 3)).hasSize(ModelShape.tiny().get(Size.VOCAB_SIZE));
        }
    }

    @Test
    void configSaysWhatIsPackedAndWhatIsNot() throws IOException {
        Path result = temp.resolve("result");
        Quantizer.of(TinyCheckpoint.write(temp.resolve("source")))
                .recipe(Recipe.trunkInt8().withGroup(128))
                .write(result);
        QuantizationConfig written = ModelConfig.read(result).quantizationConfig();
        assertThat(written.groups())
                .extracting(QuantizationConfig.Group::numBits)
                .containsExactly(4, 8, 8);
        assertThat(written.groups())
                .extracting(QuantizationConfig.Group::groupSize)
                .containsExactly(32, 64, 128);
        assertThat(written.groups().getFirst().targets()).containsExactly("Linear");
        assertThat(written.groups().get(1).targets())
                .containsExactly(
                        "re:.*self_attn\\.o_proj$", "re:.*mlp\\.down_proj$", "re:.*mlp\\.shared_experts\\.down_proj$");
        assertThat(written.groups().get(2).targets())
                .containsExactly(
                        "re:.*self_attn\\.q_a_proj$",
                        "re:.*self_attn\\.kv_a_proj_with_mqa$",
                        "re:.*mlp\\.gate_proj$",
                        "re:.*mlp\\.up_proj$",
                        "re:.*mlp\\.shared_experts\\.gate_proj$",
                        "re:.*mlp\\.shared_experts\\.up_proj$",
                        "re:.*lm_head$");
        assertThat(written.ignore())
                .containsExactlyInAnyOrder("re:.*self_attn\\.q_b_proj$", "re:.*self_attn\\.kv_b_proj$");
    }

    @Test
    void threadsAndBlocksChangeNoByte() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        Quantizer.of(source).threads(1).write(temp.resolve("one"));
        Quantizer.of(source).threads(4).blockBytes(700).write(temp.resolve("four"));
        assertThat(content(temp.resolve("four"))).isEqualTo(content(temp.resolve("one")));
        assertThat(Files.exists(temp.resolve("one").resolve(JobFolder.NAME))).isFalse();
    }

    @Test
    void aFinishedResultIsReportedAgainAndNotTouched() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        Path result = temp.resolve("result");
        QuantizationReport first = Quantizer.of(source).write(result);
        var written = Files.getLastModifiedTime(result.resolve("config.json"));
        assertThat(Quantizer.of(source).write(result)).isEqualTo(first);
        assertThat(Files.getLastModifiedTime(result.resolve("config.json"))).isEqualTo(written);
        assertThatThrownBy(() -> Quantizer.of(source)
                        .recipe(Recipe.trunkInt8().withGroup(64))
                        .write(result))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("new or empty folder");
    }

    @Test
    void whatCannotBeDoneIsRefusedBeforeAnythingIsWritten() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        Path result = temp.resolve("result");
        assertThatThrownBy(() -> Quantizer.of(source).usableBytes(1000).write(result))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("GB are still to be written");
        assertThatThrownBy(() -> Quantizer.of(source).write(source.resolve("inside")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("outside of the source");
        assertThatThrownBy(() -> Recipe.of("everything-int2"))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("trunk-int8");
        assertThatThrownBy(() -> Recipe.trunkInt8().withGroup(48))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("32, 64 or 128");
        Quantizer.of(source).write(result);
        assertThatThrownBy(() -> Quantizer.of(result).write(temp.resolve("again")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("nothing is left to quantise");
    }

    @Test
    void aWeightThatIsNoNumberIsNamedAndTheRestIsKept() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        TensorInfo damaged = Checkpoint.headers(source).stream()
                .flatMap(s -> s.tensors().stream())
                .filter(t -> t.name().endsWith("layers.2.self_attn.o_proj.weight"))
                .findFirst()
                .orElseThrow();
        byte[] before = new byte[2];
        try (RandomAccessFile file =
                new RandomAccessFile(source.resolve(damaged.file()).toFile(), "rw")) {
            long at = damaged.begin() + 2 * (3 * damaged.shape().dim(1) + 5);
            file.seek(at);
            file.readFully(before);
            file.seek(at);
            file.write(new byte[] {(byte) 0xc0, 0x7f});
        }
        Path result = temp.resolve("result");
        assertThatThrownBy(() -> Quantizer.of(source).write(result))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(damaged.file())
                .hasMessageContaining(damaged.name() + ", row 3")
                .hasMessageContaining("expected finite numbers, found NaN in columns 0 to 31");
        assertThat(result.resolve("config.json")).doesNotExist();
        try (RandomAccessFile file =
                new RandomAccessFile(source.resolve(damaged.file()).toFile(), "rw")) {
            file.seek(damaged.begin() + 2 * (3 * damaged.shape().dim(1) + 5));
            file.write(before);
        }
        Quantizer.of(source).write(result);
        Quantizer.of(source).write(temp.resolve("fresh"));
        assertThat(content(result)).isEqualTo(content(temp.resolve("fresh")));
    }

    @Test
    void progressCoversEveryByteOfTheSourceOnce() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        List<Long> done = new ArrayList<>();
        long[] all = new long[1];
        Quantizer.of(source)
                .progress((stage, bytes, total) -> {
                    done.add(bytes);
                    all[0] = total;
                })
                .write(temp.resolve("result"));
        assertThat(done).isSorted();
        assertThat(done.getLast()).isEqualTo(all[0]);
    }

    /** Every file by name, with the hash of its bytes. */
    static Map<String, String> content(Path folder) throws IOException {
        Map<String, String> content = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                content.put(
                        folder.relativize(file).toString(),
                        HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(file))));
            }
        }
        return content;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
