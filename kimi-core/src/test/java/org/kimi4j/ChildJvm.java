package org.kimi4j;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A second JVM with this one's class path, for what only a fresh process or other flags show. */
public final class ChildJvm {

    private ChildJvm() {}

    /**
     * Runs a main class to its end and returns the lines it printed.
     *
     * @throws AssertionError with the output if the process does not end with 0
     */
    public static List<String> run(Class<?> main, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(flags);
        // surefire may start this JVM with a jar that only names the class path
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        List<String> lines;
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            lines = reader.lines().toList();
        }
        int code = process.waitFor();
        if (code != 0) {
            throw new AssertionError(main.getSimpleName() + " ended with " + code + ": " + String.join("\n", lines));
        }
        return lines;
    }
}
