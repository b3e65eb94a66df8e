import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * {@code java Compile.java SOURCES OUT}: compiles the kernels for this machine's platform into a folder of resources, or
 * says why not and leaves none: without a C compiler the artifact is built all the same and says so when it is used.
 */
class Compile {

    private static final List<String> FLAGS = List.of(
            "-std=c11", "-O3", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror");

    private static final List<String> AVX512 = List.of(
            "-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vbmi", "-mavx512vnni",
            "-mavx512bf16");

    /**
     * An instruction set.
     *
     * @param flags what its files are compiled with beside {@link #FLAGS}
     * @param files some of them another set's, compiled again
     */
    private record Isa(String name, List<String> flags, List<String> files) {}

    private static final List<Isa> SETS = List.of(
            new Isa("avx2", List.of("-mavx2", "-mfma"), List.of("kimi_avx2", "kimi_avx2_panels")),
            new Isa("avx512", AVX512, List.of("kimi_avx512", "kimi_avx512_attention", "kimi_avx512_floats", "kimi_avx512_panels", "kimi_avx512_tiles")),
            new Isa(
                    "amx",
                    Stream.concat(AVX512.stream(), Stream.of("-mamx-tile", "-mamx-int8", "-mamx-bf16"))
                            .toList(),
                    List.of(
                            "kimi_avx512",
                            "kimi_avx512_attention",
                            "kimi_avx512_floats",
                            "kimi_avx512_panels", "kimi_avx512_tiles",
                            "kimi_amx",
                            "kimi_amx_attention")));

    public static void main(String[] args) throws IOException, InterruptedException {
        Path sources = Path.of(args[0]);
        Path out = Path.of(args[1]);
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        Path library = out.resolve("linux-x86_64").resolve("libkimi_native.so");
        Files.deleteIfExists(library);
        if (!os.equals("linux") || !arch.equals("amd64")) {
            System.err.println("kimi-native: no kernels for " + os + " " + arch + " yet, building without");
            return;
        }
        String compiler = compiler();
        if (compiler.isEmpty()) {
            System.err.println("kimi-native: no C compiler (cc, gcc or clang, or CC), building without the kernels");
            return;
        }
        Files.createDirectories(library.getParent());
        List<String> link = new ArrayList<>(List.of(compiler, "-shared", "-s", "-o", library.toString()));
        Path objects = Files.createDirectories(out.resolveSibling("objects"));
        for (Isa set : SETS) {
            if (!knows(compiler, set.flags())) {
                System.err.println("kimi-native: " + compiler + " does not know " + set.name() + ", building without it");
                continue;
            }
            for (String file : set.files()) {
                String object = objects.resolve(file + "-" + set.name() + ".o").toString();
                List<String> command = new ArrayList<>(List.of(compiler));
                command.addAll(FLAGS);
                command.addAll(set.flags());
                command.addAll(List.of("-DKIMI_ISA=" + set.name(), "-c", "-o", object));
                command.add(sources.resolve(file + ".c").toString());
                run(command);
                link.add(object);
            }
        }
        link.add("-lm");
        run(link);
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            System.err.println("kimi-native: " + String.join(" ", command) + ": exit status " + status);
            System.exit(1);
        }
    }

    private static boolean knows(String compiler, List<String> flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(compiler));
        command.addAll(flags);
        command.addAll(List.of("-E", "-x", "c", "/dev/null"));
        return new ProcessBuilder(command)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static String compiler() throws InterruptedException {
        String chosen = System.getenv("CC");
        for (String name : chosen == null ? List.of("cc", "gcc", "clang") : List.of(chosen)) {
            try {
                ProcessBuilder version = new ProcessBuilder(name, "--version");
                version.redirectOutput(ProcessBuilder.Redirect.DISCARD);
                version.redirectError(ProcessBuilder.Redirect.DISCARD);
                if (version.start().waitFor() == 0) {
                    return name;
                }
            } catch (IOException e) {
                // not there: the next one
            }
        }
        return "";
    }
}
