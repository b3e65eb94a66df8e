package org.kimi4j;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.SchemaException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.grammar.Grammar;
import org.kimi4j.grammar.Grammars;
import org.kimi4j.grammar.Lexicon;
import org.kimi4j.tokenizer.Tokenizer;

/**
 * The grammars of one model: compiled when first asked for, on the caller's thread, and kept while they fit {@link
 * #MAX_BYTES}; those used longest ago go first. Safe for all threads.
 */
final class GrammarStore {

    /** Bytes of all grammars that nobody uses at the moment, masks included. */
    static final long MAX_BYTES = 128L << 20;

    private static final String REGEX_SIGNS = "\\^$.|?*+()[]{}/";
    private static final String NO_PARAMETERS = "{\"type\":\"object\",\"additionalProperties\":false}";

    private final Tokenizer tokenizer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Object, Grammar> grammars = new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable Lexicon lexicon;

    private record Header(List<String> names) {}

    GrammarStore(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * What a reply must obey.
     *
     * @throws SchemaException naming what is not supported
     * @throws UnsupportedOptionException if a tool must be called that there is not
     */
    ReplyRules rules(ResponseFormat format, List<ToolSpec> tools, ToolChoice choice) {
        List<ToolSpec> callable = callable(tools, choice);
        boolean strict = callable.stream().anyMatch(ToolSpec::strict);
        ReplyRules.Calls calls = calls(callable, choice);
        boolean free = calls == ReplyRules.Calls.UNKNOWN || calls == ReplyRules.Calls.ALLOWED;
        if (format.equals(ResponseFormat.TEXT) && !strict && free) {
            return ReplyRules.NONE;
        }
        Map<String, Grammar> arguments = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        for (ToolSpec tool : callable) {
            names.add(tool.name());
            if (tool.strict()) {
                arguments.put(tool.name(), arguments(tool));
            }
        }
        Header header = new Header(List.copyOf(names));
        return new ReplyRules(
                answer(format),
                strict || calls == ReplyRules.Calls.REQUIRED
                        ? Optional.of(grammar(header, () -> Grammars.regex(header(names), lexicon())))
                        : Optional.empty(),
                arguments,
                calls,
                ReplyRules.Controls.of(tokenizer.specialTokens()));
    }

    private static List<ToolSpec> callable(List<ToolSpec> tools, ToolChoice choice) {
        List<ToolSpec> callable = switch (choice) {
            case ToolChoice.None() -> List.of();
            case ToolChoice.Named(String name) ->
                tools.stream().filter(t -> t.name().equals(name)).toList();
            case ToolChoice.Auto(), ToolChoice.Required() -> tools;
        };
        boolean required = choice instanceof ToolChoice.Named || choice instanceof ToolChoice.Required;
        if (required && callable.isEmpty()) {
            throw new UnsupportedOptionException("toolChoice " + choice + ": expected such a tool, found "
                    + tools.stream().map(ToolSpec::name).toList());
        }
        return callable;
    }

    private static ReplyRules.Calls calls(List<ToolSpec> callable, ToolChoice choice) {
        return switch (choice) {
            case ToolChoice.None() -> ReplyRules.Calls.FORBIDDEN;
            case ToolChoice.Named _, ToolChoice.Required() -> ReplyRules.Calls.REQUIRED;
            case ToolChoice.Auto() -> callable.isEmpty() ? ReplyRules.Calls.UNKNOWN : ReplyRules.Calls.ALLOWED;
        };
    }

    private Optional<Grammar> answer(ResponseFormat format) {
        return switch (format) {
            case ResponseFormat.Text() -> Optional.empty();
            case ResponseFormat.JsonObject() -> Optional.of(grammar(format, () -> Grammars.jsonObject(lexicon())));
            case ResponseFormat.JsonSchema json -> Optional.of(schema(json));
            case ResponseFormat.Regex(String pattern) ->
                Optional.of(grammar(format, () -> Grammars.regex(pattern, lexicon())));
            case ResponseFormat.Choice(List<String> texts) ->
                Optional.of(grammar(format, () -> Grammars.choice(texts, lexicon())));
        };
    }

    private Grammar schema(ResponseFormat.JsonSchema format) {
        return grammar(format, () -> Grammars.jsonSchema(format.schema(), lexicon()));
    }

    private Grammar arguments(ToolSpec tool) {
        try {
            String parameters = tool.parameters().isEmpty() ? NO_PARAMETERS : tool.parameters();
            return schema(new ResponseFormat.JsonSchema(parameters));
        } catch (SchemaException e) {
            throw new SchemaException("strict tool " + tool.name() + ": " + e.getMessage(), e);
        }
    }

    /** What stands between the beginning of a call and its arguments. */
    private static String header(List<String> names) {
        StringBuilder pattern = new StringBuilder("^functions\\.(");
        for (String name : names) {
            pattern.append(pattern.charAt(pattern.length() - 1) == '(' ? "" : "|");
            for (char c : name.toCharArray()) {
                pattern.append(REGEX_SIGNS.indexOf(c) >= 0 ? "\\" : "").append(c);
            }
        }
        return pattern.append("):(0|[1-9][0-9]{0,3})$").toString();
    }

    private Lexicon lexicon() {
        lock.lock();
        try {
            if (lexicon == null) {
                lexicon = Lexicon.of(tokenizer);
            }
            return lexicon;
        } finally {
            lock.unlock();
        }
    }

    private Grammar grammar(Object key, Supplier<Grammar> compile) {
        lock.lock();
        try {
            Grammar known = grammars.get(key);
            if (known != null) {
                trim();
                return known;
            }
        } finally {
            lock.unlock();
        }
        Grammar made = compile.get(); // two callers may make the same one, which harms nobody
        lock.lock();
        try {
            grammars.put(key, made);
            trim();
            return made;
        } finally {
            lock.unlock();
        }
    }

    /** Drops those used longest ago; with each request, because grammars remember more masks as they are used. */
    private void trim() {
        long bytes = 0;
        for (Grammar grammar : grammars.values()) {
            bytes += grammar.bytes();
        }
        Iterator<Grammar> oldest = grammars.values().iterator();
        while (bytes > MAX_BYTES && grammars.size() > 1) {
            bytes -= oldest.next().bytes();
            oldest.remove();
        }
    }
}
