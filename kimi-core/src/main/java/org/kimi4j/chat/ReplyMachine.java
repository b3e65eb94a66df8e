package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.kimi4j.chat.ReplyEvent.Malformed;
import org.kimi4j.chat.ReplyEvent.ToolCallEnd;
import org.kimi4j.json.Json;

/**
 * The grammar of a reply, as forgiving as models require: any closing tag may be missing, a tool call may begin
 * anywhere, and parts of a call's id may be left out. Text and tags come in, events go out.
 */
final class ReplyMachine implements TagScanner.Sink {

    private enum State {
        THINKING,
        ANSWER,
        /** Inside a tool section, between calls. */
        SECTION,
        /** Inside a call, before its arguments. */
        HEADER,
        ARGUMENTS,
        /** Inside the arguments of a call whose header names no function. */
        UNUSABLE
    }

    private final StringBuilder thinking = new StringBuilder();
    private final StringBuilder answer = new StringBuilder();
    private final List<ToolCallEnd> calls = new ArrayList<>();
    private final List<Malformed> malformed = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private List<ReplyEvent> events = new ArrayList<>();

    private State state;
    private int nextIndex;
    /** Whether the thinking, and the answer, have more than white space so far. */
    private boolean thought;

    private boolean answered;
    /** A section tag in the singular, and white space after it: text unless a call follows. */
    private final StringBuilder spelled = new StringBuilder();
    /** Opening think tags that stood inside the answer: it speaks about the tag, and may close it again. */
    private int quotedThinks;
    /** Text between calls, of a header, or of a call without a usable header. */
    private final StringBuilder raw = new StringBuilder();

    private String id = "";
    private String name = "";
    private final StringBuilder arguments = new StringBuilder();
    /** White space that is part of the arguments only if more follows. */
    private final StringBuilder space = new StringBuilder();

    /**
     * @param start THINKING or ANSWER
     * @param nextIndex tool calls in the conversation before this reply
     */
    ReplyMachine(ReplyChannel start, int nextIndex) {
        this.state = start == ReplyChannel.ANSWER ? State.ANSWER : State.THINKING;
        this.nextIndex = nextIndex;
    }

    ReplyChannel channel() {
        return switch (state) {
            case THINKING -> ReplyChannel.THINKING;
            case ANSWER -> ReplyChannel.ANSWER;
            case SECTION, HEADER, UNUSABLE -> ReplyChannel.TOOL_HEADER;
            case ARGUMENTS -> ReplyChannel.TOOL_ARGUMENTS;
        };
    }

    /** The function whose arguments are being written; empty outside of arguments. */
    String toolName() {
        return state == State.ARGUMENTS ? name : "";
    }

    ParsedReply reply() {
        return new ParsedReply(thinking.toString(), answer.toString(), calls, malformed);
    }

    /** The events since the last call of this method. */
    List<ReplyEvent> take() {
        if (events.isEmpty()) {
            return List.of();
        }
        List<ReplyEvent> taken = events;
        events = new ArrayList<>();
        return taken;
    }

    /** The reply is over, wherever it stands. */
    void finish() {
        endSpelled();
        leaveCall(false);
        leaveSection();
    }

    @Override
    public void text(String text) {
        switch (state) {
            case THINKING, ANSWER -> {
                if (!spelled.isEmpty() && text.isBlank()) {
                    spelled.append(text);
                } else {
                    endSpelled();
                    plain(text);
                }
            }
            case SECTION, HEADER, UNUSABLE -> raw.append(text);
            case ARGUMENTS -> arguments(text);
        }
    }

    @Override
    public void tag(ReplyTag tag) {
        switch (tag) {
            case THINK -> think();
            case END_THINK -> endThink();
            case SECTION_BEGIN -> {
                beginMarkup();
                state = State.SECTION;
            }
            case SECTION_END -> {
                endSpelled();
                if (state != State.THINKING && state != State.ANSWER) {
                    leaveCall(false);
                    leaveSection();
                    state = State.ANSWER;
                }
            }
            case CALL_BEGIN -> {
                beginMarkup();
                state = State.HEADER;
            }
            case ARGUMENT_BEGIN -> {
                endSpelled();
                if (state == State.HEADER) {
                    beginArguments();
                }
            }
            case CALL_END -> {
                endSpelled();
                if (state == State.HEADER || state == State.ARGUMENTS || state == State.UNUSABLE) {
                    leaveCall(true);
                    state = State.SECTION;
                }
            }
            case SPELLED_SECTION_BEGIN -> {
                endSpelled();
                if (state == State.THINKING || state == State.ANSWER) {
                    spelled.append(tag.text);
                } else if (state != State.SECTION) {
                    text(tag.text);
                }
            }
            case SPELLED_SECTION_END -> spelledSectionEnd(tag);
        }
    }

    private void think() {
        endSpelled();
        switch (state) {
            case THINKING -> {
                if (thought) {
                    plain(ReplyTag.THINK.text);
                }
            }
            case ANSWER -> {
                if (!answered) {
                    state = State.THINKING;
                } else {
                    quotedThinks++;
                    plain(ReplyTag.THINK.text);
                }
            }
            case ARGUMENTS -> arguments(ReplyTag.THINK.text);
            case SECTION, HEADER, UNUSABLE -> {}
        }
    }

    private void endThink() {
        endSpelled();
        switch (state) {
            case THINKING -> state = State.ANSWER;
            case ANSWER -> {
                if (quotedThinks > 0) {
                    quotedThinks--;
                    plain(ReplyTag.END_THINK.text);
                }
            }
            case ARGUMENTS -> arguments(ReplyTag.END_THINK.text);
            case SECTION, HEADER, UNUSABLE -> {}
        }
    }

    private void spelledSectionEnd(ReplyTag tag) {
        boolean closes = switch (state) {
            case THINKING, ANSWER -> false;
            case SECTION, HEADER, UNUSABLE -> true;
            case ARGUMENTS -> isObject(arguments);
        };
        if (closes) {
            tag(ReplyTag.SECTION_END);
        } else {
            text(tag.text);
        }
    }

    /** Tool markup ends the thinking, the answer, or a call without its closing tag. */
    private void beginMarkup() {
        spelled.setLength(0);
        leaveCall(false);
        leaveSection();
    }

    /** The held tag was not followed by a call, so it was text. */
    private void endSpelled() {
        if (!spelled.isEmpty()) {
            String text = spelled.toString();
            spelled.setLength(0);
            plain(text);
        }
    }

    private void plain(String text) {
        if (state == State.THINKING) {
            thinking.append(text);
            thought = thought || !text.isBlank();
            events.add(new ReplyEvent.ThinkingDelta(text));
        } else {
            answer.append(text);
            answered = answered || !text.isBlank();
            events.add(new ReplyEvent.TextDelta(text));
        }
    }

    /** White space around the arguments is not part of them. */
    private void arguments(String text) {
        int start = 0;
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        if (arguments.isEmpty()) {
            while (start < end && isSpace(text.charAt(start))) {
                start++;
            }
        }
        if (start < end) {
            String more = space + text.substring(start, end);
            space.setLength(0);
            arguments.append(more);
            events.add(new ReplyEvent.ToolCallArgumentsDelta(calls.size(), more));
        }
        if (!arguments.isEmpty()) {
            space.append(text, Math.max(start, end), text.length());
        }
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private void beginArguments() {
        if (readHeader(raw.toString().strip())) {
            raw.setLength(0);
            beginCall();
            state = State.ARGUMENTS;
        } else {
            raw.append(ReplyTag.ARGUMENT_BEGIN.text);
            state = State.UNUSABLE;
        }
    }

    private void beginCall() {
        arguments.setLength(0);
        space.setLength(0);
        events.add(new ReplyEvent.ToolCallStart(calls.size(), id, name));
    }

    /** Ends a call that is open, if any. */
    private void leaveCall(boolean closed) {
        switch (state) {
            case ARGUMENTS -> endCall(closed || isObject(arguments));
            case HEADER -> callWithoutArgumentTag(closed);
            case UNUSABLE -> malformed("expected a function id before the arguments");
            case THINKING, ANSWER, SECTION -> {}
        }
    }

    private void endCall(boolean complete) {
        ToolCall call = new ToolCall(id, name, arguments.toString());
        ToolCallEnd end = new ToolCallEnd(calls.size(), call, complete);
        calls.add(end);
        events.add(end);
        state = State.SECTION;
    }

    /** The model forgot the tag between id and arguments, has no arguments, or was cut inside the id. */
    private void callWithoutArgumentTag(boolean closed) {
        int brace = raw.indexOf("{");
        String header = (brace < 0 ? raw.toString() : raw.substring(0, brace)).strip();
        if ((brace < 0 && !closed) || !readHeader(header)) {
            malformed("expected a function id and its arguments");
            state = State.SECTION;
            return;
        }
        String rest = brace < 0 ? "" : raw.substring(brace);
        raw.setLength(0);
        beginCall();
        arguments(rest);
        endCall(closed || isObject(arguments));
    }

    private void leaveSection() {
        if (state == State.SECTION && !raw.toString().isBlank()) {
            malformed("expected a tool call");
        }
        raw.setLength(0);
    }

    private void malformed(String problem) {
        Malformed event = new Malformed(raw.toString(), problem);
        malformed.add(event);
        events.add(event);
        raw.setLength(0);
    }

    /**
     * Takes id and name from a header of the form {@code functions.NAME:INDEX}, where the prefix and the index may be
     * missing. An id that this reply has used gets the next free index: two calls must not share their answer.
     */
    private boolean readHeader(String header) {
        int nameStart = header.startsWith(ToolIds.PREFIX) ? ToolIds.PREFIX.length() : 0;
        int colon = header.lastIndexOf(':');
        boolean indexed = colon >= nameStart
                && colon + 1 < header.length()
                && header.chars().skip(colon + 1L).allMatch(c -> c >= '0' && c <= '9');
        String read = header.substring(nameStart, indexed ? colon : header.length());
        if (read.isEmpty() || read.chars().anyMatch(c -> Character.isWhitespace(c) || c == '<')) {
            return false;
        }
        name = read;
        id = ToolIds.PREFIX + name + ":" + (indexed ? header.substring(colon + 1) : Integer.toString(nextIndex));
        for (int index = nextIndex; !ids.add(id); index++) {
            id = ToolIds.PREFIX + name + ":" + index;
        }
        nextIndex++;
        return true;
    }

    private static boolean isObject(CharSequence text) {
        if (text.isEmpty() || text.charAt(text.length() - 1) != '}') {
            return false;
        }
        try {
            return Json.parse(text.toString()) instanceof Json.Obj;
        } catch (Json.SyntaxException e) {
            return false;
        }
    }
}
