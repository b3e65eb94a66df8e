package org.kimi4j.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.kimi4j.json.Json;

/**
 * Reads one object of a configuration file, noting problems instead of throwing, and remembers which keys were looked
 * at. After a problem a harmless value is returned, so that the other keys are still checked.
 */
final class ConfigObject {

    private final ConfigProblems problems;
    private final String path; // empty or ending in a dot
    private final Map<String, Json> members;
    private final Set<String> seen = new LinkedHashSet<>();
    private final Set<String> bad = new HashSet<>();

    ConfigObject(ConfigProblems problems, String path, Json.Obj object) {
        this.problems = problems;
        this.path = path;
        this.members = object.members();
    }

    /** Whether the key is there and not null. */
    boolean has(String key) {
        seen.add(key);
        return !(members.getOrDefault(key, new Json.Null()) instanceof Json.Null);
    }

    /** Whether none of the keys had a problem. */
    boolean valid(String... keys) {
        for (String key : keys) {
            if (bad.contains(key)) {
                return false;
            }
        }
        return true;
    }

    private Optional<Json> value(String key) {
        return has(key) ? Optional.of(members.get(key)) : Optional.empty();
    }

    /** A required whole number in a range. */
    int integer(String key, int min, int max) {
        return value(key).map(v -> integer(key, v, min, max)).orElseGet(() -> {
            invalid(key, "expected a whole number from " + min + " to " + max + ", found nothing");
            return min;
        });
    }

    int integer(String key, int min, int max, int fallback) {
        return value(key).map(v -> integer(key, v, min, max)).orElse(fallback);
    }

    List<Integer> integers(String key, int min, int max) {
        return array(key).stream().map(item -> integer(key, item, min, max)).toList();
    }

    OptionalDouble optionalNumber(String key, double min, double max) {
        return value(key).map(v -> OptionalDouble.of(number(key, v, min, max))).orElse(OptionalDouble.empty());
    }

    OptionalInt optionalInteger(String key, int min, int max) {
        return value(key).map(v -> OptionalInt.of(integer(key, v, min, max))).orElse(OptionalInt.empty());
    }

    private int integer(String key, Json value, int min, int max) {
        // Longer literals are no sizes, and BigDecimal would work hard on an exponent of a billion.
        if (value instanceof Json.Num number
                && number.isInteger()
                && number.literal().length() <= 18) {
            long n = Long.parseLong(number.literal());
            if (n >= min && n <= max) {
                return (int) n;
            }
        }
        invalid(key, "expected a whole number from " + min + " to " + max + ", found " + shown(value));
        return min;
    }

    /** A required number above {@code min} (exclusive) and up to {@code max}. */
    double number(String key, double min, double max) {
        return value(key).map(v -> number(key, v, min, max)).orElseGet(() -> {
            invalid(key, "expected a number above " + min + " and up to " + max + ", found nothing");
            return max;
        });
    }

    double number(String key, double min, double max, double fallback) {
        return value(key).map(v -> number(key, v, min, max)).orElse(fallback);
    }

    private double number(String key, Json value, double min, double max) {
        if (value instanceof Json.Num(String literal) && literal.length() <= 40) {
            double n = Double.parseDouble(literal);
            if (n > min && n <= max) {
                return n;
            }
        }
        invalid(key, "expected a number above " + min + " and up to " + max + ", found " + shown(value));
        return max;
    }

    boolean flag(String key) {
        return value(key).map(v -> flag(key, v)).orElseGet(() -> {
            invalid(key, "expected true or false, found nothing");
            return false;
        });
    }

    boolean flag(String key, boolean fallback) {
        return value(key).map(v -> flag(key, v)).orElse(fallback);
    }

    private boolean flag(String key, Json value) {
        if (value instanceof Json.Bool(boolean b)) {
            return b;
        }
        invalid(key, "expected true or false, found " + shown(value));
        return false;
    }

    /** A string; empty if the key is not there. */
    Optional<String> text(String key) {
        return value(key).flatMap(v -> {
            if (v instanceof Json.Str(String text)) {
                return Optional.of(text);
            }
            invalid(key, "expected a string, found " + shown(v));
            return Optional.empty();
        });
    }

    Optional<ConfigObject> object(String key) {
        return value(key).flatMap(v -> {
            if (v instanceof Json.Obj object) {
                return Optional.of(new ConfigObject(problems, path + key + ".", object));
            }
            invalid(key, "expected an object, found " + shown(v));
            return Optional.empty();
        });
    }

    List<Json> array(String key) {
        return value(key)
                .map(v -> {
                    if (v instanceof Json.Arr(List<Json> items)) {
                        return items;
                    }
                    invalid(key, "expected an array, found " + shown(v));
                    return List.<Json>of();
                })
                .orElse(List.of());
    }

    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (Json item : array(key)) {
            if (item instanceof Json.Str(String text)) {
                texts.add(text);
            } else {
                invalid(key, "expected an array of strings, found " + shown(item) + " in it");
            }
        }
        return List.copyOf(texts);
    }

    /** Token ids given as one number, an array of numbers, or not at all. */
    List<Integer> tokens(String key, int vocabSize) {
        List<Json> items = switch (value(key).orElse(new Json.Null())) {
            case Json.Null() -> List.of();
            case Json.Arr(List<Json> array) -> array;
            case Json.Num single -> List.of(single);
            case Json.Str other -> List.of(other);
            case Json.Bool other -> List.of(other);
            case Json.Obj other -> List.of(other);
        };
        List<Integer> tokens = new ArrayList<>();
        for (Json item : items) {
            tokens.add(integer(key, item, 0, vocabSize - 1));
        }
        return List.copyOf(tokens);
    }

    /** A key that is computed with for one value only. */
    void only(String key, String supported, boolean required) {
        Optional<String> found = text(key);
        if (found.isPresent() && !found.get().equals(supported)) {
            unsupported(key, "\"" + supported + "\" is supported, found \"" + found.get() + "\"");
        } else if (found.isEmpty() && required && valid(key)) {
            invalid(key, "expected \"" + supported + "\", found nothing");
        }
    }

    /** A switch that is computed with in one position only; absent means that position. */
    void only(String key, boolean supported) {
        if (flag(key, supported) != supported && valid(key)) {
            unsupported(key, supported + " is supported, found " + !supported);
        }
    }

    /** A key whose mere presence would change the result. */
    void absent(String key, String reason) {
        Optional<Json> found = value(key);
        boolean empty = found.isEmpty()
                || found.get() instanceof Json.Obj(Map<String, Json> m) && m.isEmpty()
                || found.get() instanceof Json.Arr(List<Json> items) && items.isEmpty();
        if (!empty) {
            unsupported(key, reason + ", found " + shown(found.get()));
        }
    }

    /** Takes note of keys that do not change what is computed here. */
    void harmless(String... keys) {
        seen.addAll(List.of(keys));
    }

    /** Refuses every key that was not looked at, for objects in which each key may change the result. */
    void refuseOthers() {
        for (String key : others()) {
            unsupported(key, "not known; it may change the result, found " + shown(members.get(key)));
        }
    }

    /** The keys that were not looked at, with their path. */
    List<String> ignored() {
        return others().stream().map(key -> path + key).toList();
    }

    Set<String> keys() {
        return members.keySet();
    }

    private List<String> others() {
        return members.keySet().stream().filter(key -> !seen.contains(key)).toList();
    }

    void invalid(String key, String problem) {
        bad.add(key);
        problems.invalid(path + key, problem);
    }

    void unsupported(String key, String problem) {
        bad.add(key);
        problems.unsupported(path + key, problem);
    }

    private static String shown(Json value) {
        String text = value.write();
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }
}
