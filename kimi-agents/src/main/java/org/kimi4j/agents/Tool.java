package org.kimi4j.agents;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.SchemaException;
import org.kimi4j.schema.RecordSchema;
import org.kimi4j.schema.ToolMethod;

/** A function that a model may call: what it is told about it, and what runs. Immutable. */
public final class Tool {

    private final ToolSpec spec;
    private final Binding binding;

    /** Reads a call's arguments; what it returns runs the function. */
    @FunctionalInterface
    private interface Binding {
        Callable<@Nullable Object> bind(String arguments);
    }

    private Tool(ToolSpec spec, Binding binding) {
        this.spec = spec;
        this.binding = binding;
    }

    /** A function of the arguments' JSON text, which is an object. Only its form is checked, not the schema. */
    public static Tool of(ToolSpec spec, ToolFunction<String> function) {
        return new Tool(spec, arguments -> () -> function.call(arguments));
    }

    /**
     * A function of a record of a public type: its components are the parameters, and the arguments follow its schema, see
     * {@link RecordSchema}.
     *
     * @throws SchemaException if a component cannot be put into a schema
     */
    public static <A> Tool of(String name, String description, Class<A> arguments, ToolFunction<A> function) {
        return of(name, description, RecordSchema.of(arguments), function);
    }

    /** A function of a record, of which the caller knows how it is made. */
    public static <A> Tool of(String name, String description, RecordSchema<A> schema, ToolFunction<A> function) {
        return new Tool(new ToolSpec(name, description, schema.text(), true), arguments -> {
            A read = schema.read(arguments);
            return () -> function.call(read);
        });
    }

    /**
     * The methods of an object that have a {@link org.kimi4j.schema.Description}, each with no parameter or one record; see
     * {@link ToolMethod}.
     *
     * @param lookup {@code MethodHandles.lookup()} of a class that can call them
     * @throws SchemaException if there are none, or one cannot be called
     */
    public static List<Tool> methods(Object target, MethodHandles.Lookup lookup) {
        return ToolMethod.of(target, lookup).stream().map(Tool::of).toList();
    }

    private static Tool of(ToolMethod method) {
        return new Tool(new ToolSpec(method.name(), method.description(), method.schema(), true), arguments -> {
            Object read = method.read(arguments);
            return () -> method.call(read);
        });
    }

    /** What the model is told. */
    public ToolSpec spec() {
        return spec;
    }

    /**
     * What runs a call.
     *
     * @throws SchemaException if the arguments cannot be used
     */
    Callable<List<Content>> prepare(ToolCall call) {
        call.argumentsProblem().ifPresent(problem -> {
            throw new SchemaException("the arguments are unusable: " + problem);
        });
        Callable<@Nullable Object> body = binding.bind(call.arguments().isBlank() ? "{}" : call.arguments());
        return () -> content(body.call());
    }

    private List<Content> content(@Nullable Object result) {
        return switch (result) {
            case null -> List.of(Content.text("ok"));
            case CharSequence text -> List.of(Content.text(text.toString()));
            case Content piece -> List.of(piece);
            case Number number -> List.of(Content.text(number.toString()));
            case Boolean truth -> List.of(Content.text(truth.toString()));
            case Enum<?> constant -> List.of(Content.text(constant.name()));
            case List<?> pieces -> pieces(pieces);
            default -> throw unusable(result);
        };
    }

    private List<Content> pieces(List<?> pieces) {
        List<Content> content = new ArrayList<>();
        for (Object piece : pieces) {
            if (!(piece instanceof Content part)) {
                throw unusable(pieces);
            }
            content.add(part);
        }
        return content;
    }

    private SchemaException unusable(Object result) {
        return new SchemaException(
                "tool " + spec.name() + ": expected a text, a number, a truth value, an enum constant or"
                        + " Content as result, found " + result.getClass().getName());
    }
}
