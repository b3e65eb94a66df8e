package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.ClosedException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.json.Json;

class TokenizersTest {

    private static final Vocabulary VOCABULARY = TestVocabularies.o200k(8_000);
    private static final SpecialTokens SPECIAL = TestVocabularies.specialTokens(8_000);

    @TempDir
    private Path directory;

    @BeforeEach
    void writeConfig() {
        TokenizerFiles.writeConfig(directory, SPECIAL);
    }

    private void refused(Class<? extends Exception> type, String... parts) {
        assertThatThrownBy(() -> Tokenizers.open(directory))
                .isInstanceOf(type)
                .satisfies(e -> assertThat(e.getMessage())
                        .contains(directory.toString())
                        .contains("expected")
                        .contains("found")
                        .contains(parts));
    }

    @Test
    void tokenizerJsonGivesTheIdsOfTiktokenModel() {
        TokenizerFiles.writeJson(directory, VOCABULARY, SPECIAL);
        long seed = 21;
        Random random = new Random(seed);
        Tokenizer ours = TestVocabularies.tokenizer(VOCABULARY);
        try (Tokenizer djl = Tokenizers.open(directory)) {
            assertThat(djl.specialTokens().names()).isEqualTo(SPECIAL.names());
            assertThat(djl.size()).isEqualTo(8_256);
            for (int i = 0; i < 20_000; i++) {
                String text = RandomTexts.next(random, 20);
                assertThat(djl.encode(text)).as("seed %d, text %d", seed, i).isEqualTo(ours.encode(text));
                if (i % 5 == 0) {
                    String raw = text + SPECIAL.names().get(random.nextInt(256)) + RandomTexts.next(random, 5);
                    assertThat(djl.encodeRaw(raw))
                            .as("seed %d, raw %d", seed, i)
                            .isEqualTo(ours.encodeRaw(raw));
                    assertThat(djl.encode(raw)).as("seed %d, text %d", seed, i).isEqualTo(ours.encode(raw));
                }
            }
            for (int id = 0; id < djl.size(); id++) {
                assertThat(djl.bytes(id)).isEqualTo(ours.bytes(id));
            }
            String run = "hello".repeat(6_000);
            assertThat(djl.encode(run)).isEqualTo(ours.encode(run));
        }
    }

    @Test
    void tiktokenModelWinsOverTokenizerJson() {
        TokenizerFiles.write(directory.resolve("tokenizer.json"), "not even JSON");
        TokenizerFiles.writeTiktoken(directory, VOCABULARY);
        Tokenizer tokenizer = Tokenizers.open(directory);
        assertThat(tokenizer.decode(tokenizer.encode("hello world"))).isEqualTo("hello world");
        assertThat(tokenizer.specialTokens().id("<think>")).isEqualTo(8_022);
    }

    @Test
    void aClosedTokenizerSaysSo() {
        TokenizerFiles.writeJson(directory, VOCABULARY, SPECIAL);
        Tokenizer djl = Tokenizers.open(directory);
        djl.close();
        djl.close();
        assertThatThrownBy(() -> djl.encode("hello")).isInstanceOf(ClosedException.class);
    }

    @Test
    void theOfflineSwitchIsSetBeforeDjlRuns() {
        TokenizerFiles.writeJson(directory, VOCABULARY, SPECIAL);
        Tokenizers.open(directory).close();
        assertThat(System.getProperty("ai.djl.offline")).isEqualTo("true");
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        refused(CheckpointException.class, "tiktoken.model", "tokenizer.json", "neither");
        TokenizerFiles.writeTiktoken(directory, VOCABULARY);
        Files.delete(directory.resolve("tokenizer_config.json"));
        refused(CheckpointException.class, "tokenizer_config.json");
    }

    @Test
    void aLinkToAMissingBlobIsAnUnfinishedDownload() throws IOException {
        Files.createSymbolicLink(directory.resolve("tiktoken.model"), Path.of("..", "blobs", "0123"));
        refused(CheckpointException.class, "tiktoken.model", "link", "download");
    }

    @Test
    void aTiktokenModelThatIsTooLargeIsNotRead() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("tiktoken.model").toFile(), "rw")) {
            file.setLength(1L << 32);
        }
        refused(CheckpointException.class, "tiktoken.model", "at most 67108864 bytes", "found 4294967296");
    }

    @Test
    void aDirectoryInPlaceOfTheFileIsAnError() throws IOException {
        Files.createDirectory(directory.resolve("tiktoken.model"));
        assertThatThrownBy(() -> Tokenizers.open(directory))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tiktoken.model")
                .hasMessageContaining("cannot be read");
    }

    @Test
    void aDamagedConfigIsRefused() {
        TokenizerFiles.writeTiktoken(directory, VOCABULARY);
        Path config = directory.resolve("tokenizer_config.json");
        TokenizerFiles.write(config, "{\"added_tokens_decoder\": {\"8000\": ");
        refused(CheckpointException.class, "tokenizer_config.json", "JSON");
        TokenizerFiles.write(config, "[]");
        refused(CheckpointException.class, "added_tokens_decoder");
        TokenizerFiles.write(config, "{\"added_tokens_decoder\": {\"8000\": {\"special\": true}}}");
        refused(CheckpointException.class, "added_tokens_decoder.8000", "content");
        TokenizerFiles.write(config, "{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}");
        refused(CheckpointException.class, "8000 to 8255", "found x");
        TokenizerFiles.write(
                config, "{\"added_tokens_decoder\": {\"8000\": {\"content\": \"a\"}, \"8001\": {\"content\": \"a\"}}}");
        refused(CheckpointException.class, "found a twice");
    }

    @Test
    void aTiktokenModelThatLostItsLastLinesContradictsTheConfig() {
        TokenizerFiles.writeTiktoken(directory, TestVocabularies.o200k(7_999));
        refused(CheckpointException.class, "vocabulary of 7999 tokens", "7999 to 8254", "found 8255");
    }

    @Test
    void shiftedControlIdsOfATokenizerJsonAreRefused() {
        List<String> names = new ArrayList<>(SPECIAL.names());
        // The gap at the fifth place closes, as conversions do.
        names.add(names.remove(5));
        TokenizerFiles.writeJson(directory, VOCABULARY, new SpecialTokens(8_000, names));
        refused(CheckpointException.class, "<|im_system|>: expected id 8010, found 8009", "tiktoken.model");
        assertThatThrownBy(() -> Tokenizers.open(directory))
                .satisfies(e -> assertThat(((CheckpointException) e).problems())
                        .contains(
                                "<|im_middle|>: expected id 8017, found 8016",
                                "<|media_pad|>: expected id 8021, found 8020"));
    }

    @Test
    void aTokenizerJsonOfAnotherKindIsRefused() {
        Path file = directory.resolve("tokenizer.json");
        TokenizerFiles.write(file, "{\"model\": {\"type\": \"Unigram\"}}");
        refused(UnsupportedModelException.class, "model.type", "Unigram");
        TokenizerFiles.write(file, "{\"model\": {\"type\": \"BPE\"}, \"normalizer\": {\"type\": \"NFC\"}}");
        refused(UnsupportedModelException.class, "normalizer", "NFC");
        TokenizerFiles.write(file, "{\"model\": {\"type\": \"BPE\"}, \"pre_tokenizer\": {\"type\": \"Metaspace\"}}");
        refused(UnsupportedModelException.class, "pre_tokenizer", "Metaspace");
        String start =
                "{\"pre_tokenizer\": {\"type\": \"ByteLevel\"}, \"added_tokens\": [], \"model\": {\"type\": \"BPE\", \"vocab\": ";
        TokenizerFiles.write(file, start + "{\"a\": 0, \"b\": 2}}}");
        refused(CheckpointException.class, "ids 0 to 1", "found 2");
        TokenizerFiles.write(file, start + "{\"a\": 0, \"\u4e2d\": 1}}}");
        refused(CheckpointException.class, "byte-level alphabet", "U+4E2D");
        TokenizerFiles.write(file, start + "{\"a\": 0, \"b\": 1.5}}}");
        refused(CheckpointException.class, "expected a token id", "1.5");
    }

    /** Loads the library without DJL, in a class loader of its own. */
    @Test
    void withoutDjlTheErrorNamesTheArtifact() throws Exception {
        TokenizerFiles.writeJson(directory, VOCABULARY, SPECIAL);
        URL[] withoutDjl = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.replace('\\', '/').contains("/ai/djl/"))
                .map(TokenizersTest::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(withoutDjl, ClassLoader.getPlatformClassLoader())) {
            Class<?> tokenizers = loader.loadClass("org.kimi4j.tokenizer.Tokenizers");
            assertThatThrownBy(() -> {
                        try {
                            tokenizers.getMethod("open", Path.class).invoke(null, directory);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    })
                    .satisfies(e ->
                            assertThat(e.getClass().getName()).isEqualTo(UnsupportedModelException.class.getName()))
                    .hasMessageContaining("ai.djl.huggingface:tokenizers:" + djlVersion())
                    .hasMessageContaining("tokenizer.json");
        }
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The version on the class path of this build, which the message has to name. */
    private static String djlVersion() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).getFileName().toString())
                .filter(name -> name.startsWith("tokenizers-"))
                .map(name -> name.substring("tokenizers-".length(), name.length() - ".jar".length()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void controlTokensOfTheOfficialVocabularyMustHaveTheirOfficialIds() {
        String[] names = new String[TokenizerConfig.CONTROL_TOKENS];
        names[16] = SpecialTokens.IM_MIDDLE;
        names[20] = SpecialTokens.MEDIA_PAD;
        SpecialTokens shifted = TokenizerConfig.specialTokens("test", names, 163_584);
        TokenizerJson json = new TokenizerJson(
                "tokenizer.json",
                new Json.Obj(Map.of(
                        "model", TokenizerFiles.object("type", new Json.Str("BPE")),
                        "pre_tokenizer", TokenizerFiles.object("type", new Json.Str("ByteLevel")),
                        "added_tokens", new Json.Arr(List.of()))));
        assertThatThrownBy(() -> json.requireIdsOf(shifted))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("<|im_middle|>: expected id 163601")
                .hasMessageContaining("<|media_pad|>: expected id 163605");
    }
}
