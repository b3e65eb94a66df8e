package org.kimi4j.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds tags in text that arrives in pieces. Text that may still become a tag, and the first half of a surrogate pair,
 * are held back.
 */
final class TagScanner {

    /** Who is told what was found, in order. */
    interface Sink {
        void text(String text);

        void tag(ReplyTag tag);
    }

    private final List<ReplyTag> tags;
    private final Sink sink;
    private final StringBuilder held = new StringBuilder();

    /** @param tags all beginning with {@code <}, none the beginning of another */
    TagScanner(List<ReplyTag> tags, Sink sink) {
        this.tags = tags;
        this.sink = sink;
    }

    void append(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        held.append(piece);
        int start = 0; // of what was not passed on
        int at = held.indexOf("<");
        while (at >= 0) {
            ReplyTag tag = tagAt(at);
            if (tag != null) {
                emit(start, at);
                sink.tag(tag);
                start = at + tag.text.length();
                at = held.indexOf("<", start);
            } else if (mayBecomeTag(at)) {
                emit(start, at);
                held.delete(0, at);
                return;
            } else {
                at = held.indexOf("<", at + 1);
            }
        }
        int end = held.length();
        if (end > start && Character.isHighSurrogate(held.charAt(end - 1))) {
            end--;
        }
        emit(start, end);
        held.delete(0, end);
    }

    /** Passes on what was held back: nothing that follows belongs to it. */
    void flush() {
        String rest = held.toString();
        held.setLength(0);
        if (!rest.isEmpty()) {
            sink.text(rest);
        }
    }

    private void emit(int start, int end) {
        if (end > start) {
            sink.text(held.substring(start, end));
        }
    }

    private @Nullable ReplyTag tagAt(int at) {
        for (ReplyTag tag : tags) {
            if (held.length() - at >= tag.text.length() && matches(tag, at, tag.text.length())) {
                return tag;
            }
        }
        return null;
    }

    private boolean mayBecomeTag(int at) {
        int length = held.length() - at;
        for (ReplyTag tag : tags) {
            if (length < tag.text.length() && matches(tag, at, length)) {
                return true;
            }
        }
        return false;
    }

    private boolean matches(ReplyTag tag, int at, int length) {
        for (int i = 0; i < length; i++) {
            if (held.charAt(at + i) != tag.text.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
