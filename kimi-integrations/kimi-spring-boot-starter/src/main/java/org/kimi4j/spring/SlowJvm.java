package org.kimi4j.spring;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds a JVM on which the kernels crawl, and says what to change. */
final class SlowJvm {

    private static final String VECTOR =
            "the Vector API module is not there, so the scalar kernels compute: start java with"
                    + " --add-modules jdk.incubator.vector";
    private static final String NO_C2 =
            "set <optimizedLaunch>false</optimizedLaunch> in spring-boot-maven-plugin (in Gradle: bootRun {"
                    + " optimizedLaunch = false }; in IntelliJ IDEA: turn off 'Disable launch optimization' of the run"
                    + " configuration), or start with java -jar";

    private SlowJvm() {}

    /** What is slow about this JVM with the remedy; empty if nothing is. */
    static Optional<String> problem() {
        return problem(
                tieredStop(),
                System.getProperty("java.vm.info", ""),
                ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
    }

    static Optional<String> problem(int tieredStop, String vmInfo, boolean vectorModule) {
        if (vmInfo.contains("interpreted mode")) {
            return Optional.of("java runs in interpreted mode: remove -Xint");
        }
        if (tieredStop < 4) {
            return Optional.of("java compiles with C1 alone (-XX:TieredStopAtLevel=" + tieredStop
                    + "), on which the kernels run a hundred times slower: remove the flag; if spring-boot:run set it, "
                    + NO_C2);
        }
        return vectorModule ? Optional.empty() : Optional.of(VECTOR);
    }

    private static int tieredStop() {
        HotSpotDiagnosticMXBean hotspot = hotspot();
        if (hotspot == null) {
            return 4;
        }
        try {
            return Integer.parseInt(hotspot.getVMOption("TieredStopAtLevel").getValue());
        } catch (IllegalArgumentException e) {
            return 4; // a JVM without tiers
        }
    }

    private static @Nullable HotSpotDiagnosticMXBean hotspot() {
        return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    }
}
