package org.kimi4j.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.kimi4j.grammar.Numbers.Bound;
import org.kimi4j.json.Json;

/**
 * What one or several schemas together ask of a value, keyword by keyword. Grows while schemas are folded into it by
 * {@link SchemaFolder}.
 */
final class Constraints {

    /** Schemas of which a value must satisfy one; {@code exclusive} if only one. */
    record Group(List<SchemaPart> alternatives, boolean exclusive, Set<String> inside, SchemaPart owner) {}

    /** The properties one schema declares and what it asks of all others; null if it does not say. */
    record ObjectPart(
            Map<String, SchemaPart> properties, @Nullable SchemaPart further) {}

    /** What one schema asks of the first items and of the rest; null if it does not say. */
    record ArrayPart(List<SchemaPart> first, @Nullable SchemaPart rest) {}

    /** Where a problem is told to be. */
    final SchemaPart origin;

    boolean never;
    Set<JsonType> types = EnumSet.allOf(JsonType.class);
    boolean typed;
    /** Types that keywords other than {@code type} speak about. */
    final Set<JsonType> mentioned = EnumSet.noneOf(JsonType.class);

    @Nullable
    List<Json> values;

    @Nullable
    Bound low;

    @Nullable
    Bound high;

    final List<BigDecimal> divisors = new ArrayList<>();
    int minLength;
    int maxLength = -1;
    final List<Regex> patterns = new ArrayList<>();
    int minItems;
    int maxItems = -1;
    final List<ArrayPart> arrays = new ArrayList<>();
    int minProperties;
    int maxProperties = -1;
    final Set<String> required = new LinkedHashSet<>();
    final List<ObjectPart> objects = new ArrayList<>();
    final List<Group> groups = new ArrayList<>();
    /** Places of the schemas folded in. */
    final Set<String> folded = new HashSet<>();

    Constraints(SchemaPart origin) {
        this.origin = origin;
    }

    Constraints copy() {
        Constraints c = new Constraints(origin);
        c.never = never;
        c.types = EnumSet.copyOf(types);
        c.typed = typed;
        c.mentioned.addAll(mentioned);
        c.values = values;
        c.low = low;
        c.high = high;
        c.divisors.addAll(divisors);
        c.minLength = minLength;
        c.maxLength = maxLength;
        c.patterns.addAll(patterns);
        c.minItems = minItems;
        c.maxItems = maxItems;
        c.arrays.addAll(arrays);
        c.minProperties = minProperties;
        c.maxProperties = maxProperties;
        c.required.addAll(required);
        c.objects.addAll(objects);
        c.groups.addAll(groups);
        c.folded.addAll(folded);
        return c;
    }

    void restrictTypes(Set<JsonType> to) {
        Set<JsonType> both = EnumSet.copyOf(types);
        both.retainAll(to);
        if (both.isEmpty()) {
            never = true;
        } else {
            types = both;
        }
        typed = true;
    }

    void restrictValues(List<Json> to) {
        List<Json> old = values;
        values = old == null
                ? to
                : to.stream()
                        .filter(v -> old.stream().anyMatch(o -> JsonEquality.equal(o, v)))
                        .toList();
    }

    void atLeast(Bound bound) {
        Bound old = low;
        int order = old == null ? 1 : bound.value().compareTo(old.value());
        if (order > 0 || order == 0 && bound.excluded()) {
            low = bound;
        }
    }

    void atMost(Bound bound) {
        Bound old = high;
        int order = old == null ? -1 : bound.value().compareTo(old.value());
        if (order < 0 || order == 0 && bound.excluded()) {
            high = bound;
        }
    }

    /** The lower of two upper limits of which -1 is none. */
    static int tighter(int a, int b) {
        return a < 0 ? b : b < 0 ? a : Math.min(a, b);
    }

    /** The types to write: where no type is named, those that the other keywords speak about. */
    Set<JsonType> written() {
        if (typed || values != null || mentioned.isEmpty()) {
            return types;
        }
        return mentioned;
    }

    /** Names of all declared properties, and of required ones, in the order they are first met. */
    Set<String> propertyNames() {
        Set<String> names = new LinkedHashSet<>();
        objects.forEach(o -> names.addAll(o.properties.keySet()));
        names.addAll(required);
        return names;
    }

    /** What all schemas together ask of a property. */
    List<SchemaPart> property(String name) {
        List<SchemaPart> all = new ArrayList<>();
        for (ObjectPart part : objects) {
            SchemaPart declared = part.properties.get(name);
            if (declared != null) {
                all.add(declared);
            } else if (part.further != null) {
                all.add(part.further);
            }
        }
        return all;
    }

    /**
     * What is asked of properties that nobody declares: empty for anything, null if there are to be none. Schemas that
     * declare properties and say nothing of others mean those alone: that is stricter than JSON Schema is.
     */
    @Nullable
    List<SchemaPart> furtherProperties() {
        List<SchemaPart> all = new ArrayList<>();
        boolean declares = false;
        for (ObjectPart part : objects) {
            declares |= !part.properties.isEmpty();
            if (part.further != null) {
                all.add(part.further);
            }
        }
        if (all.isEmpty()) {
            return declares ? null : all;
        }
        return all.stream().anyMatch(p -> p.schema() instanceof Json.Bool(boolean any) && !any) ? null : all;
    }

    /** What all schemas together ask of an item; null if there is to be none. */
    @Nullable
    List<SchemaPart> item(int index) {
        List<SchemaPart> all = new ArrayList<>();
        for (ArrayPart part : arrays) {
            if (index < part.first.size()) {
                all.add(part.first.get(index));
            } else if (part.rest != null) {
                all.add(part.rest);
            } else if (!part.first.isEmpty()) {
                return null;
            }
        }
        return all;
    }

    /** How many first items have schemas of their own. */
    int firstItems() {
        return arrays.stream().mapToInt(a -> a.first.size()).max().orElse(0);
    }

    /** Names in a map that keeps their order. */
    static Map<String, SchemaPart> named(SchemaPart parent, Json.Obj properties) {
        Map<String, SchemaPart> named = new LinkedHashMap<>();
        properties.members().forEach((name, schema) -> named.put(name, parent.child(name, schema)));
        return named;
    }
}
