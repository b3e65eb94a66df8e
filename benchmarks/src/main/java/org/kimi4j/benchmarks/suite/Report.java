package org.kimi4j.benchmarks.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.denominator.ReadPass;
import org.kimi4j.benchmarks.measure.Series;

/** A case's figures as text: a table for people, lines of csv for plots. */
public final class Report {

    /** The columns of the csv. */
    public static final String HEADER =
            "suite,case,threads,work,rounds,median_ms,p10_ms,p90_ms,gb_s,gflop_s,of_read,of_fma,of_int8,foreign_cpu";

    private Report() {}

    /** The table of one case, a line for each work and denominator. */
    public static String table(Case of, List<Series> run) {
        Optional<Series> read = ReadPass.best(run);
        Optional<Series> fma = Peak.bestFma(run);
        Optional<Series> int8 = Peak.bestInt8(run);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s, %s, %d thread%s, median of %d alternations%n%-28s %9s %17s %7s %8s %8s %8s %8s %8s%n",
                of.suite(),
                of.name(),
                of.pool().threads(),
                of.pool().threads() == 1 ? "" : "s",
                run.getFirst().seconds().length,
                "",
                "ms",
                "p10..p90",
                "GB/s",
                "GFLOP/s",
                "of read",
                "of FMA",
                "of int8",
                "foreign"));
        for (Series s : run) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-28s %9.3f %8.3f..%-7.3f %7s %8s %8s %8s %8s %8s%n",
                    s.work().name(),
                    s.medianSeconds() * 1e3,
                    Series.quantile(s.seconds(), 0.1) * 1e3,
                    Series.quantile(s.seconds(), 0.9) * 1e3,
                    number(s.work().bytes(), s.gigabytesPerSecond(), "%.2f"),
                    number(s.work().flops(), s.gigaflops(), "%.1f"),
                    ofRead(s, read, "%.3f"),
                    ofPeak(s, fma, "%.3f"),
                    ofPeak(s, int8, "%.3f"),
                    s.foreignCores().isPresent()
                            ? String.format(
                                    Locale.ROOT, "%.2f", s.foreignCores().getAsDouble())
                            : ""));
        }
        read.ifPresent(
                r -> text.append("read-only pass: ").append(r.work().name()).append(". "));
        fma.ifPresent(f -> text.append("FMA peak: ").append(f.work().name()).append(". "));
        int8.ifPresent(
                f -> text.append("Peak of bytes: ").append(f.work().name()).append('.'));
        text.append(System.lineSeparator());
        for (Series s : run) {
            for (Series other : run) {
                if (other.work().name().equals(s.work().name().replace("vector ", "native ")) && other != s) {
                    text.append(String.format(
                            Locale.ROOT,
                            "%s: %.3f of %s%n",
                            s.work().name(),
                            s.bytesRatio(other),
                            other.work().name()));
                }
            }
        }
        return text.toString();
    }

    private static String number(double amount, double rate, String format) {
        return amount == 0 ? "" : String.format(Locale.ROOT, format, rate);
    }

    private static String ofRead(Series s, Optional<Series> read, String format) {
        return read.isEmpty() || s.work().bytes() == 0
                ? ""
                : String.format(Locale.ROOT, format, s.bytesRatio(read.get()));
    }

    private static String ofPeak(Series s, Optional<Series> peak, String format) {
        return peak.isEmpty() || s.work().flops() == 0
                ? ""
                : String.format(Locale.ROOT, format, s.flopsRatio(peak.get()));
    }

    /** The csv lines of one case. */
    public static List<String> csv(Case of, List<Series> run) {
        Optional<Series> read = ReadPass.best(run);
        Optional<Series> fma = Peak.bestFma(run);
        Optional<Series> int8 = Peak.bestInt8(run);
        List<String> lines = new ArrayList<>();
        for (Series s : run) {
            lines.add(String.join(
                    ",",
                    of.suite(),
                    of.name(),
                    Integer.toString(of.pool().threads()),
                    s.work().name(),
                    Integer.toString(s.seconds().length),
                    String.format(Locale.ROOT, "%.4f", s.medianSeconds() * 1e3),
                    String.format(Locale.ROOT, "%.4f", Series.quantile(s.seconds(), 0.1) * 1e3),
                    String.format(Locale.ROOT, "%.4f", Series.quantile(s.seconds(), 0.9) * 1e3),
                    number(s.work().bytes(), s.gigabytesPerSecond(), "%.3f"),
                    number(s.work().flops(), s.gigaflops(), "%.2f"),
                    ofRead(s, read, "%.4f"),
                    ofPeak(s, fma, "%.4f"),
                    ofPeak(s, int8, "%.4f"),
                    s.foreignCores().isPresent()
                            ? String.format(
                                    Locale.ROOT, "%.2f", s.foreignCores().getAsDouble())
                            : ""));
        }
        return lines;
    }

    /** Adds the lines of a case to a csv file, which gets its header when it is made. */
    public static void append(Path file, Case of, List<Series> run) throws IOException {
        List<String> lines = new ArrayList<>();
        if (!Files.exists(file)) {
            lines.add(HEADER);
        }
        lines.addAll(csv(of, run));
        Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
