package org.kimi4j.spring.openai;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An object of a request with its path. A member that is null counts as absent.
 *
 * @param path for messages, empty for the whole request
 */
record Fields(String path, JsonNode node) {

    Fields {
        if (!node.isObject()) {
            throw ApiFailure.field(path.isEmpty() ? "body" : path, "expected an object, found " + shown(node));
        }
    }

    private static String shown(JsonNode node) {
        String text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }

    private String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private Optional<JsonNode> find(String key) {
        JsonNode value = node.get(key);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    /** Refuses members of other names: one that is passed over would give another answer than the client asked for. */
    void allow(List<String> names) {
        node.propertyNames().forEach(name -> {
            if (!names.contains(name)) {
                throw new ApiFailure(
                        400,
                        "unknown_field",
                        at(name),
                        at(name) + ": unknown field, it would change the answer and is not supported; leave it out");
            }
        });
    }

    boolean has(String key) {
        return find(key).isPresent();
    }

    JsonNode required(String key) {
        return find(key).orElseThrow(() -> ApiFailure.field(at(key), "missing"));
    }

    Fields object(String key) {
        return new Fields(at(key), required(key));
    }

    Optional<String> text(String key) {
        return find(key).map(v -> {
            if (!v.isString()) {
                throw ApiFailure.field(at(key), "expected a string, found " + shown(v));
            }
            return v.stringValue();
        });
    }

    Optional<Boolean> flag(String key) {
        return find(key).map(v -> {
            if (!v.isBoolean()) {
                throw ApiFailure.field(at(key), "expected true or false, found " + shown(v));
            }
            return v.booleanValue();
        });
    }

    Optional<Double> number(String key) {
        return find(key).map(v -> {
            if (!v.isNumber()) {
                throw ApiFailure.field(at(key), "expected a number, found " + shown(v));
            }
            return v.doubleValue();
        });
    }

    Optional<Long> integer(String key) {
        return find(key).map(v -> {
            if (!v.isIntegralNumber() || !v.canConvertToLong()) {
                throw ApiFailure.field(at(key), "expected a whole number, found " + shown(v));
            }
            return v.longValue();
        });
    }

    Optional<Integer> small(String key) {
        return integer(key).map(v -> {
            if (v != v.intValue()) {
                throw ApiFailure.field(at(key), "expected a number of 32 bits, found " + v);
            }
            return v.intValue();
        });
    }

    /** Refuses any other value than this. */
    void only(String key, String what, JsonNode... allowed) {
        find(key).ifPresent(v -> {
            if (!List.of(allowed).contains(v)) {
                throw ApiFailure.field(at(key), "expected " + what + ", found " + shown(v));
            }
        });
    }
}
