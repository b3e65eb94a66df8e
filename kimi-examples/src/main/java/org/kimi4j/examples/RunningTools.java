package org.kimi4j.examples;

import java.lang.invoke.MethodHandles;
import org.kimi4j.Kimi;
import org.kimi4j.agents.Tool;
import org.kimi4j.agents.ToolLoop;
import org.kimi4j.schema.Description;

/** Java methods that the model calls, run by a loop until it answers. */
public final class RunningTools {

    private RunningTools() {}

    /** The parameters of a function. */
    record Place(@Description("City name") String town) {}

    /** The functions. */
    static final class Office {

        @Description("Current weather of a place.")
        String weather(Place place) {
            System.out.println("weather of " + place.town());
            return "rainy, 14 degrees";
        }
    }

    public static void main(String[] args) {
        try (Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            ToolLoop loop = ToolLoop.on(kimi)
                    .options(o -> o.thinking(false).temperature(0))
                    .tools(Tool.methods(new Office(), MethodHandles.lookup()))
                    .build();

            System.out.println(loop.run("What is the weather in Paris?").text());
        }
    }
}
