package org.kimi4j.cli;

import java.text.MessageFormat;
import java.util.Locale;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * What the library logs, as plain lines on standard error: warnings and errors, or from the level that the property
 * {@code kimi.log} names, for example {@code info}. Saves starting java.util.logging.
 */
public final class PlainLoggers extends System.LoggerFinder {

    /** For the service loader. */
    public PlainLoggers() {}

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new PlainLogger(name, level());
    }

    private static System.Logger.Level level() {
        try {
            return System.Logger.Level.valueOf(
                    System.getProperty("kimi.log", "warning").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return System.Logger.Level.WARNING;
        }
    }

    private record PlainLogger(String name, Level from) implements System.Logger {

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            // The JDK's own loggers have nothing to say to a person at the command line below warnings.
            Level threshold = name.startsWith("org.kimi4j") ? from : Level.WARNING;
            return level != Level.OFF && level.getSeverity() >= threshold.getSeverity();
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                System.err.println("kimi: " + level.getName().toLowerCase(Locale.ROOT) + ": " + message);
                if (thrown != null) {
                    thrown.printStackTrace();
                }
            }
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String format, @Nullable Object... arguments) {
            if (isLoggable(level)) {
                boolean plain = format == null || arguments == null || arguments.length == 0;
                log(level, bundle, plain ? format : MessageFormat.format(format, arguments), (Throwable) null);
            }
        }
    }
}
