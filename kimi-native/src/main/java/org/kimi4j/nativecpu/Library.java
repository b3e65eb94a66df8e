package org.kimi4j.nativecpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.kimi4j.kernel.PanamaKernels;

/** The shared library: unpacked, loaded and kept for as long as the process lives. */
@SuppressWarnings("restricted") // what this class is for
final class Library {

    private static final String FILE = "linux-x86_64/libkimi_native.so";
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    /**
     * @param symbols empty if there is a problem
     * @param problem empty if there are symbols
     */
    private record Loaded(Optional<SymbolLookup> symbols, Optional<String> problem) {}

    private static final Loaded LOADED = load();

    /** Which of its functions this process uses. */
    private static final class Chosen {
        static final Isa ISA = choose();

        private static Isa choose() {
            try {
                return Isa.choose(
                        asked(), flags(CPU_INFO), PanamaKernels.vectorBits(), () -> tilesRefused(symbols()) == 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Library() {}

    /** Why there is no library here, with the remedy. */
    static Optional<String> problem() {
        return LOADED.problem;
    }

    /** The functions; only where there is no {@link #problem}. */
    static SymbolLookup symbols() {
        return LOADED.symbols.orElseThrow(() -> new IllegalStateException(LOADED.problem.orElse("")));
    }

    /** Which functions are for this processor and vector width; only where there is no {@link #problem}. */
    static Isa isa() {
        return Chosen.ISA;
    }

    private static Optional<String> asked() {
        return Optional.ofNullable(System.getProperty(Isa.PROPERTY));
    }

    private static Loaded load() {
        Optional<String> unfit = unfit(System.getProperty("os.name"), System.getProperty("os.arch"), CPU_INFO, asked());
        if (unfit.isPresent()) {
            return new Loaded(Optional.empty(), unfit);
        }
        try (InputStream in = Library.class.getResourceAsStream(FILE)) {
            if (in == null) {
                return failed("the artifact was built without a C compiler: install gcc and build it again");
            }
            // A folder of its own that nobody else may write to. The file is not needed once it is loaded.
            Path folder = Files.createTempDirectory("kimi-native");
            Path file = folder.resolve("libkimi_native.so");
            try {
                Files.copy(in, file);
                SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
                if (asked().equals(Optional.of(Isa.AMX.suffix()))) {
                    int error = tilesRefused(symbols);
                    if (error != 0) {
                        return failed("-D" + Isa.PROPERTY + "=" + Isa.AMX.suffix() + ": "
                                + (error < 0
                                        ? "the library was built by a compiler that does not know it: build it with gcc 11 or"
                                                + " later"
                                        : "the system does not let this process use its tiles (arch_prctl fails): start java"
                                                + " without this option"));
                    }
                }
                return new Loaded(Optional.of(symbols), Optional.empty());
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(folder);
            }
        } catch (IOException | IllegalArgumentException e) {
            return failed("cannot load its library from " + System.getProperty("java.io.tmpdir") + " (" + e
                    + "): choose a folder that can be written and executed from with -Djava.io.tmpdir");
        } catch (IllegalCallerException e) {
            return failed("start java with --enable-native-access=ALL-UNNAMED (" + e.getMessage() + ")");
        }
    }

    /**
     * Asks the system for the tiles of AMX.
     *
     * @return 0 if this process may use them, a negative number if the library was built without, a positive one if the
     *     system refuses
     */
    private static int tilesRefused(SymbolLookup symbols) {
        Optional<MemorySegment> permit = symbols.find("kimi_permit_amx");
        if (permit.isEmpty()) {
            return -1;
        }
        MethodHandle handle =
                Linker.nativeLinker().downcallHandle(permit.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT));
        try {
            return (int) handle.invokeExact() == 0 ? 0 : 1;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // C throws nothing
        }
    }

    private static Loaded failed(String why) {
        return new Loaded(Optional.empty(), Optional.of(why));
    }

    /**
     * Why this machine cannot run the library.
     *
     * @param asked the instruction set to use
     */
    static Optional<String> unfit(String os, String arch, Path cpuInfo, Optional<String> asked) {
        if (!os.toLowerCase(Locale.ROOT).equals("linux") || !arch.equals("amd64")) {
            return Optional.of("there are kernels for linux amd64 only, this is " + os + " " + arch);
        }
        try {
            return Isa.refused(asked, flags(cpuInfo));
        } catch (IOException e) {
            return Optional.of("cannot read " + cpuInfo + " (" + e + ")");
        }
    }

    /** What a processor can do, as Linux names it. */
    static Set<String> flags(Path cpuInfo) throws IOException {
        return Files.readString(cpuInfo)
                .lines()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Set.copyOf(Arrays.asList(line.split("[\\s:]+"))))
                .orElse(Set.of());
    }
}
