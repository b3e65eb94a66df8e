package org.kimi4j.schema;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.SchemaException;

/**
 * A Java method as a function that a model may call: its name is the function's, its {@link Description} what the model is
 * told, and the components of its one parameter, a record, are the function's parameters. Immutable.
 */
public final class ToolMethod {

    private final String name;
    private final String description;
    private final Optional<RecordSchema<?>> parameters;
    private final MethodHandle handle;

    private ToolMethod(Method method, String description, MethodHandles.Lookup lookup, MethodHandle handle) {
        this.name = method.getName();
        this.description = description;
        this.handle = handle;
        this.parameters = method.getParameterCount() == 0
                ? Optional.empty()
                : Optional.of(RecordSchema.of(method.getParameterTypes()[0], lookup));
    }

    /**
     * The methods of an object's class that have a {@link Description}, by name.
     *
     * @param lookup of a class that can call them and can make the records they take
     * @throws SchemaException if there are none, or one has other parameters than one record
     */
    public static List<ToolMethod> of(Object target, MethodHandles.Lookup lookup) {
        List<ToolMethod> methods = new ArrayList<>();
        for (Method method : target.getClass().getDeclaredMethods()) {
            Description described = method.getAnnotation(Description.class);
            if (described != null && !method.isSynthetic()) {
                methods.add(new ToolMethod(method, described.value(), lookup, handle(target, method, lookup)));
            }
        }
        if (methods.isEmpty()) {
            throw new SchemaException(
                    target.getClass().getName() + ": expected methods with @Description to be called, found none");
        }
        methods.sort(Comparator.comparing(ToolMethod::name));
        return List.copyOf(methods);
    }

    private static MethodHandle handle(Object target, Method method, MethodHandles.Lookup lookup) {
        Class<?>[] types = method.getParameterTypes();
        if (types.length > 1 || types.length == 1 && !types[0].isRecord()) {
            throw new SchemaException("method " + method + ": expected no parameter or one record, found "
                    + types.length + " parameters; put them into a record");
        }
        try {
            MethodHandle found = lookup.unreflect(method);
            return Modifier.isStatic(method.getModifiers()) ? found : found.bindTo(target);
        } catch (IllegalAccessException e) {
            throw new SchemaException(
                    "method " + method + ": the lookup cannot call it; pass MethodHandles.lookup() of a class that can",
                    e);
        }
    }

    public String name() {
        return name;
    }

    public String description() {
        return description;
    }

    /** The JSON schema of the arguments; empty without parameters. */
    public String schema() {
        return parameters.map(RecordSchema::text).orElse("");
    }

    /**
     * Reads arguments, to be passed to {@link #call}.
     *
     * @return null without parameters
     * @throws SchemaException if they do not follow the schema
     */
    public @Nullable Object read(String json) {
        return parameters.isPresent() ? parameters.get().read(json) : null;
    }

    /**
     * Calls the method.
     *
     * @param arguments what {@link #read} gave
     * @return what the method returned; null if it returns nothing
     * @throws Exception what the method threw
     */
    public @Nullable Object call(@Nullable Object arguments) throws Exception {
        try {
            return parameters.isPresent() ? handle.invoke(arguments) : handle.invoke();
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("neither an exception nor an error", e);
        }
    }
}
