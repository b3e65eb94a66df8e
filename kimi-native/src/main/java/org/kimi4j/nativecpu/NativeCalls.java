package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/**
 * What calls from Java to C cost, for measurements: how many there were, and how long one takes that does nothing. Calls are
 * counted only in a JVM started with {@code -Dkimi.countNativeCalls=true}; otherwise nothing is in their way.
 */
public final class NativeCalls {

    private static final boolean COUNTED = Boolean.getBoolean("kimi.countNativeCalls");
    private static final LongAdder CALLS = new LongAdder();
    /** As many as the rows of INT4 weights have, the most frequent call. */
    private static final int ARGUMENTS = 10;

    private NativeCalls() {}

    /** Whether this JVM counts. */
    public static boolean isCounted() {
        return COUNTED;
    }

    /** Calls of kernels so far, over all threads. */
    public static long count() {
        return CALLS.sum();
    }

    /**
     * Nanoseconds of a call that does nothing, after a warm-up: the best of some thousands each. The function is the one that
     * returns the version; what it does not expect as arguments it does not see.
     */
    public static double emptyNanos() {
        MethodHandle empty = Empty.CALL;
        double best = Double.POSITIVE_INFINITY;
        for (int run = 0; run < 200; run++) {
            long start = System.nanoTime();
            int calls = 5_000;
            for (int i = 0; i < calls; i++) {
                call(empty, i);
            }
            best = Math.min(best, (double) (System.nanoTime() - start) / calls);
        }
        return best;
    }

    private static void call(MethodHandle empty, long value) {
        try {
            empty.invokeExact(value, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        } catch (Throwable e) {
            throw new IllegalStateException("a call that does nothing failed", e);
        }
    }

    /** The handle, with a count before each call if this JVM counts. */
    static MethodHandle counted(MethodHandle handle) {
        return COUNTED ? MethodHandles.foldArguments(handle, Counter.COUNT) : handle;
    }

    private static final class Counter {
        static final MethodHandle COUNT;

        static {
            try {
                COUNT = MethodHandles.lookup()
                        .findVirtual(LongAdder.class, "increment", MethodType.methodType(void.class))
                        .bindTo(CALLS);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }

    private static final class Empty {
        static final MethodHandle CALL = empty();

        @SuppressWarnings("restricted") // as Functions
        private static MethodHandle empty() {
            MemoryLayout[] longs = new MemoryLayout[ARGUMENTS];
            Arrays.fill(longs, JAVA_LONG);
            return Linker.nativeLinker()
                    .downcallHandle(
                            Functions.symbol("version"),
                            FunctionDescriptor.ofVoid(longs),
                            Linker.Option.critical(false));
        }
    }
}
