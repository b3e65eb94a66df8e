package org.kimi4j.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One line of {@code kimi bench}.
 *
 * @param run model, backend, precision, kv and threads, in this order
 * @param depth positions in the cache of each session before
 * @param phase {@code prefill} or {@code decode}
 * @param tokens of each session
 * @param rates tokens per second of all sessions together, one of each repetition
 * @param anonBytes the most memory that belongs to no file, of the whole process
 * @param foreignCores processors that others kept busy meanwhile
 */
record BenchRow(
        List<String> run,
        int sessions,
        int depth,
        String phase,
        int tokens,
        double[] rates,
        OptionalLong anonBytes,
        OptionalDouble foreignCores) {

    static final List<String> COLUMNS = List.of(
            "model",
            "backend",
            "precision",
            "kv",
            "threads",
            "sessions",
            "depth",
            "phase",
            "tokens",
            "median_tok_s",
            "p10",
            "p90",
            "rss_anon_mb",
            "foreign_cpu");

    /** The form of the output. */
    enum Format {
        CSV,
        JSON,
        MARKDOWN
    }

    /** What comes before the first line. */
    static List<String> head(Format format) {
        return switch (format) {
            case CSV -> List.of(String.join(",", COLUMNS));
            case JSON -> List.of();
            case MARKDOWN ->
                List.of(
                        "| " + String.join(" | ", COLUMNS) + " |",
                        "|" + " --- |".repeat(5) + " ---: |".repeat(2) + " --- |" + " ---: |".repeat(6));
        };
    }

    /** This line; with JSON an object of its own, as JSON Lines has it. */
    String line(Format format) {
        List<String> values = List.of(
                run.get(0),
                run.get(1),
                run.get(2),
                run.get(3),
                run.get(4),
                Integer.toString(sessions),
                Integer.toString(depth),
                phase,
                Integer.toString(tokens),
                number(quantile(0.5)),
                number(quantile(0.1)),
                number(quantile(0.9)),
                anonBytes.isEmpty() ? "" : Long.toString(anonBytes.getAsLong() >> 20),
                foreignCores.isEmpty() ? "" : number(foreignCores.getAsDouble()));
        return switch (format) {
            case CSV -> String.join(",", values);
            case MARKDOWN -> "| " + String.join(" | ", values) + " |";
            case JSON -> json(values);
        };
    }

    private static String json(List<String> values) {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < values.size(); i++) {
            boolean isText = i < 4 || COLUMNS.get(i).equals("phase");
            String value = values.get(i);
            text.append(i == 0 ? "" : ",")
                    .append('"')
                    .append(COLUMNS.get(i))
                    .append("\":")
                    .append(isText ? '"' + value + '"' : value.isEmpty() ? "null" : value);
        }
        return text.append('}').toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** A quantile of the rates, between two by proportion. */
    double quantile(double q) {
        double[] sorted = rates.clone();
        Arrays.sort(sorted);
        double at = q * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
