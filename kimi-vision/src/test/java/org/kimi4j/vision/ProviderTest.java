package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.kimi4j.spi.MediaEncoderProvider;

class ProviderTest {

    private static final Path CLASSES = Path.of("target/classes");

    @Test
    void moduleAndClassPathDeclareTheSameProviders() throws Exception {
        var module =
                ModuleFinder.of(CLASSES).find("org.kimi4j.vision").orElseThrow().descriptor();
        assertThat(module.provides()).hasSize(1);
        for (var provides : module.provides()) {
            Path services = CLASSES.resolve("META-INF/services").resolve(provides.service());
            assertThat(Files.readAllLines(services)).containsExactlyElementsOf(provides.providers());
        }
    }

    @Test
    void providerIsFound() {
        assertThat(ServiceLoader.load(MediaEncoderProvider.class))
                .extracting(MediaEncoderProvider::name)
                .containsExactly("kimi-vision");
    }
}
