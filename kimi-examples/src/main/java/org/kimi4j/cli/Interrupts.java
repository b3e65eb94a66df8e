package org.kimi4j.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Ctrl-C as an event. The JDK has it in the module jdk.unsupported only, which javac does not let pass without a warning;
 * hence by reflection. Where it is missing, Ctrl-C ends the program as everywhere.
 */
final class Interrupts implements AutoCloseable {

    private static final String SIGNAL = "sun.misc.Signal";
    private static final String HANDLER = "sun.misc.SignalHandler";

    private final Runnable restore;

    private Interrupts(Runnable restore) {
        this.restore = restore;
    }

    /** Runs something at each Ctrl-C, on a thread of the JVM, until closed. */
    static Interrupts on(Runnable action) {
        try {
            Object previous = handle(Proxy.newProxyInstance(
                    Interrupts.class.getClassLoader(),
                    new Class<?>[] {Class.forName(HANDLER)},
                    (proxy, method, args) -> {
                        return switch (method.getName()) {
                            case "handle" -> {
                                action.run();
                                yield null;
                            }
                            case "hashCode" -> System.identityHashCode(proxy);
                            case "equals" -> proxy == args[0];
                            default -> "Ctrl-C";
                        };
                    }));
            return new Interrupts(() -> {
                try {
                    handle(previous);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            });
        } catch (ReflectiveOperationException e) {
            return new Interrupts(() -> {});
        }
    }

    private static Object handle(Object handler) throws ReflectiveOperationException {
        Class<?> signal = Class.forName(SIGNAL);
        try {
            return signal.getMethod("handle", signal, Class.forName(HANDLER))
                    .invoke(null, signal.getConstructor(String.class).newInstance("INT"), handler);
        } catch (InvocationTargetException e) {
            // -Xrs leaves the signal to the operating system.
            throw new ReflectiveOperationException(e.getCause());
        }
    }

    @Override
    public void close() {
        restore.run();
    }
}
