package org.kimi4j.agents;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Delta;
import org.kimi4j.FinishReason;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Reply;
import org.kimi4j.Timings;
import org.kimi4j.Usage;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ReplyParser;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.tokenizer.Tokenizer;

/**
 * Replies written down beforehand, with the markup a model writes, for tests of tools without a model. They go through
 * the parser that a model's replies go through. For one episode at a time.
 */
public final class ScriptedReplies implements ReplySource {

    /**
     * A reply as a model would write it.
     *
     * @param text beginning where the prompt ends: inside the thinking, if thinking is on
     * @param cut why it ends before the model ended it; empty if the model ends it
     */
    public record Script(String text, Optional<FinishReason> cut) {

        /** A reply that the model ends. */
        public Script(String text) {
            this(text, Optional.empty());
        }
    }

    /** What a reply was asked with. */
    public record Asked(List<ChatMessage> messages, List<ToolSpec> tools, GenerateOptions options) {}

    private static final Timings NO_TIME =
            new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, 0, 0);

    private final List<Script> scripts;
    private final int pieceLength;
    private final @Nullable Tokenizer tokenizer;
    private final List<Asked> asked = new ArrayList<>();

    private ScriptedReplies(List<Script> scripts, int pieceLength, @Nullable Tokenizer tokenizer) {
        this.scripts = List.copyOf(scripts);
        this.pieceLength = pieceLength;
        this.tokenizer = tokenizer;
    }

    /** One reply after the other, each parsed in one piece. */
    public static ScriptedReplies of(String... replies) {
        return of(List.of(replies).stream().map(Script::new).toList());
    }

    /** One reply after the other, each parsed in one piece. */
    public static ScriptedReplies of(List<Script> replies) {
        return new ScriptedReplies(replies, Integer.MAX_VALUE, null);
    }

    /** The same replies, arriving in pieces of so many characters. */
    public ScriptedReplies inPieces(int characters) {
        if (characters < 1) {
            throw new IllegalArgumentException("characters: expected at least 1, found " + characters);
        }
        return new ScriptedReplies(scripts, characters, null);
    }

    /** The same replies, arriving as the token ids of a vocabulary. */
    public ScriptedReplies asTokens(Tokenizer vocabulary) {
        return new ScriptedReplies(scripts, 1, vocabulary);
    }

    /** What was asked so far. */
    public List<Asked> asked() {
        return List.copyOf(asked);
    }

    @Override
    public Pieces open(List<ChatMessage> messages, List<ToolSpec> tools, GenerateOptions options) {
        if (asked.size() == scripts.size()) {
            throw new IllegalStateException(
                    "the script has " + scripts.size() + " replies, and one more was asked for");
        }
        Script script = scripts.get(asked.size());
        asked.add(new Asked(List.copyOf(messages), List.copyOf(tools), options));
        int calls = messages.stream()
                .mapToInt(m ->
                        m instanceof ChatMessage.Assistant a ? a.toolCalls().size() : 0)
                .sum();
        return play(script, options.thinking() ? ReplyChannel.THINKING : ReplyChannel.ANSWER, calls);
    }

    private Pieces play(Script script, ReplyChannel start, int calls) {
        Deque<Supplier<List<ReplyEvent>>> pieces = new ArrayDeque<>();
        ReplyParser parser;
        if (tokenizer == null) {
            parser = ReplyParser.ofText(start, calls);
            String text = script.text;
            for (int from = 0; from < text.length(); ) {
                int to = from + Math.min(pieceLength, text.length() - from);
                String piece = text.substring(from, to);
                pieces.add(() -> parser.accept(piece));
                from = to;
            }
        } else {
            parser = ReplyParser.ofIds(tokenizer, start, calls);
            for (int id : tokenizer.encodeRaw(script.text)) {
                pieces.add(() -> parser.accept(id));
            }
        }
        return new Playing(script, parser, pieces);
    }

    /** A reply whose pieces are parsed when they are asked for. */
    private final class Playing implements Pieces {
        private final Script script;
        private final ReplyParser parser;
        private final Deque<Supplier<List<ReplyEvent>>> pieces;
        private final Deque<ReplyEvent> events = new ArrayDeque<>();
        private int parsed;
        private volatile boolean cancelled;

        Playing(Script script, ReplyParser parser, Deque<Supplier<List<ReplyEvent>>> pieces) {
            this.script = script;
            this.parser = parser;
            this.pieces = pieces;
        }

        @Override
        public Optional<Delta> next() {
            while (events.isEmpty() && !pieces.isEmpty() && !cancelled) {
                events.addAll(pieces.remove().get());
                parsed++;
            }
            if (events.isEmpty()) {
                events.addAll(parser.finish());
            }
            return Optional.ofNullable(events.poll()).map(event -> new Delta(event, List.of()));
        }

        @Override
        public Reply reply() {
            while (next().isPresent()) {
                // the whole reply is what the parser has at the end
            }
            FinishReason ended = parser.reply().toolCalls().isEmpty() ? FinishReason.STOP : FinishReason.TOOL_CALLS;
            FinishReason reason = cancelled ? FinishReason.CANCELLED : script.cut.orElse(ended);
            return new Reply(parser.reply(), reason, new Usage(0, 0, 0, parsed), NO_TIME, List.of());
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        @Override
        public void close() {}
    }
}
