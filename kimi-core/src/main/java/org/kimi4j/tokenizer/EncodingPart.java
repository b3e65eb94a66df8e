package org.kimi4j.tokenizer;

/** A stretch of a prompt: the difference between a control token and text that reads like one. */
public sealed interface EncodingPart {

    /** Text that stands for itself, whatever it contains. */
    record Text(String text) implements EncodingPart {}

    /** A control token, by its name. */
    record Control(String name) implements EncodingPart {}
}
