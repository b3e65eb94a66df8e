package org.kimi4j.benchmarks.plot;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/** Draws csv files: {@code kimi bench} as tokens per second over context, ratios as bars. */
public final class Plots {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 500;

    private Plots() {}

    /**
     * Draws what a file holds, by its columns.
     *
     * @return the files written
     */
    public static List<Path> draw(Path csv, Path folder) throws IOException {
        // Nothing is shown on a screen.
        System.setProperty("java.awt.headless", "true");
        Csv table = Csv.read(csv);
        Files.createDirectories(folder);
        if (table.has("median_tok_s")) {
            return throughput(table, folder);
        }
        if (table.has("of_read")) {
            return ratios(table, folder);
        }
        throw new IOException(csv + ": neither kimi bench nor ratios wrote these columns: " + table.columns());
    }

    /** A picture for each phase: a line for each number of sessions of each run. */
    private static List<Path> throughput(Csv table, Path folder) throws IOException {
        List<Path> drawn = new ArrayList<>();
        for (String phase :
                table.rows().stream().map(r -> r.get("phase")).distinct().toList()) {
            Map<String, TreeMap<Double, Double>> lines = new LinkedHashMap<>();
            for (Map<String, String> row : table.rows()) {
                if (row.get("phase").equals(phase)) {
                    String name = row.get("model") + ", " + row.get("backend") + " " + row.get("precision")
                            + ", threads " + row.get("threads") + ", sessions " + row.get("sessions");
                    lines.computeIfAbsent(name, _ -> new TreeMap<>())
                            .put(Double.valueOf(row.get("depth")), Double.valueOf(row.get("median_tok_s")));
                }
            }
            XYChart chart = new XYChartBuilder()
                    .width(WIDTH)
                    .height(HEIGHT)
                    .title(phase + ": tokens per second, median")
                    .xAxisTitle("positions in the cache")
                    .yAxisTitle("tokens/s")
                    .build();
            chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
            chart.getStyler().setYAxisMin(0.0);
            lines.forEach((name, points) ->
                    chart.addSeries(name, List.copyOf(points.keySet()), List.copyOf(points.values())));
            drawn.add(save(chart, folder, stem(table.file()) + "-" + phase));
        }
        return drawn;
    }

    /** A picture for each limit: bars of the works of each case that have a ratio to it. */
    private static List<Path> ratios(Csv table, Path folder) throws IOException {
        List<Path> drawn = new ArrayList<>();
        for (String limit : List.of("of_read", "of_fma")) {
            Map<String, Map<String, Double>> byWork = new LinkedHashMap<>();
            List<String> cases = new ArrayList<>();
            for (Map<String, String> row : table.rows()) {
                String work = row.get("work");
                boolean denominator = work.startsWith("read ") || work.startsWith("fma ") || work.startsWith("int8 ");
                if (denominator || row.get(limit).isEmpty()) {
                    continue;
                }
                String name = row.get("suite") + " " + row.get("case") + ", " + row.get("threads") + "T";
                if (!cases.contains(name)) {
                    cases.add(name);
                }
                byWork.computeIfAbsent(work, _ -> new LinkedHashMap<>()).put(name, Double.valueOf(row.get(limit)));
            }
            if (cases.isEmpty()) {
                continue;
            }
            CategoryChart chart = new CategoryChartBuilder()
                    .width(WIDTH + 40 * cases.size())
                    .height(HEIGHT + 150)
                    .title(limit.equals("of_read") ? "speed over the read-only pass" : "speed over the FMA peak")
                    .build();
            chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
            chart.getStyler().setXAxisLabelRotation(60);
            byWork.forEach((work, values) -> chart.addSeries(
                    work,
                    cases,
                    cases.stream().map(c -> values.getOrDefault(c, 0.0)).toList()));
            drawn.add(save(chart, folder, stem(table.file()) + "-" + limit.replace('_', '-')));
        }
        return drawn;
    }

    private static Path save(Chart<?, ?> chart, Path folder, String name) throws IOException {
        Path file = folder.resolve(name.toLowerCase(Locale.ROOT) + ".png");
        BufferedImage image = new BufferedImage(chart.getWidth(), chart.getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        chart.paint(graphics, chart.getWidth(), chart.getHeight());
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
        return file;
    }

    private static String stem(Path file) {
        return file.getFileName().toString().replaceFirst("\\.csv$", "");
    }
}
