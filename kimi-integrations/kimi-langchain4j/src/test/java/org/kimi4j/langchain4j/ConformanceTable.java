package org.kimi4j.langchain4j;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Notes what came of each test of LangChain4j's kit in this JVM, and writes it as a table. */
public final class ConformanceTable implements TestWatcher {

    /** The families, by our class for each. */
    private static final Map<String, String> FAMILIES = families();

    private static final Map<String, Map<String, Row>> ROWS = new TreeMap<>();

    private enum State {
        PASSED,
        TAUGHT,
        LOCAL,
        URL,
        OTHER_OF_PAIR,
        FAILED
    }

    private record Row(State state, String note) {}

    private static Map<String, String> families() {
        Map<String, String> families = new LinkedHashMap<>();
        families.put("ChatModelConformanceTest", "AbstractChatModelIT");
        families.put("StreamingChatModelConformanceTest", "AbstractStreamingChatModelIT");
        families.put("ListenerConformanceTest", "AbstractChatModelListenerIT");
        families.put("StreamingListenerConformanceTest", "AbstractStreamingChatModelListenerIT");
        families.put("PublisherListenerConformanceTest", "AbstractStreamingChatModelPublisherListenerTest");
        return families;
    }

    /** Whether every family has been run. */
    static synchronized boolean isWhole() {
        return ROWS.keySet().equals(FAMILIES.keySet());
    }

    @Override
    public void testSuccessful(ExtensionContext test) {
        LocalCase local = test.getRequiredTestMethod().getAnnotation(LocalCase.class);
        Seeded seeded = test.getRequiredTestMethod().getAnnotation(Seeded.class);
        if (local != null) {
            note(test, new Row(fetches(test) ? State.URL : State.LOCAL, local.value()));
        } else if (test.getRequiredTestMethod().isAnnotationPresent(Taught.class)) {
            note(test, new Row(State.TAUGHT, ""));
        } else {
            note(test, new Row(State.PASSED, seeded == null ? "" : "seed " + seeded.value()));
        }
    }

    @Override
    public void testFailed(ExtensionContext test, Throwable cause) {
        note(test, new Row(State.FAILED, String.valueOf(cause.getMessage())));
    }

    @Override
    public void testDisabled(ExtensionContext test, Optional<String> reason) {
        note(test, new Row(State.OTHER_OF_PAIR, ""));
    }

    private static boolean fetches(ExtensionContext test) {
        return method(test).startsWith("should_accept") && method(test).contains("public_URL");
    }

    private static String method(ExtensionContext test) {
        return test.getRequiredTestMethod().getName();
    }

    private static synchronized void note(ExtensionContext test, Row row) {
        Map<String, Row> rows = ROWS.computeIfAbsent(test.getRequiredTestClass().getSimpleName(), _ -> new TreeMap<>());
        rows.merge(method(test), row, (a, b) -> a.state.compareTo(b.state) >= 0 ? a : b);
    }

    /** As Markdown: how many of the tests ran as published, then one line for each. */
    static synchronized String markdown() {
        StringBuilder lines = new StringBuilder();
        Map<State, Integer> counts = new EnumMap<>(State.class);
        for (Map.Entry<String, String> family : FAMILIES.entrySet()) {
            Map<String, Row> rows = ROWS.getOrDefault(family.getKey(), Map.of());
            for (Map.Entry<String, Row> row : rows.entrySet()) {
                lines.append("| ")
                        .append(family.getValue())
                        .append(" | ")
                        .append(row.getKey())
                        .append(" | ")
                        .append(cell(row.getValue()))
                        .append(" |\n");
                counts.merge(row.getValue().state, 1, Integer::sum);
            }
        }
        int bundled = counts.getOrDefault(State.PASSED, 0);
        int taught = counts.getOrDefault(State.TAUGHT, 0);
        int published = bundled + taught;
        int local = counts.getOrDefault(State.LOCAL, 0);
        int run = published + local + counts.getOrDefault(State.FAILED, 0);
        int fetching = counts.getOrDefault(State.URL, 0);
        return String.format(
                        Locale.ROOT,
                        "Of %d tests that apply, %d pass as published (%d %%), %d with the bundled model and %d with the bundled model"
                                + " after the lesson,%nand %d as local cases. %d more, of addresses to fetch, the kit leaves out"
                                + " for models that refuse these: the other test of%nthe pair runs. They run here as local cases"
                                + " with a data: address; of all %d, %d pass as published (%d %%).%n%n| kit | test | result"
                                + " |%n| --- | --- | --- |%n%s",
                        run,
                        published,
                        percent(published, run),
                        bundled,
                        taught,
                        local,
                        fetching,
                        run + fetching,
                        published,
                        percent(published, run + fetching),
                        lines)
                .replace(System.lineSeparator(), "\n");
    }

    private static int percent(int part, int of) {
        return of == 0 ? 0 : 100 * part / of;
    }

    private static String cell(Row row) {
        return switch (row.state) {
            case TAUGHT -> "passes, after the lesson";
            case PASSED -> row.note.isEmpty() ? "passes" : "passes, " + row.note;
            case LOCAL, URL -> "local case passes; as published it needs " + row.note;
            case OTHER_OF_PAIR -> "does not apply: the other test of the pair runs";
            case FAILED -> "FAILS";
        };
    }
}
