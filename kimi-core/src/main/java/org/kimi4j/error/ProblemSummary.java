package org.kimi4j.error;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Turns many problems into a message that can be read: at most {@value #MAX_IN_FULL} in full, one of each kind first,
 * the others as counts by kind. The kind of a problem is its first line with the numbers replaced by {@code *}: layers,
 * experts and shard numbers vary where one mistake was made once.
 */
final class ProblemSummary {

    static final int MAX_IN_FULL = 10;
    static final int MAX_CHARS = 3_400;

    private static final int MAX_SUBJECT = 240;
    private static final int MAX_KIND = 200;
    private static final int MAX_PROBLEM = 4_000;
    private static final int ROOM_FOR_KINDS = 900;

    // Digits inside a word (BF16, norm0, kv_b2) belong to the word.
    private static final Pattern NUMBER = Pattern.compile("(?<![A-Za-z0-9_])\\d+(?![A-Za-z0-9_])");

    private ProblemSummary() {}

    static String message(String subject, List<String> problems) {
        String head = clip(printable(subject), MAX_SUBJECT);
        if (problems.size() == 1) {
            return clip(head + ": " + problems.getFirst(), MAX_CHARS);
        }
        Set<Integer> chosen = choose(problems);
        int each = (MAX_CHARS - MAX_SUBJECT - ROOM_FOR_KINDS) / Math.max(1, chosen.size()) - 1;
        StringBuilder out = new StringBuilder(head).append(": ");
        out.append(problems.size()).append(" problems");
        for (int index : chosen) {
            out.append('\n').append(clip(problems.get(index), each));
        }
        if (problems.size() > chosen.size()) {
            appendRest(out, problems, chosen);
        }
        return out.toString();
    }

    /** Control characters would let a file name or a tensor name forge lines of a log; very long texts fill it. */
    static List<String> sanitised(List<String> problems) {
        List<String> result = new ArrayList<>(problems.size());
        for (String problem : problems) {
            result.add(clip(printable(problem), MAX_PROBLEM));
        }
        return List.copyOf(result);
    }

    private static Set<Integer> choose(List<String> problems) {
        Set<String> kinds = new LinkedHashSet<>();
        Set<Integer> chosen = new java.util.TreeSet<>();
        for (int i = 0; i < problems.size() && chosen.size() < MAX_IN_FULL; i++) {
            if (kinds.add(kind(problems.get(i)))) {
                chosen.add(i);
            }
        }
        for (int i = 0; i < problems.size() && chosen.size() < MAX_IN_FULL; i++) {
            chosen.add(i);
        }
        return chosen;
    }

    private static void appendRest(StringBuilder out, List<String> problems, Set<Integer> chosen) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (int i = 0; i < problems.size(); i++) {
            if (!chosen.contains(i)) {
                counts.merge(kind(problems.get(i)), 1, Integer::sum);
            }
        }
        out.append("\nand ").append(problems.size() - chosen.size()).append(" more:");
        int shown = 0;
        for (Map.Entry<String, Integer> entry : counts.entrySet()) {
            String line = "\n  " + entry.getValue() + " x " + entry.getKey();
            if (out.length() + line.length() > MAX_CHARS - 30) {
                out.append("\n  and ").append(counts.size() - shown).append(" more kinds");
                return;
            }
            out.append(line);
            shown++;
        }
    }

    private static String kind(String problem) {
        int end = problem.indexOf('\n');
        String first = end < 0 ? problem : problem.substring(0, end);
        return NUMBER.matcher(clip(first, MAX_KIND)).replaceAll("*");
    }

    private static String clip(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        int end = max - 3;
        if (Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end) + "...";
    }

    private static String printable(String text) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c == '\n' || !(Character.isISOControl(c) || c == '\u2028' || c == '\u2029');
            if (!plain && out == null) {
                out = new StringBuilder(text.length() + 16).append(text, 0, i);
            }
            if (out != null) {
                out.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
            }
        }
        return out == null ? text : out.toString();
    }
}
