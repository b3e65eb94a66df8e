package org.kimi4j.examples.web;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.kimi4j.springai.KimiChatModel;
import org.kimi4j.springai.KimiChatOptions;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.content.Media;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Answers a conversation as server-sent events: thinking, the tools it calls, and the answer, as they come. */
@RestController
class ChatController {

    private final ChatClient chat;

    ChatController(ChatClient.Builder chat) {
        this.chat = chat.build();
    }

    /**
     * A turn as the page keeps it.
     *
     * @param picture base64, empty for none
     */
    record Turn(String role, String text, String picture) {}

    /** What the page asks. */
    record Question(List<Turn> turns, boolean thinking) {}

    @PostMapping(path = "/chat", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<Map<String, String>>> answer(@RequestBody Question question) {
        Sinks.Many<ServerSentEvent<Map<String, String>>> calls =
                Sinks.many().unicast().onBackpressureBuffer();
        Flux<ServerSentEvent<Map<String, String>>> pieces = chat
                .prompt()
                .messages(question.turns().stream().map(ChatController::message).toList())
                .options(KimiChatOptions.builder().thinking(question.thinking()))
                .tools(new Weather(
                        (town, result) -> calls.tryEmitNext(event("tool", "weather(" + town + ") = " + result))))
                .stream()
                .chatResponse()
                .flatMapIterable(ChatController::events)
                .onErrorResume(e -> Flux.just(event("failure", String.valueOf(e.getMessage()))))
                .doFinally(_ -> calls.tryEmitComplete());
        return Flux.merge(calls.asFlux(), pieces).concatWithValues(event("end", ""));
    }

    private static Message message(Turn turn) {
        if (turn.role().equals("assistant")) {
            return new AssistantMessage(turn.text());
        }
        UserMessage.Builder user = UserMessage.builder().text(turn.text());
        if (!turn.picture().isEmpty()) {
            byte[] bytes = Base64.getDecoder().decode(turn.picture());
            user.media(new Media(MimeTypeUtils.IMAGE_PNG, new ByteArrayResource(bytes)));
        }
        return user.build();
    }

    private static List<ServerSentEvent<Map<String, String>>> events(ChatResponse response) {
        List<ServerSentEvent<Map<String, String>>> events = new ArrayList<>();
        if (response.getResult() != null) {
            AssistantMessage message = response.getResult().getOutput();
            if (message.getMetadata().get(KimiChatModel.THINKING) instanceof String thinking) {
                events.add(event("thinking", thinking));
            }
            if (message.getText() != null && !message.getText().isEmpty()) {
                events.add(event("text", message.getText()));
            }
        }
        return events;
    }

    /** An object, because an event's bare text would lose its line breaks. */
    private static ServerSentEvent<Map<String, String>> event(String name, String text) {
        return ServerSentEvent.builder(Map.of("text", text)).event(name).build();
    }
}
