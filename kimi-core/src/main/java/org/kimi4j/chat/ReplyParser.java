package org.kimi4j.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.StreamDecoder;
import org.kimi4j.tokenizer.Tokenizer;

/**
 * Takes a reply apart while it arrives: reasoning, answer, tool calls. Fed with token ids it knows markup by its ids, so
 * the same characters written out are plain text; fed with text it can only go by the characters. However the reply is
 * cut into pieces, the events are the same once adjacent deltas are joined. For one reply and one thread.
 *
 * <p>What is forgiven: a missing {@code </think>} before a tool call or at the end, a stray one in the answer, missing
 * closing tags, section tags in the singular, ids without {@code functions.} or index, a missing tag between id and
 * arguments. Control tokens that have no meaning in a reply are passed over.
 */
public final class ReplyParser {

    private static final List<ReplyTag> ALL_TAGS = List.of(ReplyTag.values());
    private static final List<ReplyTag> SPELLED_TAGS =
            List.of(ReplyTag.SPELLED_SECTION_BEGIN, ReplyTag.SPELLED_SECTION_END);

    private final ReplyMachine machine;
    private final TagScanner scanner;
    private final @Nullable Tokens tokens;
    private boolean finished;

    private ReplyParser(ReplyMachine machine, List<ReplyTag> tags, @Nullable Tokens tokens) {
        this.machine = machine;
        this.scanner = new TagScanner(tags, machine);
        this.tokens = tokens;
    }

    /** A parser of the token ids that answer a prompt. */
    public static ReplyParser ofIds(Tokenizer tokenizer, Prompt prompt) {
        return ofIds(tokenizer, prompt.replyStart(), prompt.toolCalls());
    }

    /**
     * A parser of token ids.
     *
     * @param start {@link ReplyChannel#THINKING} if the prompt opened the thinking, else {@link ReplyChannel#ANSWER}
     * @param toolCalls tool calls in the conversation so far, for calls that come without an index
     */
    public static ReplyParser ofIds(Tokenizer tokenizer, ReplyChannel start, int toolCalls) {
        return new ReplyParser(new ReplyMachine(start, toolCalls), SPELLED_TAGS, new Tokens(tokenizer));
    }

    /** A parser of text in which markup stands written out; see {@link #ofIds(Tokenizer, ReplyChannel, int)}. */
    public static ReplyParser ofText(ReplyChannel start, int toolCalls) {
        return new ReplyParser(new ReplyMachine(start, toolCalls), ALL_TAGS, null);
    }

    /** What the model writes next, as far as it is decided. */
    public ReplyChannel channel() {
        return machine.channel();
    }

    /** The function whose arguments are being written; empty outside of {@link ReplyChannel#TOOL_ARGUMENTS}. */
    public String toolName() {
        return machine.toolName();
    }

    /** What has been read so far; complete after {@link #finish}. */
    public ParsedReply reply() {
        return machine.reply();
    }

    /**
     * The next token.
     *
     * @return the events it brought about, often none
     */
    public List<ReplyEvent> accept(int id) {
        if (tokens == null) {
            throw new IllegalStateException("this parser reads text, not token ids");
        }
        checkOpen();
        if (tokens.special.isSpecial(id)) {
            // a character or a tag cannot go on behind a control token
            scanner.append(tokens.decoder.finish());
            scanner.flush();
            ReplyTag tag = tokens.tag(id);
            if (tag != null) {
                machine.tag(tag);
            }
        } else {
            scanner.append(tokens.decoder.append(id));
        }
        return machine.take();
    }

    /**
     * The next piece of text.
     *
     * @return the events it brought about, often none
     */
    public List<ReplyEvent> accept(String piece) {
        if (tokens != null) {
            throw new IllegalStateException("this parser reads token ids, not text");
        }
        checkOpen();
        scanner.append(piece);
        return machine.take();
    }

    /**
     * The reply is over: what was held back comes out and an open call ends. Further calls give no events.
     *
     * @return the last events
     */
    public List<ReplyEvent> finish() {
        if (finished) {
            return List.of();
        }
        finished = true;
        if (tokens != null) {
            scanner.append(tokens.decoder.finish());
        }
        scanner.flush();
        machine.finish();
        return machine.take();
    }

    private void checkOpen() {
        if (finished) {
            throw new IllegalStateException("the reply was finished; use a new parser for another one");
        }
    }

    /** The side of the parser that knows the vocabulary. */
    private static final class Tokens {

        private final SpecialTokens special;
        private final StreamDecoder decoder;
        private final @Nullable ReplyTag[] tags;

        Tokens(Tokenizer tokenizer) {
            special = tokenizer.specialTokens();
            decoder = tokenizer.streamDecoder();
            tags = new ReplyTag[special.names().size()];
            for (ReplyTag tag : ReplyTag.values()) {
                special.find(tag.text).ifPresent(id -> tags[id - special.firstId()] = tag);
            }
        }

        @Nullable
        ReplyTag tag(int id) {
            return tags[id - special.firstId()];
        }
    }
}
