package org.kimi4j.nativecpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.Backend;
import org.kimi4j.Backends;
import org.kimi4j.spi.KernelsProvider;

/** Finding out whether the library can be used. */
class LibraryTest {

    @Test
    void providerIsFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(KernelsProvider.class).stream()
                        .map(p -> p.get().name()))
                .contains("native");
    }

    @Test
    void everyReasonIsAReasonWithARemedy() {
        String unusable = Backends.list().stream()
                .filter(s -> s.backend() == Backend.NATIVE)
                .flatMap(s -> s.unusable().stream())
                .findFirst()
                .orElse("");
        // On machines without the compiler or the processor this says why the other tests do not run.
        assumeThat(unusable).describedAs("native kernels").isEmpty();
        assertThat(Functions.isa()).isEqualTo("AVX2 FMA");
        assertThat(Functions.version()).isEqualTo(Functions.VERSION);
        assertThat(SelfCheck.run()).isEmpty();
    }

    @Test
    void otherPlatformsAndProcessorsAreRefusedByName(@TempDir Path folder) throws IOException {
        Path info = Files.writeString(folder.resolve("cpuinfo"), "processor : 0\nflags : fpu sse2 avx fma\n");
        assertThat(Library.unfit("Linux", "amd64", info)).hasValue("the processor has no AVX2 and FMA");
        assertThat(Library.unfit("Windows 11", "amd64", info).orElse("")).contains("this is Windows 11 amd64");
        assertThat(Library.unfit("Linux", "aarch64", info).orElse("")).contains("this is Linux aarch64");
        assertThat(Library.unfit("Linux", "amd64", folder.resolve("none")).orElse(""))
                .contains("cannot read");
        Files.writeString(info, "processor\t: 0\nflags\t\t: fpu avx2 fma\n");
        assertThat(Library.unfit("Linux", "amd64", info)).isEmpty();
    }
}
