package org.kimi4j.grammar;

import org.kimi4j.json.Json;

/** When JSON Schema takes two values for the same: numbers by their value, objects without regard to order. */
final class JsonEquality {

    private JsonEquality() {}

    static boolean equal(Json a, Json b) {
        return switch (a) {
            case Json.Num number ->
                b instanceof Json.Num other && number.value().compareTo(other.value()) == 0;
            case Json.Arr array ->
                b instanceof Json.Arr other
                        && array.items().size() == other.items().size()
                        && equalItems(array, other);
            case Json.Obj object ->
                b instanceof Json.Obj other
                        && object.members().keySet().equals(other.members().keySet())
                        && object.members().entrySet().stream()
                                .allMatch(
                                        e -> equal(e.getValue(), other.members().get(e.getKey())));
            case Json.Str _, Json.Bool _, Json.Null _ -> a.equals(b);
        };
    }

    private static boolean equalItems(Json.Arr a, Json.Arr b) {
        for (int i = 0; i < a.items().size(); i++) {
            if (!equal(a.items().get(i), b.items().get(i))) {
                return false;
            }
        }
        return true;
    }
}
