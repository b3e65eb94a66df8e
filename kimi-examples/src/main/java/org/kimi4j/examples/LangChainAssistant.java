package org.kimi4j.examples;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import org.kimi4j.Kimi;
import org.kimi4j.langchain4j.KimiChatModel;

/** An interface that LangChain4j implements with the model, which calls Java methods when it needs them. */
public final class LangChainAssistant {

    private LangChainAssistant() {}

    /** What is asked, in the words of the application. */
    interface Assistant {
        String answer(String question);
    }

    /** What the model may call. */
    static final class Weather {

        @Tool(name = "get_weather", value = "Get the current weather in a city.")
        String inCity(@P(name = "city", value = "City name") String city) {
            System.out.println("get_weather of " + city);
            return city.equals("Oslo") ? "3 degrees, foggy" : "21 degrees, sunny";
        }
    }

    public static void main(String[] args) {
        try (Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            ChatModel model = KimiChatModel.builder()
                    .model(kimi)
                    .parameters(p -> p.thinking(false).temperature(0.0))
                    .build();
            Assistant assistant = AiServices.builder(Assistant.class)
                    .chatModel(model)
                    .chatMemory(MessageWindowChatMemory.withMaxMessages(20))
                    .tools(new Weather())
                    .build();

            System.out.println(assistant.answer("What is the weather in Munich?"));
            System.out.println(assistant.answer("What is the weather in Oslo?"));
        }
    }
}
