package org.kimi4j;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.chat.EncodedPrompt;
import org.kimi4j.chat.Prompt;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.chat.ReplyParser;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** From a rendered prompt to what the engine takes; everything here happens on the caller's thread. */
final class RequestPreparation {

    private final Tokenizer tokenizer;
    private final GrammarStore grammars;
    private final int[] stopIds;
    private final MediaDoor media;
    private final int contextLength;
    private final CacheShape shape;
    private final long kvBudget;

    RequestPreparation(
            Tokenizer tokenizer,
            Collection<Integer> configured,
            MediaDoor media,
            int contextLength,
            CacheShape shape,
            long kvBudget) {
        this.tokenizer = tokenizer;
        this.grammars = new GrammarStore(tokenizer);
        this.media = media;
        this.contextLength = contextLength;
        this.shape = shape;
        this.kvBudget = kvBudget;
        TreeSet<Integer> stop = new TreeSet<>(configured);
        // config.json of K2.5 names [EOS], generation_config.json the end of the turn: a reply may end with either.
        for (String name : List.of(SpecialTokens.IM_END, SpecialTokens.EOS, SpecialTokens.EOT)) {
            tokenizer.specialTokens().find(name).ifPresent(stop::add);
        }
        this.stopIds = stop.stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * Measures the media first, so that a prompt that does not fit the context is refused before anything is decoded.
     */
    PreparedRequest prepare(Prompt prompt, List<ToolSpec> tools, GenerateOptions options) {
        ReplyRules rules = rules(tools, options);
        List<MediaEncoder.Prepared> items = media.open(prompt.media());
        boolean prepared = false;
        try {
            EncodedPrompt encoded = prompt.encode(
                    tokenizer, items.stream().map(MediaEncoder.Prepared::tokens).toList());
            int[] ids = encoded.ids();
            int maxTokens = maxTokens(ids.length, options);
            int[] closeThinking = closeThinking(options);
            requireRoomForAnswer(
                    rules, maxTokens, prompt.replyStart() == ReplyChannel.THINKING ? closeThinking.length : 0);
            MediaDoor.decode(
                    items,
                    (done, total) ->
                            options.progress().accept(new PromptProgress(PromptProgress.Stage.DECODING, done, total)));
            List<PreparedRequest.MediaRun> runs = new ArrayList<>();
            for (EncodedPrompt.PadRun run : encoded.padRuns()) {
                runs.add(new PreparedRequest.MediaRun(
                        run.position(), run.length(), items.get(run.media()), run.chunk()));
            }
            PreparedRequest request = new PreparedRequest(
                    ids,
                    keys(ids, runs),
                    List.copyOf(runs),
                    ReplyParser.ofIds(tokenizer, prompt),
                    stopIds,
                    closeThinking,
                    maxTokens,
                    rules,
                    options);
            prepared = true;
            return request;
        } finally {
            if (!prepared) {
                MediaDoor.close(items);
            }
        }
    }

    private static long[] keys(int[] ids, List<PreparedRequest.MediaRun> runs) {
        long[] keys = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            keys[i] = ids[i];
        }
        for (PreparedRequest.MediaRun run : runs) {
            long content = run.item().key(run.chunk());
            for (int i = 0; i < run.length(); i++) {
                keys[run.position() + i] = Timeline.mediaKey(content, i);
            }
        }
        return keys;
    }

    private ReplyRules rules(List<ToolSpec> tools, GenerateOptions options) {
        ReplyRules rules = grammars.rules(options.responseFormat(), tools, options.toolChoice());
        if (rules.answer().isPresent() && !options.stop().isEmpty()) {
            throw new UnsupportedOptionException(
                    "stop is not supported together with responseFormat: a stop text inside"
                            + " the answer would cut it; leave stop out, the answer ends where its format does");
        }
        return rules;
    }

    private static void requireRoomForAnswer(ReplyRules rules, int maxTokens, int closing) {
        int shortest = rules.shortestReply();
        if (maxTokens < shortest + closing) {
            throw new ContextLengthException("the shortest "
                    + (rules.calls() == ReplyRules.Calls.REQUIRED ? "call of a tool" : "answer of the response format")
                    + " needs " + shortest + " tokens"
                    + (closing > 0 ? ", and the end of the thinking " + closing : "") + "; the reply may have "
                    + maxTokens
                    + ": set maxTokens to at least " + (shortest + closing));
        }
    }

    private int[] closeThinking(GenerateOptions options) {
        int[] sentence = tokenizer.encode(options.thinkingClosing());
        int[] all = java.util.Arrays.copyOf(sentence, sentence.length + 1);
        all[sentence.length] = tokenizer.specialTokens().id(SpecialTokens.END_THINK);
        return all;
    }

    private int maxTokens(int promptTokens, GenerateOptions options) {
        int room = contextLength - promptTokens;
        if (room < 1 || options.maxTokens().isPresent() && options.maxTokens().getAsInt() > room) {
            throw new ContextLengthException("the prompt has " + promptTokens + " tokens and "
                    + options.maxTokens().stream()
                            .mapToObj(n -> "maxTokens is " + n)
                            .findFirst()
                            .orElse("the answer needs some")
                    + "; the context holds " + contextLength + ": shorten the conversation"
                    + (room < 1 ? "" : " or set maxTokens to at most " + room));
        }
        if (options.maxTokens().isPresent()) {
            return options.maxTokens().getAsInt();
        }
        int most = Math.min(room, options.defaultMaxTokens());
        while (most > 1 && shape.bytesFor(promptTokens + most) > kvBudget) {
            most /= 2;
        }
        if (shape.bytesFor(promptTokens + most) > kvBudget) {
            throw new OverloadedException("the prompt has " + promptTokens + " tokens, which need "
                    + shape.bytesFor(promptTokens + most) + " bytes of cache; kvBudget is " + kvBudget
                    + " bytes: shorten the prompt or raise it");
        }
        return most;
    }
}
