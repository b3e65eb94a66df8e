package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.kimi4j.chat.ReplyEvent.Malformed;
import org.kimi4j.chat.ReplyEvent.TextDelta;
import org.kimi4j.chat.ReplyEvent.ThinkingDelta;
import org.kimi4j.chat.ReplyEvent.ToolCallArgumentsDelta;
import org.kimi4j.chat.ReplyEvent.ToolCallEnd;
import org.kimi4j.chat.ReplyEvent.ToolCallStart;

/** A reply as runs of bytes and control tokens, ways to cut it into tokens, and what must hold for its events. */
final class ReplyScript {

    /** A control token by name, or ordinary bytes. */
    private sealed interface Piece {
        record Control(String name) implements Piece {}

        record Bytes(byte[] bytes) implements Piece {}
    }

    private final TestTokenizer tokenizer = new TestTokenizer(false);
    private final ReplyChannel start;
    private final List<Piece> pieces = new ArrayList<>();

    ReplyScript(ReplyChannel start) {
        this.start = start;
    }

    /** Control tokens are written out; behind a backslash, the name of one is plain text. */
    static ReplyScript of(ReplyChannel start, String text) {
        ReplyScript script = new ReplyScript(start);
        String[] parts = text.split("\\\\", -1);
        script.controlsAndText(parts[0]);
        for (String part : Arrays.copyOfRange(parts, 1, parts.length)) {
            int end = part.indexOf('>') + 1;
            script.bytes(part.substring(0, end).getBytes(StandardCharsets.UTF_8));
            script.controlsAndText(part.substring(end));
        }
        return script;
    }

    private void controlsAndText(String text) {
        for (int id : tokenizer.encodeRaw(text)) {
            if (tokenizer.specialTokens().isSpecial(id)) {
                control(tokenizer.specialTokens().name(id));
            } else {
                bytes(tokenizer.bytes(id));
            }
        }
    }

    void control(String name) {
        pieces.add(new Piece.Control(name));
    }

    /** Adjacent bytes become one run. */
    void bytes(byte[] more) {
        if (!pieces.isEmpty() && pieces.getLast() instanceof Piece.Bytes(byte[] last)) {
            byte[] joined = Arrays.copyOf(last, last.length + more.length);
            System.arraycopy(more, 0, joined, last.length, more.length);
            pieces.set(pieces.size() - 1, new Piece.Bytes(joined));
        } else {
            pieces.add(new Piece.Bytes(more));
        }
    }

    int byteCount() {
        int count = 0;
        for (Piece piece : pieces) {
            count += piece instanceof Piece.Bytes(byte[] bytes) ? bytes.length : 0;
        }
        return count;
    }

    /** Which positions, counted over all ordinary bytes, begin a new token. */
    interface Cuts {
        boolean at(int position);
    }

    int[] tokens(Cuts cuts) {
        List<Integer> ids = new ArrayList<>();
        int position = 0;
        for (Piece piece : pieces) {
            switch (piece) {
                case Piece.Control(String name) -> ids.add(tokenizer.control(name));
                case Piece.Bytes(byte[] bytes) -> {
                    int from = 0;
                    for (int i = 1; i <= bytes.length; i++) {
                        if (i == bytes.length || cuts.at(position + i)) {
                            ids.add(tokenizer.token(Arrays.copyOfRange(bytes, from, i)));
                            from = i;
                        }
                    }
                    position += bytes.length;
                }
            }
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    ReplyParser parser() {
        return ReplyParser.ofIds(tokenizer, start, 0);
    }

    /** Parses these tokens, checks what always holds, and joins adjacent deltas. */
    List<ReplyEvent> parse(int[] ids) {
        ReplyParser parser = parser();
        List<ReplyEvent> events = new ArrayList<>();
        for (int id : ids) {
            events.addAll(parser.accept(id));
        }
        events.addAll(parser.finish());
        return checked(events, parser.reply());
    }

    List<ReplyEvent> parse(Cuts cuts) {
        return parse(tokens(cuts));
    }

    static Cuts random(RandomGenerator random, double share) {
        return _ -> random.nextDouble() < share;
    }

    /** Parses written-out text cut at these positions. */
    static List<ReplyEvent> parseText(ReplyChannel start, String text, Cuts cuts) {
        ReplyParser parser = ReplyParser.ofText(start, 0);
        List<ReplyEvent> events = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= text.length(); i++) {
            if (i == text.length() || cuts.at(i)) {
                events.addAll(parser.accept(text.substring(from, i)));
                from = i;
            }
        }
        events.addAll(parser.finish());
        return checked(events, parser.reply());
    }

    private static List<ReplyEvent> checked(List<ReplyEvent> events, ParsedReply reply) {
        assertThat(reply).isEqualTo(joined(events));
        return coalesced(events);
    }

    static List<ReplyEvent> coalesced(List<ReplyEvent> events) {
        List<ReplyEvent> out = new ArrayList<>();
        for (ReplyEvent event : events) {
            ReplyEvent last = out.isEmpty() ? new Malformed("", "") : out.getLast();
            if (last instanceof ThinkingDelta(String a) && event instanceof ThinkingDelta(String b)) {
                out.set(out.size() - 1, new ThinkingDelta(a + b));
            } else if (last instanceof TextDelta(String a) && event instanceof TextDelta(String b)) {
                out.set(out.size() - 1, new TextDelta(a + b));
            } else if (last instanceof ToolCallArgumentsDelta(int i, String a)
                    && event instanceof ToolCallArgumentsDelta(int j, String b)
                    && i == j) {
                out.set(out.size() - 1, new ToolCallArgumentsDelta(i, a + b));
            } else {
                out.add(event);
            }
        }
        return out;
    }

    /** What the events say, and that they come in an order that makes sense. */
    private static ParsedReply joined(List<ReplyEvent> events) {
        StringBuilder thinking = new StringBuilder();
        StringBuilder text = new StringBuilder();
        StringBuilder arguments = new StringBuilder();
        List<ToolCallEnd> calls = new ArrayList<>();
        List<Malformed> malformed = new ArrayList<>();
        ToolCallStart open = null;
        for (ReplyEvent event : events) {
            switch (event) {
                case ThinkingDelta(String delta) -> {
                    require(open == null);
                    require(!delta.isEmpty());
                    thinking.append(delta);
                }
                case TextDelta(String delta) -> {
                    require(open == null);
                    require(!delta.isEmpty());
                    text.append(delta);
                }
                case ToolCallStart call -> {
                    require(open == null);
                    require(call.index() == calls.size());
                    open = call;
                    arguments.setLength(0);
                }
                case ToolCallArgumentsDelta(int index, String delta) -> {
                    require(open != null);
                    require(index == open.index());
                    require(!delta.isEmpty());
                    arguments.append(delta);
                }
                case ToolCallEnd end -> {
                    require(open != null);
                    require(end.index() == open.index());
                    require(end.call().equals(new ToolCall(open.id(), open.name(), arguments.toString())));
                    calls.add(end);
                    open = null;
                }
                case Malformed problem -> {
                    require(open == null);
                    malformed.add(problem);
                }
            }
        }
        require(open == null);
        return new ParsedReply(thinking.toString(), text.toString(), calls, malformed);
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new AssertionError("events out of order");
        }
    }
}
