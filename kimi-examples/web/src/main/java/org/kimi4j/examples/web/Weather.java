package org.kimi4j.examples.web;

import java.util.function.BiConsumer;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;

/** A tool that the model may call, and somebody who is told of each call. */
public final class Weather {

    private final BiConsumer<String, String> called;

    Weather(BiConsumer<String, String> called) {
        this.called = called;
    }

    /** Made up; a real one would ask a service. */
    @Tool(name = "weather", description = "Current weather of a place.")
    public String weather(@ToolParam(description = "City name") String town) {
        String result = "rainy, 14 degrees";
        called.accept(town, result);
        return result;
    }
}
