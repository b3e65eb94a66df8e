package org.kimi4j.nativecpu;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An instruction set that the library has functions for. */
enum Isa {
    /** Products of bfloat16 weights with generated rows have the bits of the Java kernels at 256 bits. */
    AVX2("avx2", 256, Set.of("avx2", "fma")),
    /** Products of bfloat16 weights with generated rows have the bits of the Java kernels at 512 bits. */
    AVX512(
            "avx512",
            512,
            Set.of(
                    "avx2",
                    "fma",
                    "avx512f",
                    "avx512bw",
                    "avx512dq",
                    "avx512vl",
                    "avx512vbmi",
                    "avx512_vnni",
                    "avx512_bf16")),
    /** As {@link #AVX512}, and prompt rows by tiles. */
    AMX("amx", AVX512, Set.of("amx_tile", "amx_int8", "amx_bf16"));

    /** The system property that asks for one by its name. */
    static final String PROPERTY = "kimi.nativeIsa";

    private final String suffix;
    private final int bits;
    private final Set<String> flags;

    Isa(String suffix, int bits, Set<String> flags) {
        this.suffix = suffix;
        this.bits = bits;
        this.flags = flags;
    }

    /** One that adds to another. */
    Isa(String suffix, Isa base, Set<String> flags) {
        this(
                suffix,
                base.bits,
                Stream.concat(base.flags.stream(), flags.stream()).collect(Collectors.toUnmodifiableSet()));
    }

    /** What the names of its functions end in, and what the user calls it. */
    String suffix() {
        return suffix;
    }

    /** Bits of its vectors. */
    int bits() {
        return bits;
    }

    /** Whether it has all functions of AVX-512, and prompt rows meet bfloat16 weights in bfloat16. */
    boolean isAvx512() {
        return this != AVX2;
    }

    /** Whether a processor with these flags, as Linux names them, has its instructions. */
    boolean runsOn(Set<String> processor) {
        return processor.containsAll(flags);
    }

    /**
     * What is wrong with asking for one on this processor, with the remedy; empty if nothing is.
     *
     * @param asked its name, or nothing
     */
    static Optional<String> refused(Optional<String> asked, Set<String> processor) {
        if (asked.isEmpty()) {
            return AVX2.runsOn(processor) ? Optional.empty() : Optional.of("the processor has no AVX2 and FMA");
        }
        String option = "-D" + PROPERTY + "=" + asked.get();
        Optional<Isa> isa = named(asked.get());
        if (isa.isEmpty()) {
            return Optional.of(option + ": expected "
                    + Arrays.stream(values()).map(Isa::suffix).collect(Collectors.joining(" or ")));
        }
        Set<String> missing = new TreeSet<>(isa.get().flags);
        missing.removeAll(processor);
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(option + ": the processor has no " + String.join(", ", missing)
                        + "; start java without this option");
    }

    /**
     * The one to use where nothing is {@link #refused}: what was asked for, else the last one of the width of the Java kernels
     * that the processor has, so that a width forced with {@code -Dkimi.vectorBits} holds for both; else AVX2.
     *
     * @param tiles whether the system lets this process use the tiles of AMX
     */
    static Isa choose(Optional<String> asked, Set<String> processor, int vectorBits, BooleanSupplier tiles) {
        Optional<Isa> named = asked.flatMap(Isa::named);
        if (named.isPresent()) {
            return named.get();
        }
        if (vectorBits != AVX512.bits || !AVX512.runsOn(processor)) {
            return AVX2;
        }
        return AMX.runsOn(processor) && tiles.getAsBoolean() ? AMX : AVX512;
    }

    private static Optional<Isa> named(String name) {
        return Arrays.stream(values()).filter(isa -> isa.suffix.equals(name)).findFirst();
    }
}
