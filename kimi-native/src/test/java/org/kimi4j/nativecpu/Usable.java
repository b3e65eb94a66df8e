package org.kimi4j.nativecpu;

/** Whether this machine has a C compiler and a processor that the library is for. */
final class Usable {

    private Usable() {}

    static boolean here() {
        return new NativeProvider().unusable().isEmpty();
    }
}
