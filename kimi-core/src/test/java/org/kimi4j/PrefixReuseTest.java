package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kimi4j.nano.KimiNano;

/** What a conversation has in the cache is not read again, and makes no difference to any answer in EXACT. */
class PrefixReuseTest {

    private final Gate gate = new Gate();
    private final List<Kimi> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Kimi::close);
    }

    private Kimi open() {
        return open(KimiOptions.DEFAULTS);
    }

    private Kimi open(KimiOptions options) {
        Kimi kimi = Kimi.load(KimiNano.path(), options);
        opened.add(kimi);
        return kimi;
    }

    private static Conversation conversation(Kimi kimi, boolean thinking) {
        return kimi.conversation()
                .options(o -> o.thinking(thinking).temperature(0).maxTokens(60));
    }

    /** Turns so short that two of them stay within two pages. */
    private static Conversation brief(Kimi kimi) {
        return kimi.conversation().options(o -> o.thinking(false).temperature(0).maxTokens(5));
    }

    private static final List<String> QUESTIONS = List.of(
            "Which city is the capital of China",
            "And of France?",
            "My name is Anna.",
            "What is my name?",
            "Which day comes after Monday?");

    /** The answers of one conversation in which every prompt is read from its beginning. */
    private List<String> fresh(boolean thinking) {
        List<String> answers = new ArrayList<>();
        List<org.kimi4j.chat.ChatMessage> before = new ArrayList<>();
        for (String question : QUESTIONS) {
            try (Kimi kimi = Kimi.load(KimiNano.path())) {
                Conversation conversation = kimi.conversation(before)
                        .options(o -> o.thinking(thinking).temperature(0).maxTokens(60))
                        .user(question);
                Reply reply = conversation.send();
                assertThat(reply.usage().cachedTokens()).isZero();
                answers.add(reply.parsed().toString());
                before = new ArrayList<>(conversation.messages());
            }
        }
        return answers;
    }

    @Test
    void laterTurnsReadOnlyWhatIsNewAndAnswerAsIfTheyHadReadAll() {
        Kimi kimi = open(WatchedBackend.watchedBy(gate));
        Conversation conversation = conversation(kimi, false);
        List<String> answers = new ArrayList<>();
        int known = 0;
        for (String question : QUESTIONS) {
            gate.passes.clear();
            Reply reply = conversation.user(question).send();
            Usage usage = reply.usage();
            assertThat(usage.cachedTokens()).isEqualTo(known);
            int read = gate.passes.stream().mapToInt(p -> p.tokens().length).sum();
            assertThat(read)
                    .as("the new part of the prompt, and the answer but for the token that ends it")
                    .isEqualTo(usage.promptTokens() - usage.cachedTokens() + usage.completionTokens() - 1);
            known = usage.promptTokens() + usage.completionTokens() - 1;
            answers.add(reply.parsed().toString());
        }
        assertThat(answers).isEqualTo(fresh(false));
    }

    @Test
    void reasoningThatLeavesThePromptIsReadNoMoreAndTheRestIsReused() {
        Kimi kimi = open();
        Conversation conversation = conversation(kimi, true);
        List<String> answers = new ArrayList<>();
        for (String question : QUESTIONS) {
            Reply reply = conversation.user(question).send();
            if (!answers.isEmpty()) {
                assertThat(reply.usage().cachedTokens()).isPositive();
            }
            answers.add(reply.parsed().toString());
        }
        assertThat(answers).isEqualTo(fresh(true));
    }

    @Test
    void conversationsThatPartShareTheirBeginning() {
        Kimi kimi = open();
        Conversation first = conversation(kimi, false).user(QUESTIONS.getFirst());
        int shared = first.send().usage().totalTokens() - 1;
        List<Reply> alone = new ArrayList<>();
        List<String> ways = List.of("And of France?", "And of Spain?", "What was my question?", "And of Italy?");
        for (String way : ways) {
            try (Kimi other = Kimi.load(KimiNano.path())) {
                alone.add(ask(other.conversation(first.messages()), way));
            }
        }
        // One after the other, then all at once.
        for (int i = 0; i < ways.size(); i++) {
            Reply reply = ask(kimi.conversation(first.messages()), ways.get(i));
            assertThat(reply.parsed()).isEqualTo(alone.get(i).parsed());
            assertThat(reply.usage().cachedTokens()).isGreaterThanOrEqualTo(shared);
        }
        List<CompletableFuture<Reply>> together = new ArrayList<>();
        for (String way : ways) {
            together.add(CompletableFuture.supplyAsync(
                    () -> ask(kimi.conversation(first.messages()), way),
                    r -> Thread.ofVirtual().start(r)));
        }
        for (int i = 0; i < ways.size(); i++) {
            assertThat(together.get(i).join().parsed()).isEqualTo(alone.get(i).parsed());
        }
    }

    private static Reply ask(Conversation conversation, String question) {
        return conversation
                .options(o -> o.thinking(false).temperature(0).maxTokens(60))
                .user(question)
                .send();
    }

    /** The beginning of a prompt that another request is still working on is shared too. */
    @Test
    void runningRequestsShareTheirBeginning() {
        Kimi kimi = open(WatchedBackend.watchedBy(gate));
        String system = "You are a helpful assistant. ".repeat(20);
        gate.hold();
        try (ReplyStream first = Endless.request(kimi, system + "One", 500).open()) {
            gate.awaitHeld();
            gate.open();
            assertThat(first.next()).isPresent();
            Reply second = Endless.request(kimi, system + "Two", 5).send();
            assertThat(second.usage().cachedTokens()).isGreaterThan(60);
            try (Kimi other = Kimi.load(KimiNano.path())) {
                assertThat(second.parsed())
                        .isEqualTo(
                                Endless.request(other, system + "Two", 5).send().parsed());
            }
        }
    }

    /** Eight conversations that may each fill the context still have their beginnings when they go on. */
    @Test
    void conversationsOfAllWhoAreServedAtOnceStayInTheCache() {
        Kimi kimi = open();
        List<Conversation> all = new ArrayList<>();
        int[] known = new int[8];
        for (int i = 0; i < 8; i++) {
            all.add(kimi.conversation()
                    .options(o -> o.thinking(false).temperature(0))
                    .user("Spell the word number " + i));
        }
        for (int turn = 0; turn < 3; turn++) {
            List<ReplyStream> streams = all.stream().map(Conversation::open).toList();
            for (int i = 0; i < all.size(); i++) {
                Reply reply = streams.get(i).reply();
                assertThat(reply.usage().cachedTokens())
                        .as("conversation %d, turn %d", i, turn)
                        .isGreaterThanOrEqualTo(known[i]);
                known[i] = reply.usage().totalTokens() - 1;
                all.get(i).add(reply.toMessage()).user("Which city is the capital of China");
            }
        }
    }

    @Test
    void conversationsNotUsedForLongestGiveWayFirst() {
        Kimi probe = open();
        probe.chat().user("hello").thinking(false).maxTokens(1).send();
        long page = probe.model().stats().kvBytes();
        Kimi kimi = open(KimiOptions.DEFAULTS.with(o -> o.kvBudget(6 * page)));
        String filler = "the capital of China ".repeat(8);
        List<Conversation> all = new ArrayList<>();
        for (String name : List.of("one", "two", "three")) {
            Conversation c = brief(kimi).user(name + ": " + filler + name);
            Reply reply = c.send();
            assertThat(reply.usage().totalTokens()).as("two pages each").isBetween(65, 128);
            all.add(c);
        }
        assertThat(kimi.model().stats().idleTimelines()).isEqualTo(3);
        assertThat(all.get(0).user("And now?").send().usage().cachedTokens())
                .as("the first is used again")
                .isGreaterThan(40);
        // All pages are taken and a fourth conversation needs two: the second is now the one not used for longest.
        brief(kimi).user("four: " + filler).send();
        assertThat(all.get(2).user("And now?").send().usage().cachedTokens())
                .as("the third")
                .isGreaterThan(40);
        assertThat(all.get(1).user("And now?").send().usage().cachedTokens())
                .as("the second has only the opening that all share")
                .isLessThan(20);
    }
}
