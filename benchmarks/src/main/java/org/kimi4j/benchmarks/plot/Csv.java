package org.kimi4j.benchmarks.plot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A table of plain values, as the benchmarks write them: without quotes. */
record Csv(Path file, List<String> columns, List<Map<String, String>> rows) {

    /** Reads a file. */
    static Csv read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty()) {
            throw new IOException(file + ": is empty; expected a line of column names");
        }
        List<String> columns = List.of(lines.getFirst().split(",", -1));
        List<Map<String, String>> rows = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            String[] values = lines.get(i).split(",", -1);
            if (values.length != columns.size()) {
                throw new IOException(file + ": line " + (i + 1) + ": expected " + columns.size() + " values, found "
                        + values.length);
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int c = 0; c < values.length; c++) {
                row.put(columns.get(c), values[c]);
            }
            rows.add(row);
        }
        return new Csv(file, columns, rows);
    }

    boolean has(String column) {
        return columns.contains(column);
    }
}
