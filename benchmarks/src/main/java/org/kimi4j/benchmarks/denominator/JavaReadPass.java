package org.kimi4j.benchmarks.denominator;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reads memory and does nothing else that could be left out: the exclusive or of everything. One stream walks through the
 * memory; several walk through its parts side by side. Written flat: each loop has all its loads in sight.
 */
final class JavaReadPass {

    private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
    private static final int V = SPECIES.vectorByteSize();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private JavaReadPass() {}

    /** What a step of any of the loops reads. */
    static int step() {
        return 8 * V;
    }

    static long one(MemorySegment memory, long from, long bytes) {
        LongVector a = LongVector.zero(SPECIES);
        LongVector b = a;
        LongVector c = a;
        LongVector d = a;
        long end = from + bytes / step() * step();
        for (long at = from; at < end; at += 8 * V) {
            a = a.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at, LE));
            b = b.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + V, LE));
            c = c.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + 2 * V, LE));
            d = d.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + 3 * V, LE));
            a = a.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + 4 * V, LE));
            b = b.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + 5 * V, LE));
            c = c.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + 6 * V, LE));
            d = d.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, at + 7 * V, LE));
        }
        return a.lanewise(VectorOperators.XOR, b)
                .lanewise(VectorOperators.XOR, c.lanewise(VectorOperators.XOR, d))
                .reduceLanes(VectorOperators.XOR);
    }

    static long two(MemorySegment memory, long from, long bytes) {
        long part = bytes / 2 / (4 * V) * (4 * V);
        long q = from + part;
        LongVector a = LongVector.zero(SPECIES);
        LongVector b = a;
        LongVector c = a;
        LongVector d = a;
        for (long i = 0; i < part; i += 4 * V) {
            a = a.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, from + i, LE));
            b = b.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, from + i + V, LE));
            c = c.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, from + i + 2 * V, LE));
            d = d.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, from + i + 3 * V, LE));
            a = a.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, q + i, LE));
            b = b.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, q + i + V, LE));
            c = c.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, q + i + 2 * V, LE));
            d = d.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, q + i + 3 * V, LE));
        }
        return a.lanewise(VectorOperators.XOR, b)
                .lanewise(VectorOperators.XOR, c.lanewise(VectorOperators.XOR, d))
                .reduceLanes(VectorOperators.XOR);
    }

    static long four(MemorySegment memory, long from, long bytes) {
        long part = bytes / 4 / (2 * V) * (2 * V);
        long q = from + part;
        long r = q + part;
        long s = r + part;
        LongVector a = LongVector.zero(SPECIES);
        LongVector b = a;
        LongVector c = a;
        LongVector d = a;
        for (long i = 0; i < part; i += 2 * V) {
            a = a.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, from + i, LE));
            b = b.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, q + i, LE));
            c = c.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, r + i, LE));
            d = d.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, s + i, LE));
            a = a.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, from + i + V, LE));
            b = b.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, q + i + V, LE));
            c = c.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, r + i + V, LE));
            d = d.lanewise(VectorOperators.XOR, LongVector.fromMemorySegment(SPECIES, memory, s + i + V, LE));
        }
        return a.lanewise(VectorOperators.XOR, b)
                .lanewise(VectorOperators.XOR, c.lanewise(VectorOperators.XOR, d))
                .reduceLanes(VectorOperators.XOR);
    }
}
