package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.grammar.NamedSchemas;
import org.kimi4j.grammar.NamedSchemas.Named;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.testkit.TinyCheckpoint;

/** Whatever a model would like to say, its answers satisfy their schemas: those that end by themselves and those cut. */
class SchemaAnswersTest {

    private static final int SEEDS = 20;
    private static final int AT_ONCE = 8;

    /** One answer to a schema. */
    private record Outcome(Named named, int seed, int most, Reply reply) {

        List<String> problems() {
            return named.problems(reply.text());
        }

        @Override
        public String toString() {
            return named + ", seed " + seed + ", " + most + " tokens, " + reply.finishReason() + ": " + reply.text();
        }
    }

    private static List<Named> schemas() {
        List<Named> all = new ArrayList<>(NamedSchemas.ofKeywords());
        all.addAll(NamedSchemas.ofApplications());
        return all;
    }

    private static Outcome ask(Kimi kimi, GrammarStore grammars, Named named, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean thinking = seed % 5 == 4;
        int thoughts = 6;
        int shortest = grammars.rules(ResponseFormat.jsonSchema(named.schema()), List.of(), ToolChoice.AUTO)
                .shortestReply();
        int most = shortest + (thinking ? thoughts + 1 : 0) + random.nextInt(1 << random.nextInt(7));
        Reply reply = kimi.chat()
                .user("Describe " + named.name())
                .thinking(thinking)
                .maxThinkingTokens(thoughts)
                .temperature(1.5)
                .topP(1)
                .seed(seed)
                .maxTokens(most)
                .responseFormat(ResponseFormat.jsonSchema(named.schema()))
                .send();
        return new Outcome(named, seed, most, reply);
    }

    private static void check(Path directory, List<Named> schemas, int seeds) {
        Map<FinishReason, Integer> reasons = new EnumMap<>(FinishReason.class);
        ConcurrentLinkedQueue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
        try (Kimi kimi = Kimi.load(directory);
                ExecutorService callers = Executors.newFixedThreadPool(AT_ONCE)) {
            GrammarStore grammars = new GrammarStore(kimi.model().tokenizer());
            List<Future<?>> asked = new ArrayList<>();
            for (Named named : schemas) {
                for (int seed = 0; seed < seeds; seed++) {
                    int s = seed;
                    asked.add(callers.submit(() -> outcomes.add(ask(kimi, grammars, named, s))));
                }
            }
            for (Future<?> one : asked) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(outcomes).hasSize(schemas.size() * seeds);
        for (Outcome outcome : outcomes) {
            reasons.merge(outcome.reply.finishReason(), 1, Integer::sum);
            assertThat(outcome.problems()).as(outcome.toString()).isEmpty();
            assertThat(outcome.reply.usage().completionTokens()).isLessThanOrEqualTo(outcome.most);
        }
        System.out.println(directory.getFileName() + ": " + outcomes.size() + " answers of " + schemas.size()
                + " schemas, all valid; they ended with " + reasons);
        assertThat(reasons).containsOnlyKeys(FinishReason.STOP, FinishReason.LENGTH);
    }

    private static List<Named> sample() {
        List<Named> all = schemas();
        List<Named> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i += 5) {
            some.add(all.get(i));
        }
        return some;
    }

    @Test
    void thereAreSchemasOfEveryKind() {
        assertThat(NamedSchemas.ofKeywords()).hasSizeGreaterThanOrEqualTo(60);
        assertThat(NamedSchemas.ofApplications()).hasSizeGreaterThanOrEqualTo(30);
    }

    @Test
    void someAnswersOfTheBundledModelSatisfyTheirSchemas() {
        check(KimiNano.path(), sample(), 2);
    }

    @Test
    void someAnswersOfARandomModelSatisfyTheirSchemas(@TempDir Path directory) throws IOException {
        check(TinyCheckpoint.write(directory), sample(), 2);
    }

    @Test
    @Tag("large")
    void allAnswersOfTheBundledModelSatisfyTheirSchemas() {
        check(KimiNano.path(), schemas(), SEEDS);
    }

    @Test
    @Tag("large")
    void allAnswersOfARandomModelSatisfyTheirSchemas(@TempDir Path directory) throws IOException {
        check(TinyCheckpoint.write(directory), schemas(), SEEDS);
    }
}
