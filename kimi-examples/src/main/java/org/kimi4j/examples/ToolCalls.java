package org.kimi4j.examples;

import org.kimi4j.Conversation;
import org.kimi4j.FinishReason;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.chat.ToolSpec;

/** Functions that the model may ask for, a call it makes, and the answer it gives with the results. */
public final class ToolCalls {

    private ToolCalls() {}

    public static void main(String[] args) {
        try (Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            ToolSpec weather = new ToolSpec("weather", "Current weather of a place.", """
                    {"type": "object",
                     "properties": {"town": {"type": "string", "description": "City name"}},
                     "required": ["town"]}""");
            Conversation conversation = kimi.conversation()
                    .tools(weather)
                    .options(o -> o.thinking(false).temperature(0));

            Reply reply = conversation.user("What is the weather in Paris?").send();
            while (reply.finishReason() == FinishReason.TOOL_CALLS) {
                for (ToolCall call : reply.toolCalls()) {
                    System.out.println("call " + call.id() + " " + call.arguments());
                    conversation.add(ChatMessage.tool(call.id(), run(call)));
                }
                reply = conversation.send();
            }
            System.out.println(reply.text());
        }
    }

    private static String run(ToolCall call) {
        return call.name().equals("weather") ? "rainy, 14 degrees" : "error: no function " + call.name();
    }
}
