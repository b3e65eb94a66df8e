package org.kimi4j;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.PagePool;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.chat.ReplyParser;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.config.KvType;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** A reply whose every token a test decides: logits without a model. */
final class Scripted {

    private Scripted() {}

    /** Plays the tokens to a request that starts in {@code channel}, until it ends or they do. */
    static Reply reply(
            Tokenizer tokenizer,
            ReplyChannel channel,
            List<Integer> script,
            UnaryOperator<GenerateOptions.Builder> options,
            Consumer<Delta> listener) {
        return reply(tokenizer, channel, script, List.of(), options, listener);
    }

    /** As above, with tools. Where a token of the script may not come, the first that may comes instead. */
    static Reply reply(
            Tokenizer tokenizer,
            ReplyChannel channel,
            List<Integer> script,
            List<ToolSpec> tools,
            UnaryOperator<GenerateOptions.Builder> options,
            Consumer<Delta> listener) {
        int vocabulary = tokenizer.size();
        GenerateOptions all =
                GenerateOptions.DEFAULTS.with(o -> o.temperature(0)).with(options);
        PreparedRequest request = new PreparedRequest(
                new int[] {1},
                new long[] {1},
                List.of(),
                ReplyParser.ofIds(tokenizer, channel, 0),
                new int[] {tokenizer.specialTokens().id(SpecialTokens.IM_END)},
                new int[] {tokenizer.specialTokens().id(SpecialTokens.END_THINK)},
                all.maxTokens().orElse(1000),
                new GrammarStore(tokenizer).rules(all.responseFormat(), tools, all.toolChoice()),
                all);
        Generation generation = new Generation(request, "test", vocabulary, () -> {});
        try (PagePool pool = new PagePool(new CacheShape(1, 1, 1, KvType.F32), 1 << 20);
                ReplyStream stream = new ReplyStream(generation, () -> {})) {
            generation.admit(new Timeline(pool.newCache()));
            FinishReason reason = null;
            for (int i = 0; i < script.size() && reason == null; i++) {
                float[] logits = new float[vocabulary];
                logits[script.get(i)] = 10;
                reason = generation.accept(logits);
            }
            generation.finish(reason == null ? FinishReason.CANCELLED : reason);
            for (var next = stream.next(); next.isPresent(); next = stream.next()) {
                listener.accept(next.get());
            }
            return stream.reply();
        }
    }
}
