package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.ClosedException;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.Numbers;
import org.kimi4j.testkit.SafetensorsWriter;
import org.kimi4j.testkit.Size;
import org.kimi4j.testkit.SyntheticCheckpoint;
import org.kimi4j.testkit.TensorSpec;
import org.kimi4j.testkit.TinyCheckpoint;

class CheckpointTest {

    private static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void weightsAreTheBytesThatWereWritten(@TempDir Path folder) throws IOException {
        SyntheticCheckpoint written = TinyCheckpoint.configure();
        written.write(folder);
        ModelConfig config = ModelConfig.read(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Map<String, Matrix> weights = checkpoint.bind(r -> TextTensors.read(r, config));
            weights.forEach((name, matrix) -> {
                switch (matrix) {
                    case Matrix.Bf16(int _, int _, MemorySegment values) ->
                        assertThat(bytes(values)).as(name).isEqualTo(written.data(name + ".weight"));
                    case Matrix.Int4(int _, int _, MemorySegment packed, MemorySegment scales) -> {
                        assertThat(bytes(packed)).as(name).isEqualTo(written.data(name + ".weight_packed"));
                        assertThat(bytes(scales)).as(name).isEqualTo(written.data(name + ".weight_scale"));
                    }
                    case Matrix.F32(int _, int cols, MemorySegment values) -> {
                        boolean bias = name.endsWith("bias");
                        ByteBuffer data = ByteBuffer.wrap(written.data(bias ? name : name + ".weight"))
                                .order(ByteOrder.LITTLE_ENDIAN);
                        for (int i = 0; i < cols; i++) {
                            float expected = bias ? data.getFloat() : Numbers.fromBf16(data.getShort());
                            assertThat(values.getAtIndex(ValueLayout.JAVA_FLOAT, i))
                                    .isEqualTo(expected);
                        }
                    }
                    case Matrix.Int8 _ -> throw new AssertionError(name + " is INT8");
                }
            });
            assertThat(weights).hasSize(3 * 9 + 3 + 2 * (2 + 3 * 8 + 3) + 3);
        }
    }

    @Test
    void aSingleFileNeedsNoIndex(@TempDir Path folder) throws IOException {
        TinyCheckpoint.configure().singleFile().write(folder);
        ModelConfig config = ModelConfig.read(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Map<String, Matrix> weights = checkpoint.bind(r -> TextTensors.read(r, config));
            assertThat(weights).isNotEmpty();
            assertThat(checkpoint.shards()).extracting(SafetensorsFile::name).containsExactly("model.safetensors");
            assertThat(checkpoint.shards().getFirst().metadata()).containsEntry("format", "pt");
        }
    }

    @Test
    void aTextOnlyCheckpointHasNoPrefix(@TempDir Path folder) throws IOException {
        TinyCheckpoint.configure().textOnly().write(folder);
        ModelConfig config = ModelConfig.read(folder);
        assertThat(config.textPrefix()).isEmpty();
        assertThat(config.visionConfig()).isEmpty();
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Map<String, Matrix> weights = checkpoint.bind(r -> TextTensors.read(r, config));
            assertThat(weights).containsKey("lm_head");
        }
    }

    @Test
    void layersBeyondTheLastAreListedAndIgnored(@TempDir Path folder) throws IOException {
        SyntheticCheckpoint.of(ModelShape.tiny().with(Size.NUM_HIDDEN_LAYERS, 5))
                .write(folder);
        Path file = folder.resolve("config.json");
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("\"num_hidden_layers\": 5", "\"num_hidden_layers\": 3")
                        .replace("\"num_nextn_predict_layers\": 0", "\"num_nextn_predict_layers\": 2"));
        ModelConfig config = ModelConfig.read(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Binding<?> binding = checkpoint.tryBind(r -> TextTensors.read(r, config));
            assertThat(binding.problems()).isEmpty();
            assertThat(binding.leftOut())
                    .extracting(Binding.LeftOut::name)
                    .containsExactly("language_model.model.layers.3", "language_model.model.layers.4");
            assertThat(binding.leftOut()).allSatisfy(left -> {
                assertThat(left.reason()).isEqualTo("num_hidden_layers is 3");
                assertThat(left.count()).isEqualTo(86);
            });
        }
    }

    @Test
    void aTensorHasOneOwner(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.bind(r -> {
                        WeightReader model = r.at("language_model").at("model");
                        r.leaveOut("language_model", "not looked at");
                        return List.of(model.vector("norm", 128), model.vector("norm", 128));
                    }))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll("language_model.model.norm.weight", "twice");
        }
    }

    @Test
    void unclaimedTensorIsReportedWithItsShard(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.bind(r -> {
                        WeightReader text = r.at("language_model");
                        text.leaveOut("model", "not looked at");
                        return text;
                    }))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll("model-00004-of-000004.safetensors", "language_model.lm_head.weight");
        }
    }

    @Test
    void aRecordThatChecksItsMatricesDoesNotHideTheProblems(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.bind(r -> {
                        if (r.matrix("nothing", 7, 7).rows() != 7) {
                            throw new IllegalArgumentException("a record's own check");
                        }
                        return r;
                    }))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("nothing.weight");
            assertThatThrownBy(() -> checkpoint.bind(r -> {
                        throw new IllegalArgumentException("a mistake of the caller");
                    }))
                    .hasMessage("a mistake of the caller");
        }
    }

    @Test
    void closingTwiceIsHarmlessAndUsingAClosedCheckpointSaysSo(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        MemorySegment data =
                checkpoint.data(checkpoint.tensors().iterator().next()).orElseThrow();
        checkpoint.close();
        checkpoint.close();
        assertThatThrownBy(() -> checkpoint.bind(r -> r))
                .isInstanceOf(ClosedException.class)
                .hasMessageContaining(folder.toString());
        assertThatThrownBy(() -> data.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closingUnmapsEveryFile(@TempDir Path folder) throws IOException {
        Path maps = Path.of("/proc/self/maps");
        assumeTrue(Files.exists(maps), "no /proc here to see mappings in");
        TinyCheckpoint.write(folder);
        ModelConfig config = ModelConfig.read(folder);
        for (int cycle = 0; cycle < 50; cycle++) {
            try (Checkpoint checkpoint = Checkpoint.open(folder)) {
                checkpoint.bind(r -> TextTensors.read(r, config));
                assertThat(mapped(maps, folder)).isEqualTo(4);
            }
            assertThat(mapped(maps, folder)).isZero();
        }
    }

    private static long mapped(Path maps, Path folder) throws IOException {
        return Files.readAllLines(maps).stream()
                .filter(line -> line.contains(folder.toString()))
                .count();
    }

    @Test
    void anInspectionBecomesJson(@TempDir Path folder) throws IOException {
        TinyCheckpoint.writeWithVision(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            String json = checkpoint.inspect().json().write();
            assertThat(json)
                    .startsWith("{\"parts\":[{\"name\":\"embedding\",\"count\":1,\"bytes\":196608}")
                    .contains("{\"name\":\"language_model.model.layers.*.mlp.experts.*.down_proj.weight_packed\","
                            + "\"count\":16,\"dtype\":\"I32\",\"shape\":[128,8],\"bytes\":65536}")
                    .contains("\"totals\":{\"tensors\":" + checkpoint.tensors().size())
                    .contains("\"shards\":6");
        }
    }

    @Test
    void aDamagedCheckpointCanStillBeInspected(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        Files.delete(folder.resolve("model-00002-of-000004.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.problems()).singleElement().asString().contains("model-00002");
            assertThat(checkpoint.inspect().parts())
                    .extracting(Inspection.Part::name)
                    .contains("embedding", "routed experts");
            assertThat(checkpoint.data(checkpoint.tensors().iterator().next())).isEmpty();
        }
    }

    @Test
    void int8AndF32AreReadAsTheFileHasThem(@TempDir Path folder) throws IOException {
        Map<TensorSpec, byte[]> tensors = new LinkedHashMap<>();
        byte[] packed = new byte[3 * 128];
        for (int i = 0; i < packed.length; i++) {
            packed[i] = (byte) i;
        }
        tensors.put(TensorSpec.of("a.weight_packed", "I32", 3, 32), packed);
        tensors.put(TensorSpec.of("a.weight_scale", "BF16", 3, 2), new byte[12]);
        tensors.put(
                TensorSpec.of("a.weight_shape", "I64", 2),
                ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(3)
                        .putLong(128)
                        .array());
        tensors.put(
                TensorSpec.of("b.weight", "F32", 2, 2),
                ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putFloat(1)
                        .putFloat(2)
                        .putFloat(3)
                        .putFloat(4)
                        .array());
        tensors.put(TensorSpec.of("c.weight", "BF16", 2, 1, 3, 1), new byte[12]);
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            List<Matrix> read = checkpoint.bind(
                    r -> List.of(r.matrix("a", 3, 128), r.matrix("b", 2, 2), r.reshaped("c", 2, 3, 2, 1, 3, 1)));
            assertThat(read.get(0)).isInstanceOfSatisfying(Matrix.Int8.class, a -> {
                assertThat(a.group()).isEqualTo(64);
                assertThat(bytes(a.packed())).isEqualTo(packed);
            });
            assertThat(read.get(1))
                    .isInstanceOfSatisfying(
                            Matrix.F32.class,
                            b -> assertThat(b.values().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 12))
                                    .isEqualTo(4f));
            assertThat(read.get(2))
                    .isInstanceOfSatisfying(
                            Matrix.Bf16.class, c -> assertThat(c.cols()).isEqualTo(3));
        }
    }

    @Test
    void whatIsLeftOutByIntentionIsCounted(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Binding<WeightReader> binding = checkpoint.tryBind(r -> {
                r.leaveOut("", "everything");
                return r;
            });
            assertThat(binding.problems()).isEmpty();
            assertThat(binding.leftOut()).singleElement().satisfies(left -> {
                assertThat(left.reason()).isEqualTo("everything");
                assertThat(left.bytes()).isEqualTo(checkpoint.tensorBytes());
            });
        }
    }

    @Test
    void otherFilesAndAnotherTotalSizeAreNotedOnly(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        Files.copy(folder.resolve("model-00001-of-000004.safetensors"), folder.resolve("copy.safetensors"));
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, Files.readString(index).replaceFirst("\"total_size\": \\d+", "\"total_size\": 1"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.problems()).isEmpty();
            assertThat(checkpoint.notes())
                    .hasSize(2)
                    .anyMatch(n -> n.contains("total_size is 1"))
                    .anyMatch(n -> n.contains("copy.safetensors"));
        }
    }

    @Test
    void namesCannotForgeLinesOfALog(@TempDir Path folder) throws IOException {
        Map<TensorSpec, byte[]> tensors = new LinkedHashMap<>();
        tensors.put(TensorSpec.of("a\u001b[2Jb\rc" + "x".repeat(10_000), "U8", 1), new byte[1]);
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.bind(r -> r))
                    .satisfies(e -> assertThat(e.getMessage())
                            .hasSizeLessThan(3_500)
                            .doesNotContain("\u001b", "\r")
                            .contains("a\\u001b[2Jb\\u000dc"));
        }
    }

    @Test
    void directoriesWithoutWeightsSayWhatIsThere(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("none")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("none", "nothing", "config.json");
        assertThatThrownBy(() -> bindNothing(folder)).hasMessageContaining("no .safetensors file");
        Files.createFile(folder.resolve("kimi.gguf"));
        assertThatThrownBy(() -> bindNothing(folder)).hasMessageContaining("kimi.gguf");
        Files.createFile(folder.resolve("model.safetensors.incomplete"));
        Files.delete(folder.resolve("kimi.gguf"));
        assertThatThrownBy(() -> bindNothing(folder)).hasMessageContaining("not finished");
    }

    private static void bindNothing(Path folder) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            checkpoint.bind(r -> r);
        }
    }

    @Test
    void anInterruptedThreadIsToldSoAndStaysInterrupted(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> Checkpoint.open(folder)).isInstanceOf(CancelledException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void verifyingFindsAWrongShapeThatOpeningDoesNotRead(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.verifyShapes()).isEmpty();
        }
        org.kimi4j.testkit.DamagedCheckpoints.tensors().stream()
                .filter(d -> d.name().equals("the shape says something else"))
                .findFirst()
                .orElseThrow()
                .apply(renamedForDamage(folder));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.verifyShapes()).singleElement().asString().contains("[64, 64]");
        }
    }

    /** The damages expect the shard names of a checkpoint with vision. */
    private static Path renamedForDamage(Path folder) throws IOException {
        return TinyCheckpoint.writeWithVision(folder);
    }
}
