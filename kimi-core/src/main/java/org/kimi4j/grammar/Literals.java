package org.kimi4j.grammar;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.kimi4j.json.Json;

/** Given JSON values as an automaton: scalars as they are written, lists and objects with or without a space between. */
final class Literals {

    private final Nfa nfa = new Nfa();

    private Literals() {}

    static Dfa oneOf(List<Json> values) throws RefusedException {
        Literals literals = new Literals();
        int start = literals.nfa.state();
        int end = literals.nfa.state();
        for (Json value : values) {
            literals.nfa.empty(literals.value(start, value), end);
        }
        return Determinizer.determinize(literals.nfa, start, end);
    }

    private int value(int from, Json value) throws RefusedException {
        return switch (value) {
            case Json.Null() -> text(from, "null");
            case Json.Bool(boolean b) -> text(from, Boolean.toString(b));
            case Json.Num(String literal) -> text(from, literal);
            case Json.Str(String s) -> string(from, s);
            case Json.Arr(List<Json> items) -> {
                int at = text(from, "[");
                for (Iterator<Json> i = items.iterator(); i.hasNext(); ) {
                    at = value(at, i.next());
                    at = i.hasNext() ? separator(at, ",") : at;
                }
                yield text(at, "]");
            }
            case Json.Obj(Map<String, Json> members) -> {
                int at = text(from, "{");
                for (Iterator<Map.Entry<String, Json>> i = members.entrySet().iterator(); i.hasNext(); ) {
                    Map.Entry<String, Json> member = i.next();
                    at = separator(string(at, member.getKey()), ":");
                    at = value(at, member.getValue());
                    at = i.hasNext() ? separator(at, ",") : at;
                }
                yield text(at, "}");
            }
        };
    }

    private int text(int from, String text) throws RefusedException {
        int to = nfa.state();
        nfa.bytes(from, Notation.PLAIN.bytes(text), to);
        return to;
    }

    private int string(int from, String text) throws RefusedException {
        int to = nfa.state();
        nfa.bytes(text(from, "\""), Notation.JSON.bytes(text), to);
        return text(to, "\"");
    }

    private int separator(int from, String text) throws RefusedException {
        int to = text(from, text);
        int spaced = nfa.state();
        nfa.edge(to, ' ', ' ', spaced);
        nfa.empty(to, spaced);
        return spaced;
    }
}
