package org.kimi4j.spring;

import java.util.Locale;
import org.kimi4j.error.UnsupportedOptionException;

/** A setting that the application cannot start with: its name, what is wrong and what to do. */
public final class WrongPropertyException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String property;
    private final String remedy;

    public WrongPropertyException(String property, String problem, String remedy) {
        super(property + ": " + problem + "; " + remedy);
        this.property = property;
        this.remedy = remedy;
    }

    /** A refused option; its message begins with its name in Java. */
    static WrongPropertyException ofOption(String prefix, UnsupportedOptionException refused) {
        String message = refused.getMessage();
        int colon = Math.max(0, message.indexOf(':'));
        String key = message.substring(0, colon).replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return new WrongPropertyException(
                prefix + key, message.substring(colon + 1).strip(), "change the value or leave the property out");
    }

    /** Its whole name. */
    public String property() {
        return property;
    }

    /** What to do. */
    public String remedy() {
        return remedy;
    }
}
