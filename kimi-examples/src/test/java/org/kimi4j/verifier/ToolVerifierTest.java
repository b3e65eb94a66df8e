package org.kimi4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kimi4j.Kimi;
import org.kimi4j.nano.KimiNano;

/**
 * The verifier of tool calls: replays every case and prints a table. A case passes if ids, arguments, calls at once, order
 * of results and reasoning are right in every request that it leads to.
 */
class ToolVerifierTest {

    private static final int LEAST_CASES = 60;
    private static final int LEAST_REPORTED = 30;

    private record Outcome(ToolCase verified, int calls, String problem) {}

    private static List<ToolCase> cases() {
        List<ToolCase> cases = new ArrayList<>(ThinkingCases.all());
        cases.addAll(SectionCases.all());
        cases.addAll(ReplayCases.all());
        cases.addAll(PromptCases.all());
        cases.addAll(ModelCases.all());
        return cases;
    }

    @Test
    void everyCaseIsRight() {
        List<Outcome> outcomes = new ArrayList<>();
        try (Kimi kimi = Kimi.load(KimiNano.path())) {
            for (ToolCase verified : cases()) {
                outcomes.add(outcome(verified, kimi));
            }
        }
        System.out.print(table(outcomes));
        assertThat(outcomes).filteredOn(outcome -> !outcome.problem.isEmpty()).isEmpty();
    }

    @Test
    void thereAreEnoughCasesAndEnoughThatWereReported() {
        Set<String> names = new LinkedHashSet<>();
        Set<String> issues = new LinkedHashSet<>();
        for (ToolCase verified : cases()) {
            assertThat(names.add(verified.name())).describedAs(verified.name()).isTrue();
            issues.addAll(verified.issues());
        }
        assertThat(names).hasSizeGreaterThanOrEqualTo(LEAST_CASES);
        assertThat(issues).hasSizeGreaterThanOrEqualTo(LEAST_REPORTED);
        assertThat(cases().stream().filter(verified -> !verified.issues().isEmpty()))
                .hasSizeGreaterThanOrEqualTo(LEAST_REPORTED);
    }

    private static Outcome outcome(ToolCase verified, Kimi kimi) {
        try {
            return new Outcome(verified, verified.check().run(kimi), "");
        } catch (AssertionError | RuntimeException e) {
            return new Outcome(verified, 0, e.toString());
        }
    }

    private static String table(List<Outcome> outcomes) {
        StringBuilder table = new StringBuilder(String.format(
                "%n| %-78s | %-6s | %-32s | %5s | %s |%n|---|---|---|---|---|%n",
                "case", "by", "reported as", "calls", "result"));
        int calls = 0;
        int right = 0;
        for (Outcome outcome : outcomes) {
            table.append(String.format(
                    "| %-78s | %-6s | %-32s | %5d | %s |%n",
                    outcome.verified.name(),
                    outcome.verified.origin().name().toLowerCase(java.util.Locale.ROOT),
                    String.join(", ", outcome.verified.issues()),
                    outcome.calls,
                    outcome.problem.isEmpty() ? "ok" : "WRONG: " + outcome.problem.replaceAll("\\s+", " ")));
            calls += outcome.calls;
            right += outcome.problem.isEmpty() ? 1 : 0;
        }
        return table.append(String.format("%d of %d cases right, %d calls%n", right, outcomes.size(), calls))
                .toString();
    }
}
