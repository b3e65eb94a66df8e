package org.kimi4j.agents;

/** Replies as a model writes them. */
final class Markup {

    private Markup() {}

    /** A section of calls; each of the form that {@link #call} gives. */
    static String section(String... calls) {
        return "<|tool_calls_section_begin|>" + String.join("", calls) + "<|tool_calls_section_end|>";
    }

    static String call(String name, int index, String arguments) {
        return "<|tool_call_begin|>functions." + name + ":" + index + "<|tool_call_argument_begin|>" + arguments
                + "<|tool_call_end|>";
    }
}
