package org.kimi4j.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** How many cores there are to compute on. */
public final class Processors {

    private static final Path CPUS = Path.of("/sys/devices/system/cpu");

    private Processors() {}

    /**
     * Physical cores this process may use: two hardware threads of a core share its arithmetic and its way to memory, so
     * the second one only gets in the way. At most what the JVM is allowed, which knows of containers.
     */
    public static int physicalCores() {
        int allowed = Runtime.getRuntime().availableProcessors();
        Set<String> cores = new HashSet<>();
        try {
            for (int cpu = 0; ; cpu++) {
                Path siblings = CPUS.resolve("cpu" + cpu).resolve("topology/thread_siblings_list");
                if (!Files.isReadable(siblings)) {
                    break;
                }
                cores.add(Files.readString(siblings).strip());
            }
        } catch (IOException e) {
            return allowed; // what the system does not tell cannot be taken into account
        }
        return cores.isEmpty() ? allowed : Math.min(allowed, cores.size());
    }
}
