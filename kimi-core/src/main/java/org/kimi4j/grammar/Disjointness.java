package org.kimi4j.grammar;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.kimi4j.json.Json;

/**
 * Whether two schemas surely exclude each other. Asked of what is written for them, which is less than they allow: of one
 * that declares properties and says nothing of others, only those are written.
 */
final class Disjointness {

    private static final int MAX_DEPTH = 4;

    private Disjointness() {}

    static boolean areDisjoint(List<Constraints> some, List<Constraints> others) {
        return some.stream().allMatch(a -> others.stream().allMatch(b -> excludes(a, b, 0) && excludes(b, a, 0)));
    }

    /** Whether nothing written for {@code a} satisfies {@code b}. */
    private static boolean excludes(Constraints a, Constraints b, int depth) {
        if (a.never || b.never || depth > MAX_DEPTH) {
            return a.never || b.never;
        }
        if (a.values != null) {
            return a.values.stream().noneMatch(v -> Satisfaction.satisfies(v, a) && accepts(b, v));
        }
        if (b.values != null) {
            return b.values.stream().noneMatch(v -> Satisfaction.satisfies(v, b) && accepts(a, v));
        }
        Set<JsonType> common = EnumSet.copyOf(a.written());
        common.retainAll(b.types);
        for (JsonType type : common) {
            boolean excluded = switch (type) {
                case NULL, BOOLEAN, STRING, ARRAY -> false;
                case INTEGER, NUMBER -> isBelow(a, b) || isBelow(b, a);
                case OBJECT -> objectsExclude(a, b, depth);
            };
            if (!excluded) {
                return false;
            }
        }
        return true;
    }

    private static boolean accepts(Constraints c, Json value) {
        List<Json> values = c.values;
        return (values == null || values.stream().anyMatch(v -> JsonEquality.equal(v, value)))
                && Satisfaction.satisfies(value, c);
    }

    private static boolean isBelow(Constraints a, Constraints b) {
        Numbers.Bound high = a.high;
        Numbers.Bound low = b.low;
        if (high == null || low == null) {
            return false;
        }
        int order = high.value().compareTo(low.value());
        return order < 0 || order == 0 && (high.excluded() || low.excluded());
    }

    private static boolean objectsExclude(Constraints a, Constraints b, int depth) {
        boolean closed = a.furtherProperties() == null;
        for (String name : b.required) {
            if (closed && !a.propertyNames().contains(name)) {
                return true;
            }
        }
        for (String name : a.required) {
            List<SchemaPart> ofA = a.property(name);
            List<SchemaPart> ofB = b.property(name);
            if (!ofB.isEmpty() && valuesExclude(ofA, ofB, depth)) {
                return true;
            }
        }
        return false;
    }

    private static boolean valuesExclude(List<SchemaPart> a, List<SchemaPart> b, int depth) {
        List<Constraints> leavesOfA = leaves(a);
        List<Constraints> leavesOfB = leaves(b);
        return leavesOfA != null
                && leavesOfB != null
                && leavesOfA.stream().allMatch(x -> leavesOfB.stream().allMatch(y -> excludes(x, y, depth + 1)));
    }

    private static @Nullable List<Constraints> leaves(List<SchemaPart> schemas) {
        return schemas.isEmpty() ? null : SchemaShapes.leaves(SchemaShapes.combined(schemas));
    }
}
