package org.kimi4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What may depend on what: the rules of docs/architecture.md. */
class ArchitectureTest {

    private static final String ROOT = "org.kimi4j";
    private static final Path CLASSES = Path.of("target/classes");

    /** The classes of this module alone, so that its tests and other artifacts do not count. */
    private static final JavaClasses CORE = new ClassFileImporter().importPath(CLASSES);

    /** Each package and those of ours it may use; the root, which wires everything, may use all. */
    private static final Map<String, Set<String>> MAY_USE = mayUse();

    private static Map<String, Set<String>> mayUse() {
        Map<String, Set<String>> m = new LinkedHashMap<>();
        m.put("error", Set.of());
        m.put("json", Set.of("error"));
        m.put("tensor", Set.of("error"));
        m.put("config", Set.of("error", "json"));
        m.put("os", Set.of("error"));
        m.put("checkpoint", Set.of("error", "json", "tensor", "os"));
        m.put("cache", Set.of("error", "tensor", "config", "os"));
        m.put("trace", Set.of("tensor"));
        m.put("kernel", Set.of("error", "tensor", "config", "os", "cache", "trace"));
        m.put("model", Set.of("error", "tensor", "config", "checkpoint", "cache", "trace", "kernel"));
        m.put("expert", Set.of("error", "tensor", "config", "os", "checkpoint", "kernel", "model"));
        m.put("tokenizer", Set.of("error", "json"));
        m.put("sampling", Set.of("error"));
        m.put("chat", Set.of("error", "json", "tokenizer"));
        m.put("spi", Set.of("error", "tensor", "config", "checkpoint", "cache", "kernel", "model", "expert", "chat"));
        m.put("measure", Set.of());
        m.put("grammar", Set.of("error", "json", "tokenizer", "sampling", "chat"));
        m.put("schema", Set.of("error", "json", "tokenizer", "sampling", "chat", "grammar"));
        return m;
    }

    private static Stream<String> packages() {
        return MAY_USE.keySet().stream();
    }

    private static String all(String name) {
        return ROOT + "." + name + "..";
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CORE);
    }

    @Test
    void everyPackageIsInTheTable() {
        Set<String> found = CORE.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> !name.equals(ROOT) && !name.isEmpty())
                .map(name -> name.substring(ROOT.length() + 1))
                .collect(Collectors.toSet());
        assertThat(found).contains("kernel", "model").isSubsetOf(MAY_USE.keySet());
    }

    @ParameterizedTest
    @MethodSource("packages")
    void packageUsesOnlyThoseAboveIt(String name) {
        List<String> allowed = new ArrayList<>(List.of(all(name)));
        MAY_USE.get(name).forEach(other -> allowed.add(all(other)));
        check(noClasses()
                .that()
                .resideInAPackage(all(name))
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + "..")
                        .and(DescribedPredicate.not(resideInAnyPackage(allowed.toArray(String[]::new))))));
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
    }

    @Test
    void theModelKnowsNoFilesThreadsLayoutsOrVectorInstructions() {
        check(noClasses()
                .that()
                .resideInAPackage(all("model"))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                                "jdk.incubator.vector..",
                                "java.nio.channels..",
                                "java.nio.file..",
                                "java.io..",
                                "java.lang.foreign..",
                                "java.util.concurrent..")
                        .or(type(Thread.class)
                                .or(type(ThreadLocal.class))
                                .or(type(ScopedValue.class))
                                .or(type(ProcessBuilder.class)))));
    }

    @Test
    void onlyKernelsUseTheVectorApi() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(all("kernel"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector.."));
    }

    /** The arithmetic and the cache's type are all of the configuration that a kernel may know. */
    @Test
    void kernelsKnowNoConfigurationOptionsOrServices() {
        check(noClasses()
                .that()
                .resideInAPackage(all("kernel"))
                .should()
                .dependOnClassesThat(resideInAPackage(all("config"))
                        .and(DescribedPredicate.not(nameMatching(".*\\.config\\.(Precision|KvType)")))
                        .or(type(java.util.ServiceLoader.class))
                        .or(resideInAnyPackage("java.nio.channels..", "java.nio.file..", "java.io.."))));
    }

    @Test
    void oneClassReadsJson() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(all("json"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("tools.jackson.."));
    }

    @Test
    void oneClassTouchesTheOptionalTokenizerLibrary() {
        check(noClasses()
                .that(DescribedPredicate.not(nameMatching(".*\\.tokenizer\\.DjlEncoder")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.djl.."));
    }

    @Test
    void onlyCheckpointAndOsOpenWeightFiles() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(all("checkpoint"), all("os"))
                .should()
                .dependOnClassesThat(resideInAPackage("java.nio.channels..").or(type(java.io.RandomAccessFile.class))));
    }

    @Test
    void foreignCodeIsCalledFromOneClass() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(all("os"))
                .should()
                .dependOnClassesThat(
                        type(java.lang.foreign.Linker.class).or(type(java.lang.foreign.SymbolLookup.class))));
    }

    @Test
    void coreKnowsNoOtherModuleAndNoFramework() {
        check(noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        all("vision"),
                        all("quant"),
                        all("nativecpu"),
                        all("gpu"),
                        all("cluster"),
                        all("agents"),
                        all("nano"),
                        all("testkit"),
                        "org.slf4j..",
                        "io.netty..",
                        "com.google..",
                        "org.springframework..",
                        "dev.langchain4j..",
                        "java.util.logging.."));
    }

    @Test
    void servicesAreLookedUpByTheRootAlone() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(ROOT)
                .should()
                .dependOnClassesThat(type(java.util.ServiceLoader.class)));
    }

    @Test
    void reflectionIsUsedForSchemasOnly() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(all("schema"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.reflect..")
                .orShould()
                .callMethodWhere(named("setAccessible", ".*")));
    }

    @Test
    void theLibraryPrintsNothingAndSetsNoProperties() {
        check(noClasses()
                .that(DescribedPredicate.not(nameMatching(".*\\.tokenizer\\.DjlEncoder")))
                .should()
                .callMethodWhere(named("setProperty|setOut|setErr|setDefaultUncaughtExceptionHandler", "java.lang.*")));
        check(noClasses().should().accessFieldWhere(field("out|err", "java.lang.System")));
        check(noClasses()
                .should()
                .callMethodWhere(named("addShutdownHook", ".*").or(named("printStackTrace", ".*"))));
    }

    @Test
    void memoryAndThreadsAlwaysHaveAnOwner() {
        check(noClasses()
                .should()
                .callMethodWhere(named("ofAuto", "java.lang.foreign.Arena"))
                .orShould()
                .callMethodWhere(named("parallel|parallelStream", ".*"))
                .orShould()
                .dependOnClassesThat(
                        nameMatching("sun\\.misc\\.Unsafe|java\\.lang\\.ThreadLocal|java\\.util\\.concurrent\\."
                                + "(ForkJoinPool|Executors)")));
    }

    /** The JDK leaves the order of the first and the bits of the second open. */
    @Test
    void kernelsUseNoSumOverLanesAndNoTranscendentalFunctionOfTheJdk() {
        check(noClasses()
                .that()
                .resideInAPackage(all("kernel"))
                .should()
                .callMethodWhere(
                        named("reduceLanes|reduceLanesToLong", "jdk\\.incubator\\.vector\\.(Float|Double)Vector"))
                .orShould()
                .accessFieldWhere(field(
                        "SIN|COS|TAN|ASIN|ACOS|ATAN|EXP|LOG|LOG10|SINH|COSH|TANH|EXPM1|LOG1P|ATAN2|POW|HYPOT|CBRT",
                        "jdk\\.incubator\\.vector\\.VectorOperators"))
                .orShould()
                .callMethodWhere(
                        named("exp|expm1|log|log10|log1p|pow|sin|cos|tan|sinh|cosh|tanh|cbrt", "java.lang.Math")));
    }

    private static DescribedPredicate<JavaCall<?>> named(String method, String ownerPattern) {
        return DescribedPredicate.describe(
                ownerPattern + "." + method,
                call -> call.getName().matches(method)
                        && call.getTargetOwner().getName().matches(ownerPattern));
    }

    private static DescribedPredicate<JavaFieldAccess> field(String name, String ownerPattern) {
        return DescribedPredicate.describe(
                ownerPattern + "." + name,
                access -> access.getName().matches(name)
                        && access.getTargetOwner().getName().matches(ownerPattern));
    }

    @Test
    void everyExceptionThatIsOursIsOneOfTheFamily() {
        check(classes()
                .that()
                .areAssignableTo(Throwable.class)
                .and()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .and()
                .resideInAnyPackage(ROOT, all("error"), all("chat"), all("tokenizer"), all("sampling"), all("config"))
                .should()
                .beAssignableTo(org.kimi4j.error.KimiException.class));
    }

    @Test
    void theForwardPassIsOneShortFile() throws IOException {
        assertThat(Files.readAllLines(Path.of("src/main/java/org/kimi4j/model/TextModel.java")))
                .hasSizeLessThan(250);
    }

    @Test
    void onlyThePublicPackagesAreExportedToEveryone() throws IOException {
        try (InputStream in = Files.newInputStream(CLASSES.resolve("module-info.class"))) {
            Set<String> open = ModuleDescriptor.read(in).exports().stream()
                    .filter(e -> !e.isQualified())
                    .map(ModuleDescriptor.Exports::source)
                    .collect(Collectors.toSet());
            assertThat(open)
                    .contains(ROOT)
                    .isSubsetOf(
                            ROOT,
                            ROOT + ".chat",
                            ROOT + ".config",
                            ROOT + ".error",
                            ROOT + ".sampling",
                            ROOT + ".schema",
                            ROOT + ".tokenizer");
        }
    }
}
