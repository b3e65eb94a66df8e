package org.kimi4j.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.kimi4j.json.Json;

/** Makes shapes of the schemas of one document. Each combination of schemas becomes one shape, so that circles end. */
final class SchemaShapes {

    private static final int MAX_SHAPES = 20_000;
    private static final int MAX_ALTERNATIVES = 500;
    private static final int MAX_PROPERTIES = 2_000;

    private final Lexicon lexicon;
    private final Map<String, Shape.Choice> known = new HashMap<>();
    private final Map<String, Shape.Regular> numbers = new HashMap<>();
    private Shape.@Nullable Choice anything;

    SchemaShapes(Lexicon lexicon) {
        this.lexicon = lexicon;
    }

    /** What satisfies all of some schemas; anything if there are none. */
    Shape all(List<SchemaPart> schemas) {
        if (schemas.isEmpty()) {
            return anything();
        }
        List<SchemaPart> followed = schemas.stream().map(SchemaPart::followed).toList();
        Set<String> places = new TreeSet<>();
        followed.forEach(s -> places.add(s.place()));
        String key = String.join(" & ", places);
        Shape.Choice shape = known.get(key);
        if (shape == null) {
            if (known.size() == MAX_SHAPES) {
                throw schemas.getFirst().refused("the schema comes to more than " + MAX_SHAPES + " shapes");
            }
            shape = new Shape.Choice(List.of());
            known.put(key, shape);
            List<Shape> alternatives = new ArrayList<>();
            for (Constraints c : leaves(combined(followed))) {
                alternatives.addAll(written(c));
            }
            shape.alternatives = alternatives;
        }
        return shape;
    }

    static Constraints combined(List<SchemaPart> schemas) {
        Constraints all = new Constraints(schemas.getFirst());
        schemas.forEach(s -> SchemaFolder.fold(s, all, Set.of()));
        return all;
    }

    /** The combinations of alternatives, one of each group; none of them has groups. */
    static List<Constraints> leaves(Constraints c) {
        if (c.never) {
            return List.of();
        }
        if (c.groups.isEmpty()) {
            return List.of(c);
        }
        Constraints.Group group = c.groups.getFirst();
        List<List<Constraints>> byAlternative = new ArrayList<>();
        List<Constraints> all = new ArrayList<>();
        for (SchemaPart alternative : group.alternatives()) {
            Constraints chosen = c.copy();
            chosen.groups.removeFirst();
            SchemaFolder.fold(alternative, chosen, group.inside());
            List<Constraints> found = leaves(chosen);
            byAlternative.add(found);
            all.addAll(found);
            if (all.size() > MAX_ALTERNATIVES) {
                throw group.owner()
                        .refused("its anyOf and oneOf combine to more than " + MAX_ALTERNATIVES + " alternatives");
            }
        }
        for (int i = 0; group.exclusive() && i < byAlternative.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (!Disjointness.areDisjoint(byAlternative.get(i), byAlternative.get(j))) {
                    throw group.owner()
                            .refused(
                                    "oneOf is supported if its schemas exclude each other, and " + j + " and " + i
                                            + " are not seen to: use anyOf, or give each a required property with a const of its own");
                }
            }
        }
        return all;
    }

    private List<Shape> written(Constraints c) {
        try {
            if (c.values != null) {
                return values(c, c.values);
            }
            List<Shape> shapes = new ArrayList<>();
            for (JsonType type : c.written()) {
                switch (type) {
                    case NULL -> shapes.add(literal("null"));
                    case BOOLEAN -> shapes.add(literal("true", "false"));
                    case INTEGER -> {
                        if (!c.written().contains(JsonType.NUMBER)) {
                            addNumber(c, true, shapes);
                        }
                    }
                    case NUMBER -> addNumber(c, false, shapes);
                    case STRING -> addString(c, shapes);
                    case ARRAY -> addArray(c, shapes);
                    case OBJECT -> addObject(c, shapes);
                }
            }
            return shapes;
        } catch (RefusedException e) {
            throw c.origin.refused(e.getMessage());
        }
    }

    private static Shape literal(String... texts) throws RefusedException {
        List<byte[]> bytes = new ArrayList<>();
        for (String text : texts) {
            bytes.add(Notation.PLAIN.bytes(text));
        }
        return new Shape.Regular(Texts.oneOf(bytes), Shape.Regular.Kind.VALUE);
    }

    private static List<Shape> values(Constraints c, List<Json> values) throws RefusedException {
        List<Json> fitting =
                values.stream().filter(v -> Satisfaction.satisfies(v, c)).toList();
        return fitting.isEmpty()
                ? List.of()
                : List.of(new Shape.Regular(Literals.oneOf(fitting), Shape.Regular.Kind.VALUE));
    }

    private void addNumber(Constraints c, boolean integer, List<Shape> shapes) throws RefusedException {
        Numbers.Bound low = c.low;
        Numbers.Bound high = c.high;
        if (low != null && high != null) {
            int order = low.value().compareTo(high.value());
            if (order > 0 || order == 0 && (low.excluded() || high.excluded())) {
                return;
            }
        }
        String key = low + " " + high + " " + integer + " " + c.divisors;
        Shape.Regular known = numbers.get(key);
        if (known == null) {
            boolean free = low == null && high == null && c.divisors.isEmpty() && !integer;
            Dfa dfa = free ? Numbers.any() : Numbers.between(low, high, integer);
            for (BigDecimal divisor : c.divisors) {
                dfa = Product.of(dfa, Numbers.multiplesOf(divisor));
            }
            known = new Shape.Regular(dfa, Shape.Regular.Kind.VALUE);
            numbers.put(key, known);
        }
        shapes.add(known);
    }

    private void addString(Constraints c, List<Shape> shapes) throws RefusedException {
        if (c.maxLength >= 0 && c.maxLength < c.minLength) {
            return;
        }
        if (c.patterns.isEmpty()) {
            shapes.add(new Shape.Text(c.minLength, c.maxLength, lexicon));
        } else {
            if (Math.max(c.minLength, c.maxLength) > Regex.MAX_REPEAT) {
                throw new RefusedException(
                        "minLength and maxLength beside a pattern or format are supported up to " + Regex.MAX_REPEAT);
            }
            Dfa dfa = Texts.strings(c.patterns, c.minLength, c.maxLength);
            shapes.add(new Shape.Regular(dfa, Shape.Regular.Kind.STRING));
        }
    }

    private void addArray(Constraints c, List<Shape> shapes) {
        List<Shape> first = new ArrayList<>();
        int max = c.maxItems;
        for (int i = 0; i < c.firstItems(); i++) {
            List<SchemaPart> item = c.item(i);
            if (item == null) {
                max = Constraints.tighter(max, i);
                break;
            }
            first.add(all(item));
        }
        List<SchemaPart> rest = c.item(c.firstItems());
        if (rest == null) {
            max = Constraints.tighter(max, first.size());
        }
        if (max < 0 || c.minItems <= max) {
            shapes.add(new ArrayShape(first, rest == null ? anything() : all(rest), c.minItems, max));
        }
    }

    private void addObject(Constraints c, List<Shape> shapes) throws RefusedException {
        List<SchemaPart> further = c.furtherProperties();
        List<ObjectShape.Property> declared = new ArrayList<>();
        List<byte[]> forbidden = new ArrayList<>();
        Set<String> names = c.propertyNames();
        if (names.size() > MAX_PROPERTIES) {
            throw new RefusedException(
                    "has " + names.size() + " properties; at most " + MAX_PROPERTIES + " are supported");
        }
        boolean optional = false;
        for (String name : names) {
            List<SchemaPart> asked = c.property(name);
            boolean required = c.required.contains(name);
            if (asked.stream().anyMatch(p -> p.schema() instanceof Json.Bool(boolean any) && !any)) {
                if (required) {
                    return;
                }
                forbidden.add(Notation.JSON.bytes(name));
            } else {
                optional |= !required;
                declared.add(new ObjectShape.Property(name, Notation.JSON.bytes(name), all(asked), required));
            }
        }
        if (optional && (c.minProperties > c.required.size() || c.maxProperties >= 0)) {
            throw new RefusedException("minProperties and maxProperties are not supported beside optional properties");
        }
        shapes.add(new ObjectShape(
                declared, further == null ? null : all(further), forbidden, c.minProperties, c.maxProperties));
    }

    /** Any JSON value. */
    private Shape anything() {
        if (anything == null) {
            anything = new Shape.Choice(List.of());
            anything.alternatives = written(new Constraints(SchemaPart.root(new Json.Bool(true))));
        }
        return anything;
    }
}
