package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The functions of {@code kimi_native.h} for the instruction set of {@link Library#isa}. Pointers are passed as numbers: a
 * segment as an argument costs an allocation a call. Whoever calls keeps the memory behind an address alive, and within
 * bounds.
 */
@SuppressWarnings("restricted") // what this class is for
final class Functions {

    /** Outputs of a panel: {@code KIMI_PANEL}. */
    static final int PANEL = 16;

    /** Of the header that these signatures were written for. */
    static final int VERSION = 5;

    /** Heads that stand side by side in a result of attention: {@code KIMI_ATTENTION_HEADS}. */
    static final int HEADS = 32;

    /** Outputs of a panel of floats at most, and rows that meet it together: {@code KIMI_FLOAT_...}. */
    static final int FLOAT_OUTPUTS = 24;

    static final int FLOAT_ROWS = 64;

    /** Positions of a page: {@code KIMI_ATTENTION_POSITIONS}. */
    static final int POSITIONS = 64;

    private static final MethodHandle QUANTIZE = find("quantize", 7);
    private static final MethodHandle INT4_ROWS = find("int4_rows", 10);
    private static final MethodHandle INT4_PANEL = find("int4_panel", 10);
    private static final MethodHandle INT8_ROWS = find("int8_rows", 10);
    private static final MethodHandle INT8_PANEL = find("int8_panel", 11);
    private static final MethodHandle BF16_PACK = find("bf16_pack", 3);
    private static final MethodHandle BF16_ROWS = find("bf16_rows", 7);

    // Not for every instruction set, hence looked for when first needed.

    private static final class Bytes {
        static final MethodHandle PACK = find("int8_pack", 3);
        static final MethodHandle FLOATS = find("int8_floats", 9);
    }

    private static final class FloatPanels {
        static final MethodHandle RUN = find("floats_panel", 11);
    }

    private static final class Nibbles {
        static final MethodHandle PACK = find("int4_pack", 3);
        static final MethodHandle FLOATS = find("int4_floats", 8);
    }

    private static final class Tiles {
        static final MethodHandle CODES = find("tile_codes", 6);
        static final MethodHandle HALVES = find("tile_halves", 4);
        static final MethodHandle INT4 = find("int4_tiles", 10);
        static final MethodHandle INT8 = find("int8_tiles", 11);
        static final MethodHandle BF16 = find("bf16_tiles", 8);
    }

    private static final class Attention {
        static final MethodHandle RUN = attention("attention", 12);
        static final MethodHandle SCRATCH = scratch("attention_scratch");
    }

    private static final class AttentionTiles {
        static final MethodHandle RUN = attention("attention_tiles", 11);
        static final MethodHandle SCRATCH = scratch("attention_tiles_scratch");
    }

    private static final class Halves {
        static final MethodHandle ROUND = find("bf16_round", 3);
        static final MethodHandle PANEL = find("bf16_panel", 7);
    }

    private Functions() {}

    private static MethodHandle find(String name, int arguments) {
        MemoryLayout[] longs = new MemoryLayout[arguments];
        Arrays.fill(longs, JAVA_LONG);
        // Critical: no call takes longer than a task of a region, and none calls back.
        return NativeCalls.counted(Linker.nativeLinker()
                .downcallHandle(symbol(name), FunctionDescriptor.ofVoid(longs), Linker.Option.critical(false)));
    }

    /** The ninth argument is a float, the scale of the scores. */
    private static MethodHandle attention(String name, int arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments];
        Arrays.fill(layouts, JAVA_LONG);
        layouts[8] = JAVA_FLOAT;
        return NativeCalls.counted(Linker.nativeLinker()
                .downcallHandle(symbol(name), FunctionDescriptor.ofVoid(layouts), Linker.Option.critical(false)));
    }

    private static MethodHandle scratch(String name) {
        return NativeCalls.counted(Linker.nativeLinker()
                .downcallHandle(symbol(name), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG)));
    }

    static MemorySegment symbol(String name) {
        return Library.symbols()
                .findOrThrow("kimi_" + name + "_" + Library.isa().suffix());
    }

    static int version() {
        MethodHandle handle = Linker.nativeLinker().downcallHandle(symbol("version"), FunctionDescriptor.of(JAVA_INT));
        try {
            return (int) handle.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The instruction sets the library was compiled for. */
    static String isa() {
        MethodHandle handle = Linker.nativeLinker().downcallHandle(symbol("isa"), FunctionDescriptor.of(ADDRESS));
        try {
            return ((MemorySegment) handle.invokeExact()).reinterpret(64).getString(0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void quantize(long x, long cols, long zero, long codes, long halves, long scales, long offsets) {
        try {
            QUANTIZE.invokeExact(x, cols, zero, codes, halves, scales, offsets);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void int4Rows(
            long out,
            long w,
            long ws,
            long cols,
            long outputs,
            long codes,
            long halves,
            long scales,
            long offsets,
            long rows) {
        try {
            INT4_ROWS.invokeExact(out, w, ws, cols, outputs, codes, halves, scales, offsets, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void int4Panel(
            long out,
            long stride,
            long w,
            long ws,
            long cols,
            long outputs,
            long halves,
            long scales,
            long offsets,
            long rows) {
        try {
            INT4_PANEL.invokeExact(out, stride, w, ws, cols, outputs, halves, scales, offsets, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void int8Rows(
            long out,
            long w,
            long ws,
            long group,
            long cols,
            long outputs,
            long codes,
            long scales,
            long offsets,
            long rows) {
        try {
            INT8_ROWS.invokeExact(out, w, ws, group, cols, outputs, codes, scales, offsets, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void int8Panel(
            long out,
            long stride,
            long w,
            long ws,
            long group,
            long cols,
            long outputs,
            long codes,
            long scales,
            long offsets,
            long rows) {
        try {
            INT8_PANEL.invokeExact(out, stride, w, ws, group, cols, outputs, codes, scales, offsets, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void bf16Pack(long x, long cols, long to) {
        try {
            BF16_PACK.invokeExact(x, cols, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void bf16Rows(long out, long w, long cols, long outputs, long x, long stride, long rows) {
        try {
            BF16_ROWS.invokeExact(out, w, cols, outputs, x, stride, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void int8Pack(long x, long cols, long to) {
        try {
            Bytes.PACK.invokeExact(x, cols, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void int8Floats(
            long out, long w, long ws, long group, long cols, long outputs, long x, long stride, long rows) {
        try {
            Bytes.FLOATS.invokeExact(out, w, ws, group, cols, outputs, x, stride, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void int4Pack(long x, long cols, long to) {
        try {
            Nibbles.PACK.invokeExact(x, cols, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void int4Floats(long out, long w, long ws, long cols, long outputs, long x, long stride, long rows) {
        try {
            Nibbles.FLOATS.invokeExact(out, w, ws, cols, outputs, x, stride, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void floatsPanel(
            long out,
            long scratch,
            long type,
            long w,
            long ws,
            long group,
            long cols,
            long outputs,
            long x,
            long stride,
            long rows) {
        try {
            FloatPanels.RUN.invokeExact(out, scratch, type, w, ws, group, cols, outputs, x, stride, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void bf16Round(long x, long cols, long to) {
        try {
            Halves.ROUND.invokeExact(x, cols, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void bf16Panel(long out, long stride, long w, long cols, long outputs, long x, long rows) {
        try {
            Halves.PANEL.invokeExact(out, stride, w, cols, outputs, x, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Only for {@link Isa#AMX}, as the following. */
    static void tileCodes(long codes, long scales, long cols, long lane, long tiles, long tileScales) {
        try {
            Tiles.CODES.invokeExact(codes, scales, cols, lane, tiles, tileScales);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void tileHalves(long x, long cols, long lane, long tiles) {
        try {
            Tiles.HALVES.invokeExact(x, cols, lane, tiles);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void int4Tiles(
            long out,
            long stride,
            long scratch,
            long w,
            long ws,
            long cols,
            long outputs,
            long tiles,
            long scales,
            long rows) {
        try {
            Tiles.INT4.invokeExact(out, stride, scratch, w, ws, cols, outputs, tiles, scales, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void int8Tiles(
            long out,
            long stride,
            long scratch,
            long w,
            long ws,
            long group,
            long cols,
            long outputs,
            long tiles,
            long scales,
            long rows) {
        try {
            Tiles.INT8.invokeExact(out, stride, scratch, w, ws, group, cols, outputs, tiles, scales, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void bf16Tiles(long out, long stride, long scratch, long w, long cols, long outputs, long tiles, long rows) {
        try {
            Tiles.BF16.invokeExact(out, stride, scratch, w, cols, outputs, tiles, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static long attentionScratch(long heads, long latent, long rope) {
        try {
            return (long) Attention.SCRATCH.invokeExact(heads, latent, rope);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Not for {@link Isa#AVX2}. */
    static void attention(
            long out,
            long scratch,
            long latentQueries,
            long ropeQueries,
            long ropeStride,
            long heads,
            long latent,
            long rope,
            float scale,
            long type,
            long pages,
            long positions) {
        try {
            Attention.RUN.invokeExact(
                    out,
                    scratch,
                    latentQueries,
                    ropeQueries,
                    ropeStride,
                    heads,
                    latent,
                    rope,
                    scale,
                    type,
                    pages,
                    positions);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Only for {@link Isa#AMX}. */
    static long attentionTilesScratch(long heads, long latent, long rope) {
        try {
            return (long) AttentionTiles.SCRATCH.invokeExact(heads, latent, rope);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Only for {@link Isa#AMX}. */
    static void attentionTiles(
            long out,
            long scratch,
            long latentQueries,
            long ropeQueries,
            long ropeStride,
            long heads,
            long latent,
            long rope,
            float scale,
            long pages,
            long positions) {
        try {
            AttentionTiles.RUN.invokeExact(
                    out, scratch, latentQueries, ropeQueries, ropeStride, heads, latent, rope, scale, pages, positions);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** C throws nothing, so whatever arrives is an error of the JVM or of a signature here. */
    private static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case Error error -> throw error;
            case RuntimeException exception -> exception;
            default -> new IllegalStateException(e);
        };
    }
}
