package org.kimi4j.quant;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.kimi4j.json.Json;

/**
 * config.json of the result: what is packed now is said as compressed-tensors says it. Groups that are there stay; a group
 * is added for each size of scales, its targets as regular expressions, which that library prefers to a class name such
 * as "Linear". Entries of the ignore list that would hide a packed matrix are replaced by exact ones for what they still
 * have to hide.
 */
final class QuantizedConfig {

    private static final String KEY = "quantization_config";
    private static final Pattern NUMBER = Pattern.compile("\\.\\d+(?=\\.)");

    private final Map<String, Integer> packed; // module name to size of groups
    private final List<String> plain; // other modules with a weight

    private QuantizedConfig(Map<String, Integer> packed, List<String> plain) {
        this.packed = packed;
        this.plain = plain;
    }

    /**
     * @param config of the source
     * @param nested whether the text model has an object of its own
     * @param packed modules that are quantised now, with the size of their groups
     * @param plain modules whose weights are stored as they are
     */
    static Json rewritten(Json.Obj config, boolean nested, Map<String, Integer> packed, List<String> plain) {
        return new QuantizedConfig(packed, plain).rewritten(config, nested);
    }

    private Json rewritten(Json.Obj config, boolean nested) {
        Map<String, Json> members = new LinkedHashMap<>(config.members());
        boolean outer = isObject(config, KEY);
        if (nested && config.get("text_config").orElse(new Json.Null()) instanceof Json.Obj text) {
            // Where nothing is said yet, it is said where the official file says it.
            if (isObject(text, KEY) || !outer) {
                Map<String, Json> inner = new LinkedHashMap<>(text.members());
                inner.put(KEY, section(text.get(KEY)));
                members.put("text_config", new Json.Obj(inner));
            }
        }
        if (outer || !nested) {
            members.put(KEY, section(config.get(KEY)));
        }
        return new Json.Obj(members);
    }

    private static boolean isObject(Json.Obj object, String key) {
        return object.get(key).orElse(new Json.Null()) instanceof Json.Obj;
    }

    private Json section(Optional<Json> before) {
        Map<String, Json> members = new LinkedHashMap<>();
        Map<String, Json> groups = new LinkedHashMap<>();
        List<Json> ignore = new ArrayList<>();
        members.put("quant_method", new Json.Str("compressed-tensors"));
        members.put("format", new Json.Str("pack-quantized"));
        members.put("quantization_status", new Json.Str("compressed"));
        if (before.orElse(new Json.Null()) instanceof Json.Obj old) {
            members.putAll(old.members());
            if (old.get("config_groups").orElse(new Json.Null()) instanceof Json.Obj there) {
                groups.putAll(there.members());
            }
            if (old.get("ignore").orElse(new Json.Null()) instanceof Json.Arr(List<Json> entries)) {
                ignore.addAll(entries);
            }
        }
        Map<Integer, Set<String>> targets = new TreeMap<>();
        packed.forEach((module, group) ->
                targets.computeIfAbsent(group, g -> new LinkedHashSet<>()).add(target(module)));
        targets.forEach((group, names) -> groups.put(freeName(groups), scheme(group, names)));
        members.put("config_groups", new Json.Obj(groups));
        members.put("ignore", new Json.Arr(ignore(ignore)));
        return new Json.Obj(members);
    }

    private static String freeName(Map<String, Json> groups) {
        int number = groups.size();
        while (groups.containsKey("group_" + number)) {
            number++;
        }
        return "group_" + number;
    }

    private static Json scheme(int group, Set<String> targets) {
        Map<String, Json> weights = new LinkedHashMap<>();
        weights.put("num_bits", Json.Num.of(8));
        weights.put("type", new Json.Str("int"));
        weights.put("symmetric", new Json.Bool(true));
        weights.put("strategy", new Json.Str("group"));
        weights.put("group_size", Json.Num.of(group));
        weights.put("dynamic", new Json.Bool(false));
        weights.put("observer", new Json.Str("minmax"));
        weights.put("actorder", new Json.Null());
        weights.put("block_structure", new Json.Null());
        Map<String, Json> scheme = new LinkedHashMap<>();
        scheme.put(
                "targets",
                new Json.Arr(targets.stream().<Json>map(Json.Str::new).toList()));
        scheme.put("input_activations", new Json.Null());
        scheme.put("output_activations", new Json.Null());
        scheme.put("weights", new Json.Obj(weights));
        return new Json.Obj(scheme);
    }

    private List<Json> ignore(List<Json> before) {
        List<Json> kept = new ArrayList<>();
        List<Pattern> dropped = new ArrayList<>();
        for (Json entry : before) {
            Optional<Pattern> pattern = entry instanceof Json.Str(String text) ? pattern(text) : Optional.empty();
            if (pattern.isPresent() && packed.keySet().stream().anyMatch(m -> matches(pattern.get(), m))) {
                dropped.add(pattern.get());
            } else {
                kept.add(entry);
            }
        }
        Set<String> exact = new LinkedHashSet<>();
        for (String module : plain) {
            if (dropped.stream().anyMatch(p -> matches(p, module))) {
                exact.add(target(module));
            }
        }
        exact.forEach(entry -> kept.add(new Json.Str(entry)));
        return kept;
    }

    /** Python's match looks at the beginning of a name only. */
    private static boolean matches(Pattern pattern, String module) {
        return pattern.matcher(module).lookingAt();
    }

    /** What an entry of the list matches; empty if it is no expression that can be read, which then stays. */
    private static Optional<Pattern> pattern(String entry) {
        if (!entry.startsWith("re:")) {
            // Names are those of the modules, which have a prefix in some versions of the model's code.
            return Optional.of(Pattern.compile("(.*\\.)?" + Pattern.quote(entry) + "$"));
        }
        try {
            return Optional.of(Pattern.compile(entry.substring("re:".length())));
        } catch (PatternSyntaxException e) {
            return Optional.empty();
        }
    }

    /** An expression for a module and those of the same name in other layers, whatever prefix they have. */
    private static String target(String module) {
        String[] layer = module.split("layers\\.\\d+\\.", 2);
        if (layer.length == 2) {
            return "re:.*" + escaped(layer[1]) + "$";
        }
        return "re:.*" + escaped(module.substring(module.lastIndexOf('.') + 1)) + "$";
    }

    private static String escaped(String name) {
        return NUMBER.matcher(name).replaceAll(".\\\\d+").replace(".", "\\.");
    }
}
