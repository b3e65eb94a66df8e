package org.kimi4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.kimi4j.agents.Tool;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.chat.ToolSpec;

/** The functions of the cases. The calls of a reply wait for each other, so that they only return if they run at once. */
final class Tools {

    static final ToolSpec WEATHER = new ToolSpec("get_weather", "Get the current weather in a city.", """
            {"type": "object",
             "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
             "required": ["city"], "additionalProperties": false}""");
    static final ToolSpec TIME = new ToolSpec("get_time", "Get the time in a city.", """
            {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""");
    static final ToolSpec WRITE = new ToolSpec("write_file", "Write a file.", """
            {"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
             "required": ["path", "content"], "additionalProperties": false}""");
    static final ToolSpec TASKS = new ToolSpec("gtasks_list-tasklists", "List task lists.", """
            {"type": "object", "properties": {"max": {"type": "integer", "minimum": 1}}}""");
    static final ToolSpec DOTTED = new ToolSpec("mcp.files.read", "Read a file.", """
            {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}""");
    static final ToolSpec NOW = new ToolSpec("now", "The time.");
    static final ToolSpec BROKEN = new ToolSpec("broken", "Always fails.");
    static final List<ToolSpec> ALL = List.of(WEATHER, TIME, WRITE, TASKS, DOTTED, NOW, BROKEN);

    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDialect(Dialects.getDraft202012());
    private static final int SECONDS = 30;

    private volatile CyclicBarrier together = new CyclicBarrier(1);

    /** So many calls of the next reply must run at the same time. */
    void expect(int calls) {
        together = new CyclicBarrier(Math.max(1, calls));
    }

    List<Tool> tools() {
        List<Tool> tools = new ArrayList<>();
        for (ToolSpec spec : ALL) {
            tools.add(Tool.of(spec, arguments -> {
                together.await(SECONDS, TimeUnit.SECONDS);
                if (spec == BROKEN) {
                    throw new IOException("no line");
                }
                return "result for " + arguments;
            }));
        }
        return tools;
    }

    /** The arguments of a call that was run are what the declaration of its function allows. */
    static void checkArguments(ToolCall call, List<ToolSpec> declared) {
        ToolSpec spec = declared.stream()
                .filter(tool -> tool.name().equals(call.name()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("a function that is not declared was run: " + call));
        String schema = spec.parameters().isEmpty() ? "{\"type\": \"object\"}" : spec.parameters();
        String arguments = call.arguments().isBlank() ? "{}" : call.arguments();
        assertThat(SCHEMAS.getSchema(schema, InputFormat.JSON).validate(arguments, InputFormat.JSON))
                .describedAs("arguments %s of %s", arguments, call.name())
                .isEmpty();
    }
}
