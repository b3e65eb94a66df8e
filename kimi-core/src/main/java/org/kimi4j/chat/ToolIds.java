package org.kimi4j.chat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tool call ids as the model knows them: {@code functions.NAME:INDEX}, the index running over the whole conversation.
 * Ids of another form, which come with histories of other models, are rewritten in the calls and in the answers that
 * refer to them, because the model's accuracy suffers from foreign ids. What becomes of a message depends on the
 * messages before it only, so a conversation that grows keeps its prefix.
 */
final class ToolIds {

    static final String PREFIX = "functions.";

    private final Set<String> used = new HashSet<>();
    /** For each id as it came: the rewritten ids of the calls that bear it and await their answer. */
    private final Map<String, Deque<String>> open = new HashMap<>();

    private final boolean asGiven;
    private int calls;

    /** @param asGiven whether ids stay what they are */
    ToolIds(boolean asGiven) {
        this.asGiven = asGiven;
    }

    /** Calls seen so far. */
    int calls() {
        return calls;
    }

    /** The ids of the calls of the next assistant message. */
    List<String> ofCalls(List<ToolCall> toolCalls) {
        List<String> ids = new ArrayList<>(toolCalls.size());
        Map<String, Deque<String>> here = new HashMap<>();
        for (ToolCall call : toolCalls) {
            boolean kept = asGiven || (isCanonical(call) && !ids.contains(call.id()));
            String id = kept ? call.id() : unused(call.name(), calls);
            ids.add(id);
            used.add(id);
            here.computeIfAbsent(call.id(), _ -> new ArrayDeque<>()).add(id);
            calls++;
        }
        open.putAll(here);
        return ids;
    }

    /** The id in the next tool message: several calls of one id are answered in their order. */
    String ofAnswer(String toolCallId) {
        Deque<String> waiting = open.get(toolCallId);
        if (asGiven || waiting == null) {
            return toolCallId;
        }
        return waiting.size() > 1 ? waiting.remove() : waiting.element();
    }

    private static boolean isCanonical(ToolCall call) {
        String start = PREFIX + call.name() + ":";
        String id = call.id();
        return id.length() > start.length()
                && id.startsWith(start)
                && id.chars().skip(start.length()).allMatch(c -> c >= '0' && c <= '9');
    }

    private String unused(String name, int first) {
        int index = first;
        while (used.contains(PREFIX + name + ":" + index)) {
            index++;
        }
        return PREFIX + name + ":" + index;
    }
}
