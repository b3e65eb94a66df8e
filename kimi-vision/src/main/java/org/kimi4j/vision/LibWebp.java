package org.kimi4j.vision;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;

/** The system's libwebp, if there is one and native access is allowed. Thread-safe. */
@SuppressWarnings("restricted")
final class LibWebp {

    /** {@code uint8_t* WebPDecodeRGBInto(data, data_size, out, out_size, stride)}; null if the data is broken. */
    private static final FunctionDescriptor DECODE_INTO = FunctionDescriptor.of(
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT);

    private final MethodHandle decodeRgb;
    private final MethodHandle decodeRgba;

    private LibWebp(SymbolLookup library) {
        Linker linker = Linker.nativeLinker();
        decodeRgb = linker.downcallHandle(library.findOrThrow("WebPDecodeRGBInto"), DECODE_INTO);
        decodeRgba = linker.downcallHandle(library.findOrThrow("WebPDecodeRGBAInto"), DECODE_INTO);
    }

    /** Looked for once. */
    private static final class Holder {
        static final Optional<LibWebp> LIBRARY = load();
    }

    static Optional<LibWebp> find() {
        return Holder.LIBRARY;
    }

    private static Optional<LibWebp> load() {
        // Without this check the JVM would print a warning, or throw, on the first restricted call.
        if (!LibWebp.class.getModule().isNativeAccessEnabled()) {
            return Optional.empty();
        }
        for (String name : names(System.getProperty("os.name", ""))) {
            try {
                return Optional.of(new LibWebp(SymbolLookup.libraryLookup(name, Arena.global())));
            } catch (IllegalArgumentException | NoSuchElementException e) {
                // Not under this name, or not this library.
                continue;
            }
        }
        return Optional.empty();
    }

    private static List<String> names(String os) {
        String lower = os.toLowerCase(Locale.ROOT);
        if (lower.contains("mac")) {
            return List.of("libwebp.7.dylib", "/opt/homebrew/lib/libwebp.7.dylib", "/usr/local/lib/libwebp.7.dylib");
        }
        if (lower.contains("windows")) {
            return List.of("libwebp-7.dll", "libwebp.dll");
        }
        return List.of("libwebp.so.7", "libwebp.so");
    }

    Pixels decode(WebpFile.Frame frame, boolean withAlpha) throws BrokenImageException {
        byte[] data = frame.still(withAlpha);
        int channels = withAlpha ? 4 : 3;
        int stride = channels * frame.width();
        long outBytes = (long) stride * frame.height();
        byte[] decoded = new byte[Math.toIntExact(outBytes)];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment in = arena.allocateFrom(ValueLayout.JAVA_BYTE, data);
            MemorySegment out = arena.allocate(outBytes);
            MethodHandle decode = withAlpha ? decodeRgba : decodeRgb;
            MemorySegment result = (MemorySegment) decode.invokeExact(in, (long) data.length, out, outBytes, stride);
            if (result.address() == 0) {
                throw new BrokenImageException("libwebp refuses the data: it is broken");
            }
            MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, decoded, 0, decoded.length);
        } catch (BrokenImageException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new BrokenImageException("libwebp cannot be called: " + e.getMessage(), e);
        }
        return withAlpha ? split(decoded, frame) : new Pixels(frame.width(), frame.height(), decoded, null);
    }

    private static Pixels split(byte[] rgba, WebpFile.Frame frame) {
        byte[] alpha = new byte[rgba.length / 4];
        byte[] rgb = new byte[3 * alpha.length];
        for (int i = 0; i < alpha.length; i++) {
            rgb[3 * i] = rgba[4 * i];
            rgb[3 * i + 1] = rgba[4 * i + 1];
            rgb[3 * i + 2] = rgba[4 * i + 2];
            alpha[i] = rgba[4 * i + 3];
        }
        return new Pixels(frame.width(), frame.height(), rgb, alpha);
    }
}
