package org.kimi4j.nano;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CacheFolderTest {

    private final Map<String, String> properties = new HashMap<>(Map.of("os.name", "Linux", "user.home", "/home/ada"));
    private final Map<String, String> environment = new HashMap<>();

    private Path choose() {
        return CacheFolder.choose(properties::get, environment::get);
    }

    @Test
    void thePropertyBeatsTheEnvironmentWhichBeatsTheCache() {
        environment.put("XDG_CACHE_HOME", "/cache");
        environment.put("KIMI_HOME", "/env");
        properties.put("kimi.home", "/prop");
        assertThat(choose()).isEqualTo(Path.of("/prop").toAbsolutePath());
        properties.put("kimi.home", " ");
        assertThat(choose()).isEqualTo(Path.of("/env").toAbsolutePath());
        environment.remove("KIMI_HOME");
        assertThat(choose()).isEqualTo(Path.of("/cache/kimi4j"));
    }

    @Test
    void aRelativeChoiceIsMadeAbsolute() {
        properties.put("kimi.home", "some/../where");
        assertThat(choose()).isEqualTo(Path.of("where").toAbsolutePath());
    }

    @Test
    void everySystemHasItsOwnCache() {
        assertThat(choose()).isEqualTo(Path.of("/home/ada/.cache/kimi4j"));
        environment.put("XDG_CACHE_HOME", "relative");
        assertThat(choose()).as("relative paths are ignored").isEqualTo(Path.of("/home/ada/.cache/kimi4j"));
        properties.put("os.name", "Mac OS X");
        assertThat(choose()).isEqualTo(Path.of("/home/ada/Library/Caches/kimi4j"));
        properties.put("os.name", "Windows 11");
        assertThat(choose()).isEqualTo(Path.of("/home/ada/AppData/Local/kimi4j"));
        environment.put("LOCALAPPDATA", "/local");
        assertThat(choose()).isEqualTo(Path.of("/local/kimi4j"));
    }

    @Test
    void withoutAHomeFolderTheErrorSaysWhatToSet() {
        properties.put("user.home", "?");
        assertThatThrownBy(this::choose)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("-Dkimi.home")
                .hasMessageContaining("KIMI_HOME");
    }
}
