package org.kimi4j;

import java.util.Locale;
import org.kimi4j.error.UnsupportedOptionException;

/** Which kernels compute. */
public enum Backend {
    /** The fastest that is usable: native, else vector, else scalar for small models only. */
    AUTO,
    /** Plain Java; the definition of the others, far too slow for large models. */
    SCALAR,
    /** Java with the Vector API. */
    VECTOR,
    /** C kernels of the artifact kimi-native. */
    NATIVE,
    /** A graphics card, with the artifact kimi-gpu. */
    GPU;

    /** The name in options, properties and output: {@code auto}, {@code scalar}, ... */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The backend with this label. */
    public static Backend of(String label) {
        for (Backend backend : values()) {
            if (backend.label().equals(label)) {
                return backend;
            }
        }
        throw new UnsupportedOptionException("backend \"" + label + "\": expected auto, scalar, vector, native or gpu");
    }
}
