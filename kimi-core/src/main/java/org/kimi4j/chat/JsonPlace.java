package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.json.Json;

/**
 * A value inside a document, with its path for messages. A member whose value is null counts as absent.
 *
 * @param path for example {@code messages[2].content}; empty for the whole document
 */
record JsonPlace(String path, Json value) {

    /** Refuses members other than these names, parted by a space. */
    void allow(String names) {
        List<String> known = List.of(names.split(" "));
        for (String key : members().keySet()) {
            if (!known.contains(key)) {
                throw new UnsupportedOptionException(
                        at(key) + ": unknown key, expected one of " + String.join(", ", known));
            }
        }
    }

    boolean has(String key) {
        Json member = members().get(key);
        return member != null && !(member instanceof Json.Null);
    }

    JsonPlace required(String key) {
        if (!has(key)) {
            throw new UnsupportedOptionException(at(key) + ": missing");
        }
        return new JsonPlace(at(key), members().get(key));
    }

    /** The string under a key, empty if absent. */
    String text(String key) {
        return has(key) ? required(key).string() : "";
    }

    boolean flag(String key, boolean absent) {
        if (!has(key)) {
            return absent;
        }
        if (members().get(key) instanceof Json.Bool(boolean flag)) {
            return flag;
        }
        throw required(key).wrong("true or false");
    }

    String string() {
        if (value instanceof Json.Str(String text)) {
            return text;
        }
        throw wrong("a string");
    }

    void expect(String text) {
        if (!string().equals(text)) {
            throw wrong("\"" + text + "\"");
        }
    }

    String objectText() {
        if (value instanceof Json.Obj object) {
            return object.write();
        }
        throw wrong("an object");
    }

    List<JsonPlace> items() {
        if (!(value instanceof Json.Arr(var items))) {
            throw wrong("an array");
        }
        List<JsonPlace> places = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            places.add(new JsonPlace(path + "[" + i + "]", items.get(i)));
        }
        return places;
    }

    UnsupportedOptionException wrong(String expected) {
        String found = value.write();
        String shown = found.length() <= 80 ? found : found.substring(0, 80) + "...";
        return new UnsupportedOptionException(
                (path.isEmpty() ? "conversation" : path) + ": expected " + expected + ", found " + shown);
    }

    private Map<String, Json> members() {
        if (value instanceof Json.Obj(var members)) {
            return members;
        }
        throw wrong("an object");
    }

    private String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
