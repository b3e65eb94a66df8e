package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.config.KvType;
import org.kimi4j.nano.KimiNano;

/**
 * What was said at the start of a conversation of 600 tokens is known at its end. That is near the longest that the
 * bundled model has seen; it still knows there what somebody likes to eat, when only small talk was in between.
 */
class LongConversationTest {

    private static final List<String> FOODS = List.of("apples", "honey", "pasta", "cheese", "bread", "rice");

    @ParameterizedTest
    @EnumSource
    void factFromTheStartIsFoundAtTheEnd(KvType type) {
        try (Kimi kimi = Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.kvType(type)))) {
            for (String food : FOODS) {
                ChatRequest request = kimi.chat();
                String first = food.substring(0, 1).toUpperCase(Locale.ROOT) + food.substring(1);
                say(request, "I like to eat " + food + ".", first + " sounds good.");
                for (int turn = 0; turn < 13; turn++) {
                    say(request, "Thank you", "You are welcome!");
                    say(request, "How are you?", "I am fine, thank you.");
                }
                Reply reply = request.user("What do I like to eat?")
                        .thinking(false)
                        .temperature(0)
                        .maxTokens(40)
                        .send();
                assertThat(reply.usage().promptTokens()).isBetween(600, 640);
                // It is at the end of what it learnt, and does not always stop at the fact.
                assertThat(reply.text()).startsWith("You like " + food);
            }
        }
    }

    private static void say(ChatRequest request, String user, String assistant) {
        request.user(user).message(ChatMessage.assistant(assistant));
    }
}
