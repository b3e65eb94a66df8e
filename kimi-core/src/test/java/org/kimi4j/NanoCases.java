package org.kimi4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.chat.ChatInput;
import org.kimi4j.chat.ConversationJson;
import org.kimi4j.json.Json;

/** What the bundled model computes, as recorded by its reference implementation. */
final class NanoCases {

    static final Path FOLDER = Path.of("src/test/golden/nano");

    private NanoCases() {}

    /** A conversation and the other members of its entry. */
    record Case(ChatInput input, Map<String, Json> more) {
        String text(String key) {
            return ((Json.Str) more.get(key)).value();
        }

        int[] ids(String key) {
            return ((Json.Arr) more.get(key))
                    .items().stream()
                            .mapToInt(id -> ((Json.Num) id).value().intValueExact())
                            .toArray();
        }

        @Override
        public String toString() {
            return input.name();
        }
    }

    static List<Case> read(String file) {
        try {
            return ((Json.Arr) Json.parse(Files.readString(FOLDER.resolve(file))))
                    .items().stream().map(NanoCases::entry).toList();
        } catch (IOException | Json.SyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Case entry(Json item) {
        Map<String, Json> conversation = new LinkedHashMap<>(((Json.Obj) item).members());
        Map<String, Json> more = new LinkedHashMap<>();
        for (String key : List.of("prompt", "ids", "logits", "greedy_ids", "greedy_text", "recorded")) {
            Json value = conversation.remove(key);
            if (value != null) {
                more.put(key, value);
            }
        }
        return new Case(ConversationJson.read(new Json.Obj(conversation).write()), more);
    }
}
