package org.kimi4j;

import java.util.List;
import org.kimi4j.chat.ParsedReply;

/**
 * Watches the answer for stop strings. What may be the beginning of one is held back until it is known not to be. For
 * one thread.
 */
final class StopStrings {

    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private final StringBuilder shown = new StringBuilder();
    private boolean found;

    StopStrings(List<String> stops) {
        this.stops = stops;
    }

    /** Takes more of the answer and returns what of it may be shown; empty once a stop string was found. */
    String accept(String text) {
        if (found) {
            return "";
        }
        if (stops.isEmpty()) {
            return text;
        }
        held.append(text);
        int end = held.length();
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (!found || at < end)) {
                found = true;
                end = at;
            }
        }
        return take(found ? end : end - longestBeginning());
    }

    /** What was held back and is no stop string, because the answer goes no further here. */
    String release() {
        return found ? "" : take(held.length());
    }

    /** Whether a stop string was found. */
    boolean found() {
        return found;
    }

    /** A whole reply without the stop string and what came after it. */
    ParsedReply trim(ParsedReply reply) {
        return found ? new ParsedReply(reply.thinking(), shown.toString(), reply.calls(), reply.malformed()) : reply;
    }

    private String take(int end) {
        String text = held.substring(0, end);
        held.delete(0, end);
        shown.append(text);
        return text;
    }

    /** The longest end of the held text that a stop string begins with. */
    private int longestBeginning() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (stop.regionMatches(0, held.substring(held.length() - n), 0, n)) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
