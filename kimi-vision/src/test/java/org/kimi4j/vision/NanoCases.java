package org.kimi4j.vision;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import org.kimi4j.json.Json;

/** Prompts with pictures and clips for the bundled model; the clips lie here as the pictures of their frames. */
final class NanoCases {

    /** Clips were made at this rate: a chunk of four frames begins every four seconds. */
    private static final double FRAMES_PER_SECOND = 1;

    private NanoCases() {}

    /** The messages of a case, their media read from a folder of the resources. */
    static List<ChatMessage> messages(Json.Obj prompt, String folder) {
        List<ChatMessage> messages = new ArrayList<>();
        for (Json.Obj message : Fixtures.objects(prompt, "messages")) {
            messages.add(
                    switch (Fixtures.text(message, "role")) {
                        case "user" -> new ChatMessage.User(content(message, folder), "");
                        case "assistant" ->
                            new ChatMessage.Assistant(content(message, folder), reasoning(message), List.of(), "");
                        default -> throw new IllegalStateException(message.write());
                    });
        }
        return messages;
    }

    private static String reasoning(Json.Obj message) {
        return message.get("reasoning_content").map(r -> ((Json.Str) r).value()).orElse("");
    }

    private static List<Content> content(Json.Obj message, String folder) {
        if (message.get("content").orElseThrow() instanceof Json.Str(String text)) {
            return List.of(Content.text(text));
        }
        List<Content> pieces = new ArrayList<>();
        for (Json.Obj piece : Fixtures.objects(message, "content")) {
            pieces.add(
                    switch (Fixtures.text(piece, "type")) {
                        case "text" -> Content.text(Fixtures.text(piece, "text"));
                        case "image_url" -> {
                            Json.Obj url = (Json.Obj) piece.get("image_url").orElseThrow();
                            yield Content.image(Media.of(Fixtures.bytes(folder + "/" + Fixtures.text(url, "url"))));
                        }
                        case "video_url" -> Content.video(frames(piece, folder));
                        default -> throw new IllegalStateException(piece.write());
                    });
        }
        return pieces;
    }

    private static Media frames(Json.Obj video, String folder) {
        List<Media> frames = new ArrayList<>();
        for (Json.Obj chunk : Fixtures.objects(video, "video_chunks")) {
            for (Json frame : Fixtures.array(chunk, "frames")) {
                frames.add(Media.of(Fixtures.bytes(folder + "/" + ((Json.Str) frame).value())));
            }
        }
        return new Media.Frames(frames, FRAMES_PER_SECOND);
    }

    /** Pictures and clips of messages, without their text. */
    static List<Content> media(List<ChatMessage> messages) {
        List<Content> media = new ArrayList<>();
        for (ChatMessage message : messages) {
            if (message instanceof ChatMessage.User(List<Content> pieces, String _)) {
                pieces.stream()
                        .filter(piece -> !(piece instanceof Content.Text))
                        .forEach(media::add);
            }
        }
        return media;
    }

    static boolean flag(Json.Obj parent, String key) {
        return ((Json.Bool) parent.get(key).orElseThrow()).value();
    }

    static float[] floats(String resource) {
        ByteBuffer bytes = ByteBuffer.wrap(Fixtures.bytes(resource)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    /** Rows one after the other. */
    static float[] flat(float[][] rows, int from, int count) {
        int width = rows[0].length;
        float[] all = new float[count * width];
        for (int r = 0; r < count; r++) {
            System.arraycopy(rows[from + r], 0, all, r * width, width);
        }
        return all;
    }
}
