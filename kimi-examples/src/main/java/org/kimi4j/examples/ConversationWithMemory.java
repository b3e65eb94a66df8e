package org.kimi4j.examples;

import java.util.List;
import org.kimi4j.Conversation;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ConversationJson;

/** Several turns. What earlier turns left in the cache is not read again; a conversation can be stored and resumed. */
public final class ConversationWithMemory {

    private ConversationWithMemory() {}

    public static void main(String[] args) {
        try (Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            Conversation conversation = kimi.conversation()
                    .system("Answer in one short sentence.")
                    .options(o -> o.thinking(false).temperature(0));
            Reply reply = conversation.user("Hello, my name is Nina").send();
            System.out.println(reply.text());
            reply = conversation.user("What is the capital of Belgium?").send();
            System.out.println(reply.text());

            String stored = ConversationJson.writeMessages(conversation.messages());
            List<ChatMessage> earlier = ConversationJson.readMessages(stored);
            reply = kimi.conversation(earlier)
                    .options(o -> o.thinking(false).temperature(0))
                    .user("What's my name?")
                    .send();
            System.out.println(reply.text());
            System.out.println(reply.usage().cachedTokens() + " of "
                    + reply.usage().promptTokens() + " prompt tokens were in the cache");
        }
    }
}
