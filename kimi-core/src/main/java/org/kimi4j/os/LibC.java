package org.kimi4j.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Page size, advice about mappings, and how much of a mapping is in memory. Absent where the C library lacks one of the
 * calls (Windows) or native access is not enabled for this module. Stateless and thread-safe.
 */
public final class LibC {

    /** What is going to happen to a mapping; the numbers are the same on Linux and macOS. */
    public enum Advice {
        NORMAL(0),
        /** Single pages here and there: reading ahead is waste. */
        RANDOM(1),
        /** From the front to the back. */
        SEQUENTIAL(2),
        /** Soon: start reading it. */
        WILL_NEED(3),
        /** Not soon: the pages may be given to others. */
        DONT_NEED(4);

        private final int value;

        Advice(int value) {
            this.value = value;
        }
    }

    private static final class Loaded {
        static final Optional<LibC> LIBC = load();
    }

    private final MethodHandle madvise;
    private final MethodHandle mincore;
    private final int pageBytes;

    private LibC(MethodHandle madvise, MethodHandle mincore, int pageBytes) {
        this.madvise = madvise;
        this.mincore = mincore;
        this.pageBytes = pageBytes;
    }

    /** The calls, if this process may and can make them; looked up once. */
    public static Optional<LibC> get() {
        return Loaded.LIBC;
    }

    @SuppressWarnings("restricted") // the signatures below are those of POSIX
    private static Optional<LibC> load() {
        // Asking first keeps the JVM from printing a warning in an application that did not enable native access.
        if (!LibC.class.getModule().isNativeAccessEnabled()) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            MemoryLayout size = linker.canonicalLayouts().get("size_t");
            if (size == null || size.byteSize() != Long.BYTES) {
                return Optional.empty();
            }
            SymbolLookup libc = linker.defaultLookup();
            Optional<MemorySegment> getpagesize = libc.find("getpagesize");
            Optional<MemorySegment> madvise = libc.find("madvise");
            Optional<MemorySegment> mincore = libc.find("mincore");
            if (getpagesize.isEmpty() || madvise.isEmpty() || mincore.isEmpty()) {
                return Optional.empty();
            }
            int page = (int) linker.downcallHandle(getpagesize.get(), FunctionDescriptor.of(JAVA_INT))
                    .invokeExact();
            if (page < 512 || Integer.bitCount(page) != 1) {
                return Optional.empty();
            }
            return Optional.of(new LibC(
                    linker.downcallHandle(madvise.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)),
                    linker.downcallHandle(mincore.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS)),
                    page));
        } catch (Throwable e) {
            // A platform without a linker, or one whose security forbids it: the callers live without.
            return Optional.empty();
        }
    }

    /** Bytes of one page. */
    public int pageBytes() {
        return pageBytes;
    }

    /**
     * Advises the operating system about a mapped segment. Pages that the segment fills in part are included, except when
     * they are given up.
     *
     * @return whether the system accepted the advice; false for a segment that is not mapped from a file
     */
    public boolean advise(MemorySegment mapped, Advice advice) {
        if (!mapped.isMapped() || mapped.byteSize() == 0) {
            return false;
        }
        long begin = mapped.address();
        long end = begin + mapped.byteSize();
        boolean outwards = advice != Advice.DONT_NEED;
        long from = outwards ? floor(begin) : ceil(begin);
        long to = outwards ? ceil(end) : floor(end);
        if (from >= to) {
            return false;
        }
        try {
            return (int) madvise.invokeExact(MemorySegment.ofAddress(from), to - from, advice.value) == 0;
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Bytes of the pages of a mapped segment that are in memory now; empty if the system does not say. */
    public OptionalLong residentBytes(MemorySegment mapped) {
        if (!mapped.isMapped() || mapped.byteSize() == 0) {
            return OptionalLong.empty();
        }
        long from = floor(mapped.address());
        long pages = (ceil(mapped.address() + mapped.byteSize()) - from) / pageBytes;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment states = arena.allocate(pages);
            if ((int) mincore.invokeExact(MemorySegment.ofAddress(from), pages * pageBytes, states) != 0) {
                return OptionalLong.empty();
            }
            long resident = 0;
            for (long page = 0; page < pages; page++) {
                resident += states.get(JAVA_BYTE, page) & 1;
            }
            return OptionalLong.of(resident * pageBytes);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private long floor(long address) {
        return address & -pageBytes;
    }

    private long ceil(long address) {
        return floor(address + pageBytes - 1);
    }

    /** The handles declare Throwable; what they throw in fact is unchecked. */
    private static RuntimeException rethrown(Throwable e) {
        return switch (e) {
            case RuntimeException unchecked -> unchecked;
            case Error error -> throw error;
            case Throwable other -> new IllegalStateException(other);
        };
    }
}
