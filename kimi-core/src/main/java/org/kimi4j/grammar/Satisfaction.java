package org.kimi4j.grammar;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.kimi4j.json.Json;

/** Whether a given value satisfies a schema: for values that an enum lists beside other keywords. */
final class Satisfaction {

    private Satisfaction() {}

    /** Whether a value satisfies constraints without groups, the list of values aside. */
    static boolean satisfies(Json value, Constraints c) {
        if (c.never || !c.types.contains(JsonType.of(value))) {
            return false;
        }
        return switch (value) {
            case Json.Null _, Json.Bool _ -> true;
            case Json.Num number -> number(number.value(), c);
            case Json.Str(String text) -> string(text, c);
            case Json.Arr(List<Json> items) -> array(items, c);
            case Json.Obj(Map<String, Json> members) -> object(members, c);
        };
    }

    private static boolean listed(Json value, Constraints c) {
        List<Json> values = c.values;
        return values == null || values.stream().anyMatch(v -> JsonEquality.equal(v, value));
    }

    /** Whether a value satisfies all of some schemas. */
    private static boolean satisfiesAll(Json value, List<SchemaPart> schemas) {
        return schemas.isEmpty()
                || SchemaShapes.leaves(SchemaShapes.combined(schemas)).stream()
                        .anyMatch(c -> listed(value, c) && satisfies(value, c));
    }

    private static boolean number(BigDecimal value, Constraints c) {
        Numbers.Bound low = c.low;
        Numbers.Bound high = c.high;
        boolean above = low == null || value.compareTo(low.value()) > (low.excluded() ? 0 : -1);
        boolean below = high == null || value.compareTo(high.value()) < (high.excluded() ? 0 : 1);
        return above
                && below
                && c.divisors.stream()
                        .allMatch(d -> d.signum() > 0 && value.remainder(d).signum() == 0);
    }

    private static boolean string(String text, Constraints c) {
        int length = text.codePointCount(0, text.length());
        if (length < c.minLength || c.maxLength >= 0 && length > c.maxLength) {
            return false;
        }
        if (c.patterns.isEmpty()) {
            return true;
        }
        try {
            return Texts.strings(c.patterns, 0, -1)
                    .matches(Notation.PLAIN.bytes(
                            '"' + new String(Notation.JSON.bytes(text), StandardCharsets.UTF_8) + '"'));
        } catch (RefusedException e) {
            return false; // nothing matches the pattern
        }
    }

    private static boolean array(List<Json> items, Constraints c) {
        if (items.size() < c.minItems || c.maxItems >= 0 && items.size() > c.maxItems) {
            return false;
        }
        for (int i = 0; i < items.size(); i++) {
            List<SchemaPart> asked = c.item(i);
            if (asked != null && !satisfiesAll(items.get(i), asked)) {
                return false;
            }
        }
        return true;
    }

    private static boolean object(Map<String, Json> members, Constraints c) {
        return members.size() >= c.minProperties
                && (c.maxProperties < 0 || members.size() <= c.maxProperties)
                && members.keySet().containsAll(c.required)
                && members.entrySet().stream().allMatch(m -> satisfiesAll(m.getValue(), c.property(m.getKey())));
    }
}
