package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.testkit.HubLayout;
import org.kimi4j.testkit.TinyCheckpoint;

class HubCacheTest {

    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    Path root;

    private HubCache cache;
    private Path model;
    private Path snapshot;

    @BeforeEach
    void writeCache() throws IOException {
        cache = new HubCache(root);
        model = root.resolve("models--moonshotai--Kimi-K2.5");
        snapshot =
                HubLayout.write(root, "moonshotai/Kimi-K2.5", COMMIT, TinyCheckpoint.write(root.resolve("download")));
    }

    private static void open(Path directory) {
        ModelConfig config = ModelConfig.read(directory);
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            checkpoint.bind(r -> TextTensors.read(r, config));
        }
    }

    @Test
    void aSnapshotOfLinksOpens() {
        Path found = cache.find("moonshotai/Kimi-K2.5").orElseThrow();
        assertThat(found).isEqualTo(snapshot);
        open(found);
    }

    @Test
    void aRevisionIsFoundByItsRefAndByItsCommit() throws IOException {
        Files.writeString(model.resolve("refs/v2"), COMMIT + "\n");
        assertThat(cache.find("moonshotai/Kimi-K2.5", "v2")).contains(snapshot);
        assertThat(cache.find("moonshotai/Kimi-K2.5", COMMIT)).contains(snapshot);
        assertThatThrownBy(() -> cache.find("moonshotai/Kimi-K2.5", "v3"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("v3", COMMIT, "hf download moonshotai/Kimi-K2.5");
    }

    @Test
    void aCacheWithoutRefsIsUnambiguousWithOneSnapshot() throws IOException {
        Files.delete(model.resolve("refs/main"));
        assertThat(cache.find("moonshotai/Kimi-K2.5")).contains(snapshot);
        Files.createDirectory(model.resolve("snapshots/other"));
        assertThatThrownBy(() -> cache.find("moonshotai/Kimi-K2.5")).hasMessageContainingAll("main", "other");
    }

    @Test
    void aRefWithoutItsSnapshotIsAnError() throws IOException {
        Files.writeString(model.resolve("refs/main"), "fedcba");
        assertThatThrownBy(() -> cache.find("moonshotai/Kimi-K2.5"))
                .hasMessageContainingAll("no snapshot", "hf download");
    }

    @Test
    void anotherModelIsNotThereAndNothingIsDownloaded() {
        assertThat(cache.find("moonshotai/Kimi-K2-Thinking")).isEmpty();
        assertThatThrownBy(() -> cache.require("moonshotai/Kimi-K2-Thinking"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(
                        root.toString(), "nothing is downloaded", "hf download moonshotai/Kimi-K2-Thinking");
    }

    @Test
    void idsThatWouldLeaveTheCacheAreRefused() {
        for (String id : new String[] {"../x", "a/../b", "/etc", "a/b/c", "a", "", "a/b--c", "a\\b", ".a/b", "a/b\n"}) {
            assertThat(HubCache.isModelId(id)).as(id).isFalse();
            assertThatThrownBy(() -> cache.find(id)).isInstanceOf(CheckpointException.class);
        }
        assertThatThrownBy(() -> cache.find("moonshotai/Kimi-K2.5", "../..")).isInstanceOf(CheckpointException.class);
        assertThat(HubCache.isModelId("moonshotai/Kimi-K2.5")).isTrue();
    }

    @Test
    void anUnfinishedDownloadIsNamedWithItsRemedy() throws IOException {
        String shard = "model-00002-of-000004.safetensors";
        Path blob = snapshot.resolve(shard).toRealPath();
        Files.delete(snapshot.resolve(shard));
        Files.move(blob, blob.resolveSibling(blob.getFileName() + ".incomplete"));
        assertThatThrownBy(() -> open(snapshot))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(shard, ".incomplete", "run it again");
    }

    @Test
    void aLinkWhoseBlobIsGoneIsNamedWithItsRemedy() throws IOException {
        String shard = "model-00002-of-000004.safetensors";
        Files.delete(snapshot.resolve(shard).toRealPath());
        assertThatThrownBy(() -> open(snapshot)).hasMessageContainingAll(shard, "link", "run the download again");
        Files.delete(snapshot.resolve("config.json").toRealPath());
        assertThatThrownBy(() -> open(snapshot)).hasMessageContainingAll("config.json", "link");
    }

    @Test
    void theRootFollowsTheEnvironment() {
        Path home = Path.of("/home/k");
        assertThat(HubCache.of(Map.of(), home).root()).isEqualTo(Path.of("/home/k/.cache/huggingface/hub"));
        assertThat(HubCache.of(Map.of("XDG_CACHE_HOME", "/c"), home).root()).isEqualTo(Path.of("/c/huggingface/hub"));
        assertThat(HubCache.of(Map.of("HF_HOME", "/hf"), home).root()).isEqualTo(Path.of("/hf/hub"));
        assertThat(HubCache.of(Map.of("HF_HOME", "/hf", "HF_HUB_CACHE", "~/hub"), home)
                        .root())
                .isEqualTo(Path.of("/home/k/hub"));
    }
}
