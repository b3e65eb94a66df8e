package org.kimi4j.grammar;

/** A part of a schema or pattern that cannot be enforced; who knows its place adds it. */
final class RefusedException extends Exception {

    RefusedException(String message) {
        super(message);
    }
}
