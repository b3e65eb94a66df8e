package org.kimi4j.measure;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How much processor time others took in an interval: what the system counted as busy, less what this process used. Time
 * that a hypervisor gave to other machines counts as theirs. Immutable; {@link #now} starts an interval.
 */
public final class CpuClock {

    private static final Path STAT = Path.of("/proc/stat");
    private static final OperatingSystemMXBean OS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    /** Linux counts in hundredths of a second here, whatever the kernel's own tick is. */
    private static final long TICK_NANOS = 10_000_000;

    private final OptionalLong busyNanos;
    private final long ownNanos;

    private CpuClock(OptionalLong busyNanos, long ownNanos) {
        this.busyNanos = busyNanos;
        this.ownNanos = ownNanos;
    }

    /** The clocks at this moment. */
    public static CpuClock now() {
        return new CpuClock(busy(), OS.getProcessCpuTime());
    }

    /** Processor nanoseconds of others since an earlier moment, as coarse as the system counts; empty if it does not. */
    public OptionalLong foreignNanosSince(CpuClock earlier) {
        if (busyNanos.isEmpty() || earlier.busyNanos.isEmpty()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(busyNanos.getAsLong() - earlier.busyNanos.getAsLong() - (ownNanos - earlier.ownNanos));
    }

    private static OptionalLong busy() {
        try {
            return busy(Files.readString(STAT));
        } catch (IOException e) {
            return OptionalLong.empty(); // not Linux: figures are then printed without it
        }
    }

    /** The sum of user, nice, system, irq, softirq and steal of the first line of /proc/stat. */
    static OptionalLong busy(String stat) {
        String[] fields = stat.lines().findFirst().orElse("").split("\\s+");
        if (fields.length < 9 || !fields[0].equals("cpu")) {
            return OptionalLong.empty();
        }
        long ticks = 0;
        for (int field : new int[] {1, 2, 3, 6, 7, 8}) {
            ticks += Long.parseLong(fields[field]);
        }
        return OptionalLong.of(ticks * TICK_NANOS);
    }
}
