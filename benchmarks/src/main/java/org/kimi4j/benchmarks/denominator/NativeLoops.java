package org.kimi4j.benchmarks.denominator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The limits' loops in C, compiled for this machine when first asked for; lives as long as the JVM. */
@SuppressWarnings("restricted")
public final class NativeLoops {

    private static final Optional<NativeLoops> LOOPS = compile();

    private final MethodHandle[] reads;
    private final MethodHandle[] fmas;
    private final MethodHandle[] int8s;
    private final double int8Ops;
    private final String int8Name;
    private final int vectorBytes;

    private NativeLoops(SymbolLookup library) throws Throwable {
        FunctionDescriptor read = FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG);
        FunctionDescriptor fma = FunctionDescriptor.of(JAVA_FLOAT, JAVA_LONG, JAVA_FLOAT, JAVA_FLOAT);
        reads = new MethodHandle[] {
            handle(library, "read_1", read), handle(library, "read_2", read), handle(library, "read_4", read)
        };
        fmas = new MethodHandle[] {
            handle(library, "fma_8", fma), handle(library, "fma_12", fma), handle(library, "fma_16", fma)
        };
        FunctionDescriptor int8 = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
        int8s = new MethodHandle[] {
            handle(library, "int8_8", int8), handle(library, "int8_12", int8), handle(library, "int8_16", int8)
        };
        int8Ops = (double)
                handle(library, "int8_ops", FunctionDescriptor.of(JAVA_DOUBLE)).invokeExact();
        vectorBytes = (int)
                handle(library, "vector_bytes", FunctionDescriptor.of(JAVA_INT)).invokeExact();
        MemorySegment name = (MemorySegment)
                handle(library, "int8_name", FunctionDescriptor.of(ADDRESS)).invokeExact();
        int8Name = name.reinterpret(64).getString(0);
    }

    private static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type);
    }

    /** The loops; empty on a machine without a C compiler ({@code cc}, or what the environment's CC names). */
    public static Optional<NativeLoops> get() {
        return LOOPS;
    }

    private static Optional<NativeLoops> compile() {
        String compiler = Optional.ofNullable(System.getenv("CC")).orElse("cc");
        try {
            Path folder = Files.createTempDirectory("kimi-loops");
            Path source = folder.resolve("loops.c");
            Path library = folder.resolve(System.mapLibraryName("loops"));
            try (InputStream in = NativeLoops.class.getResourceAsStream("loops.c")) {
                if (in == null) {
                    throw new IllegalStateException("the resource loops.c is missing");
                }
                Files.copy(in, source);
                Process process = new ProcessBuilder(List.of(
                                compiler,
                                "-O3",
                                "-march=native",
                                "-shared",
                                "-fPIC",
                                "-o",
                                library.toString(),
                                source.toString()))
                        .redirectErrorStream(true)
                        .start();
                String said = new String(process.getInputStream().readAllBytes());
                if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
                    throw new IOException(compiler + " does not compile loops.c: " + said);
                }
                return Optional.of(new NativeLoops(SymbolLookup.libraryLookup(library, Arena.global())));
            } finally {
                Files.deleteIfExists(source);
                Files.deleteIfExists(library); // stays mapped
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            System.err.println("benchmarks: without the loops in C: " + e.getMessage());
            return Optional.empty();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads bytes in 1, 2 or 4 streams. */
    long read(int streams, MemorySegment memory, long from, long bytes) {
        try {
            return (long) reads[streams / 2].invokeExact(memory.asSlice(from, bytes), bytes);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Rounds of 8, 12 or 16 chains of one step. */
    float fma(int chains, long rounds, float scale, float offset) {
        try {
            return (float) fmas[chains / 4 - 2].invokeExact(rounds, scale, offset);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Floating point operations of a round of a number of chains. */
    double fmaFlops(int chains) {
        return 2.0 * chains * vectorBytes / Float.BYTES;
    }

    /** Rounds of 8, 12 or 16 chains of integer dot products of bytes. */
    int int8(int chains, long rounds, int left, int right) {
        try {
            return (int) int8s[chains / 4 - 2].invokeExact(rounds, left, right);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Operations of a round of a number of chains; 0 if the machine has no such instruction. */
    double int8Ops(int chains) {
        return int8Ops * chains;
    }

    /** The instruction behind {@link #int8}. */
    public String int8Name() {
        return int8Name;
    }

    private static RuntimeException rethrown(Throwable e) {
        return switch (e) {
            case RuntimeException unchecked -> unchecked;
            case Error error -> throw error;
            case Throwable other -> {
                if (other instanceof IOException io) {
                    throw new UncheckedIOException(io);
                }
                yield new IllegalStateException(other);
            }
        };
    }
}
