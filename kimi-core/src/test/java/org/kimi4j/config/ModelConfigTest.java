package org.kimi4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.SyntheticCheckpoint;

class ModelConfigTest {

    @TempDir
    Path folder;

    /** config.json of K2.5 in its true sizes, with one text replaced by another. */
    private ModelConfig k25(String from, String to) throws IOException {
        return edited(SyntheticCheckpoint.of(ModelShape.k25()).vision(true).sparse(true), from, to);
    }

    private ModelConfig edited(SyntheticCheckpoint checkpoint, String from, String to) throws IOException {
        checkpoint.writeConfiguration(folder);
        Path file = folder.resolve("config.json");
        String text = Files.readString(file);
        assertThat(text).contains(from);
        if (!from.isEmpty()) {
            Files.writeString(file, text.replace(from, to));
        }
        return ModelConfig.read(folder);
    }

    @Test
    void theOfficialKeysBecomeComponents() throws IOException {
        ModelConfig config = k25("", "");
        TextConfig text = config.textConfig();
        assertThat(config.modelType()).isEqualTo("kimi_k25");
        assertThat(config.textPrefix()).isEqualTo("language_model");
        assertThat(config.mediaPlaceholderTokenId()).hasValue(163_605);
        assertThat(config.ignoredKeys()).isEmpty();
        assertThat(text.vocabSize()).isEqualTo(163_840);
        assertThat(text.hiddenSize()).isEqualTo(7_168);
        assertThat(text.numHiddenLayers()).isEqualTo(61);
        assertThat(text.nRoutedExperts()).isEqualTo(384);
        assertThat(text.numExpertsPerTok()).isEqualTo(8);
        assertThat(text.routedScalingFactor()).isEqualTo(2.827);
        assertThat(text.qkHeadDim()).isEqualTo(192);
        assertThat(text.rmsNormEps()).isEqualTo(1e-5);
        assertThat(text.isMoeLayer(0)).isFalse();
        assertThat(text.isMoeLayer(1)).isTrue();
        assertThat(text.isMoeLayer(60)).isTrue();
        assertThat(text.sharedIntermediateSize()).isEqualTo(2_048);
        assertThat(config.visionConfig()).get().satisfies(vision -> {
            assertThat(vision.vtHiddenSize()).isEqualTo(1_152);
            assertThat(vision.mergeKernelSize()).containsExactly(2, 2);
        });
        assertThat(config.quantizationConfig().groups()).singleElement().satisfies(group -> {
            assertThat(group.numBits()).isEqualTo(4);
            assertThat(group.groupSize()).isEqualTo(32);
        });
    }

    @Test
    void theSoftmaxScaleHasTheSquareOfTheAttentionTemperature() throws IOException {
        TextConfig text = k25("", "").textConfig();
        assertThat(text.softmaxScale()).isCloseTo(0.14467962580268923, within(1e-15));
        assertThat(text.ropeScaling().softmaxFactor()).isCloseTo(2.004739701682487, within(1e-15));
        assertThat(text.ropeScaling().cosSinScale()).isEqualTo(1.0);
    }

    @Test
    void withoutRopeScalingNothingIsStretched() throws IOException {
        TextConfig text = k25("\"rope_scaling\": {", "\"rope_scaling\": null, \"unused\": {")
                .textConfig();
        assertThat(text.ropeScaling().factor()).isEqualTo(1.0);
        assertThat(text.softmaxScale()).isCloseTo(1 / Math.sqrt(192), within(1e-15));
    }

    @Test
    void stopIdsAreThoseOfAllFiles() throws IOException {
        ModelConfig config = k25("", "");
        GenerationConfig generation = GenerationConfig.read(folder, 163_840);
        assertThat(config.stopTokenIds(generation)).containsExactly(163_585, 163_586);
        assertThat(config.stopTokenIds(GenerationConfig.none())).containsExactly(163_585);
        Files.writeString(
                folder.resolve(GenerationConfig.FILE), "{\"eos_token_id\": [163593, 163586], \"new_key\": 1}");
        GenerationConfig list = GenerationConfig.read(folder, 163_840);
        assertThat(config.stopTokenIds(list)).containsExactly(163_585, 163_586, 163_593);
        assertThat(list.ignoredKeys()).containsExactly("new_key");
        Files.delete(folder.resolve(GenerationConfig.FILE));
        assertThat(GenerationConfig.read(folder, 163_840)).isEqualTo(GenerationConfig.none());
    }

    @Test
    void aTextOnlyFileIsReadOnItsFirstLevel() throws IOException {
        ModelConfig config =
                edited(SyntheticCheckpoint.of(ModelShape.k25()).textOnly(), "\"kimi_k2\"", "\"deepseek_v3\"");
        assertThat(config.textPrefix()).isEmpty();
        assertThat(config.visionConfig()).isEmpty();
        assertThat(config.quantizationConfig().groups()).hasSize(1);
        assertThat(config.stopTokenIds(GenerationConfig.none())).containsExactly(163_585);
    }

    @Test
    void keysThatAreNotKnownAreListed() throws IOException {
        ModelConfig config = k25("\"use_cache\": true", "\"use_cache\": true, \"num_beams\": 1");
        assertThat(config.ignoredKeys()).containsExactly("text_config.num_beams");
        assertThat(k25("\"patch_size\": 14", "\"patch_size\": 14, \"x\": 1").ignoredKeys())
                .containsExactly("vision_config.x");
    }

    @Test
    void theSameQuantisationMayBeStatedTwiceButNotAnother() throws IOException {
        String inner =
                "\"quantization_config\": {\"quant_method\": \"compressed-tensors\", \"format\": \"pack-quantized\","
                        + " \"config_groups\": {\"group_0\": {\"targets\": [\"Linear\"], \"weights\": {\"num_bits\": 4, \"type\":"
                        + " \"int\", \"symmetric\": true, \"strategy\": \"group\", \"group_size\": 32}}}}";
        String key = "\"use_unified_vision_chunk\": true";
        assertThat(k25(key, key + ", " + inner).quantizationConfig().groups()).hasSize(1);
        String other = inner.replace("\"num_bits\": 4", "\"num_bits\": 8");
        assertThatThrownBy(() -> k25(key, key + ", " + other))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("key quantization_config", "numBits=4", "numBits=8");
    }

    @Test
    void severalGroupsOfFourAndEightBitsAreRead() throws IOException {
        String group = "\"group_1\": {\"targets\": [\"re:.*self_attn.*\"], \"format\": \"pack-quantized\", \"weights\":"
                + " {\"num_bits\": 8, \"type\": \"int\", \"symmetric\": true, \"strategy\": \"group\", \"group_size\": 128}}, ";
        QuantizationConfig config =
                k25("\"group_0\": {", group + "\"group_0\": {").quantizationConfig();
        assertThat(config.groups())
                .extracting(QuantizationConfig.Group::numBits)
                .containsExactlyInAnyOrder(4, 8);
    }

    @Test
    void groupsOfExpertsAreRead() throws IOException {
        TextConfig text = k25("\"n_group\": 1,\n    \"topk_group\": 1", "\"n_group\": 8,\n    \"topk_group\": 4")
                .textConfig();
        assertThat(text.nGroup()).isEqualTo(8);
        assertThat(text.topkGroup()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({"2, 3, false", "2, 4, true", "3, 3, true", "3, 4, false"})
    void everyNthLayerHasExperts(int frequency, int layer, boolean experts) throws IOException {
        TextConfig text =
                k25("\"moe_layer_freq\": 1", "\"moe_layer_freq\": " + frequency).textConfig();
        assertThat(text.isMoeLayer(layer)).isEqualTo(experts);
        assertThat(text.isMoeLayer(0)).isFalse();
    }

    @Test
    void furtherLayersAreReadAsANumberOnly() throws IOException {
        assertThat(k25("\"num_nextn_predict_layers\": 0", "\"num_nextn_predict_layers\": 1")
                        .textConfig()
                        .numNextnPredictLayers())
                .isEqualTo(1);
    }

    @Test
    void whatIsSoundButNotComputedIsToldFromWhatIsBroken() {
        assertThatThrownBy(() -> k25("\"sigmoid\"", "\"softmax\""))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContainingAll("scoring_func", "sigmoid", "softmax");
        assertThatThrownBy(() -> k25("\"hidden_size\": 7168", "\"hidden_size\": \"7168\""))
                .isInstanceOf(CheckpointException.class);
    }

    @Test
    void allProblemsAreToldTogether() {
        assertThatThrownBy(() -> k25(
                        "\"hidden_size\": 7168",
                        "\"hidden_size\": 0, \"sliding_window\": 7, \"rope_parameters\": {\"rope_theta\": 1}"))
                .isInstanceOfSatisfying(
                        CheckpointException.class,
                        e -> assertThat(e.problems())
                                .hasSize(3)
                                .anyMatch(p -> p.contains("text_config.hidden_size"))
                                .anyMatch(p -> p.contains("text_config.sliding_window"))
                                .anyMatch(p -> p.contains("text_config.rope_parameters")));
    }

    @ParameterizedTest
    @CsvSource({"factor, 64.0, NaN", "rms_norm_eps, 1.0E-5, 1e400", "rope_theta, 50000.0, -1", "beta_fast, 32.0, 0.5"})
    void numbersOutsideTheirRangeAreRefusedByName(String key, String from, String to) {
        assertThatThrownBy(() -> k25("\"" + key + "\": " + from, "\"" + key + "\": " + to))
                .isInstanceOf(CheckpointException.class)
                .satisfies(e -> assertThat(e.getMessage()).containsAnyOf(key, "not JSON"));
    }
}
