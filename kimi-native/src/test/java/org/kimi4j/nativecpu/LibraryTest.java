package org.kimi4j.nativecpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.Backend;
import org.kimi4j.Backends;
import org.kimi4j.spi.KernelsProvider;

/** Finding out whether the library can be used. */
class LibraryTest {

    private static final Optional<String> NOTHING = Optional.empty();

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
        // A wrong kernel must not pass for a missing compiler.
        assertThat(unusable).doesNotContain("disagrees with its twin");
        // On machines without the compiler or the processor this says why the other tests do not run.
        assumeThat(unusable).describedAs("native kernels").isEmpty();
        assertThat(Functions.isa())
                .isEqualTo(
                        switch (Library.isa()) {
                            case AVX2 -> "AVX2 FMA";
                            case AVX512 -> "AVX-512 VNNI BF16";
                            case AMX -> "AMX on AVX-512 VNNI BF16";
                        });
        assertThat(Functions.version()).isEqualTo(Functions.VERSION);
        assertThat(SelfCheck.run()).isEmpty();
    }

    @Test
    void otherPlatformsAndProcessorsAreRefusedByName(@TempDir Path folder) throws IOException {
        Path info = Files.writeString(folder.resolve("cpuinfo"), "processor : 0\nflags : fpu sse2 avx fma\n");
        assertThat(Library.unfit("Linux", "amd64", info, NOTHING)).hasValue("the processor has no AVX2 and FMA");
        assertThat(Library.unfit("Windows 11", "amd64", info, NOTHING).orElse(""))
                .contains("this is Windows 11 amd64");
        assertThat(Library.unfit("Linux", "aarch64", info, NOTHING).orElse("")).contains("this is Linux aarch64");
        assertThat(Library.unfit("Linux", "amd64", folder.resolve("none"), NOTHING)
                        .orElse(""))
                .contains("cannot read");
        Files.writeString(info, "processor\t: 0\nflags\t\t: fpu avx2 fma\n");
        assertThat(Library.unfit("Linux", "amd64", info, NOTHING)).isEmpty();
    }

    @Test
    void widthAndProcessorChooseTheInstructions() {
        Set<String> avx2 = Set.of("avx2", "fma");
        Set<String> all = Set.of(
                "avx2",
                "fma",
                "avx512f",
                "avx512bw",
                "avx512dq",
                "avx512vl",
                "avx512vbmi",
                "avx512_vnni",
                "avx512_bf16");
        assertThat(Isa.choose(NOTHING, all, 512, () -> true)).isEqualTo(Isa.AVX512);
        assertThat(Isa.choose(NOTHING, all, 256, () -> true)).isEqualTo(Isa.AVX2);
        assertThat(Isa.choose(NOTHING, avx2, 512, () -> true)).isEqualTo(Isa.AVX2);
        assertThat(Isa.choose(Optional.of("avx2"), all, 512, () -> true)).isEqualTo(Isa.AVX2);
        assertThat(Isa.choose(Optional.of("avx512"), all, 256, () -> true)).isEqualTo(Isa.AVX512);
        Set<String> tiles = new HashSet<>(all);
        tiles.addAll(Set.of("amx_tile", "amx_int8", "amx_bf16"));
        assertThat(Isa.choose(NOTHING, tiles, 512, () -> true)).isEqualTo(Isa.AMX);
        assertThat(Isa.choose(NOTHING, tiles, 512, () -> false)).isEqualTo(Isa.AVX512);
        assertThat(Isa.choose(NOTHING, tiles, 256, () -> true)).isEqualTo(Isa.AVX2);
        assertThat(Isa.choose(Optional.of("avx512"), tiles, 512, () -> true)).isEqualTo(Isa.AVX512);
        assertThat(Isa.refused(NOTHING, avx2)).isEmpty();
        assertThat(Isa.refused(Optional.of("avx512"), all)).isEmpty();
        assertThat(Isa.refused(Optional.of("AVX9"), all))
                .hasValue("-Dkimi.nativeIsa=AVX9: expected avx2 or avx512 or amx");
        for (String missing : all) {
            Set<String> less = new HashSet<>(all);
            less.remove(missing);
            assertThat(Isa.refused(Optional.of("avx512"), less).orElse(""))
                    .startsWith("-Dkimi.nativeIsa=avx512: the processor has no " + missing + ";");
        }
    }
}
