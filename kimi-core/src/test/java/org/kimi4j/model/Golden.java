package org.kimi4j.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.kimi4j.json.Json;

/** The stored expectations of a golden model: expected.json and the float files beside it. */
public record Golden(Path directory, List<Case> cases, List<Media> media) {

    /** One prompt and the logits of some of its positions. */
    public record Case(
            String name, int[] tokens, int[] positions, List<String> media, float[][] logits, float[][] hidden) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** One media item and its rows of embeddings. */
    public record Media(String name, float[][] embeddings) {}

    public static Golden read(String name) {
        Path directory = Path.of("src/test/golden/models", name);
        try (InputStream in = Files.newInputStream(directory.resolve("expected.json"))) {
            Json.Obj root = (Json.Obj) Json.parse(in);
            List<Case> cases = new ArrayList<>();
            for (Json item : ((Json.Arr) root.members().get("cases")).items()) {
                cases.add(readCase(directory, (Json.Obj) item));
            }
            List<Media> media = new ArrayList<>();
            for (Json item : ((Json.Arr) root.members().get("media")).items()) {
                Json.Obj m = (Json.Obj) item;
                media.add(new Media(text(m, "name"), floats(directory, m.get("embeddings"))));
            }
            return new Golden(directory, cases, media);
        } catch (IOException | Json.SyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Case readCase(Path directory, Json.Obj c) throws IOException {
        int[] tokens = ints(c, "tokens");
        int[] positions = c.get("positions").isPresent()
                ? ints(c, "positions")
                : IntStream.range(0, tokens.length).toArray();
        List<String> media = c.get("media").stream()
                .flatMap(m -> ((Json.Arr) m).items().stream())
                .map(m -> ((Json.Str) m).value())
                .toList();
        return new Case(
                text(c, "name"),
                tokens,
                positions,
                media,
                floats(directory, c.get("logits")),
                floats(directory, c.get("hidden")));
    }

    private static String text(Json.Obj object, String key) {
        return ((Json.Str) object.members().get(key)).value();
    }

    private static int[] ints(Json.Obj object, String key) {
        return ((Json.Arr) object.members().get(key))
                .items().stream()
                        .mapToInt(i -> ((Json.Num) i).value().intValueExact())
                        .toArray();
    }

    private static float[][] floats(Path directory, java.util.Optional<Json> file) throws IOException {
        if (file.isEmpty()) {
            return new float[0][];
        }
        Json.Obj f = (Json.Obj) file.get();
        int[] shape = ints(f, "shape");
        return floats(directory.resolve(text(f, "file")), shape[0], shape[1]);
    }

    /** A file of little-endian floats [rows, cols]. */
    public static float[][] floats(Path file, int rows, int cols) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            if (bytes.capacity() != 4 * rows * cols) {
                throw new IllegalStateException(file + " has " + bytes.capacity() + " bytes");
            }
            float[][] result = new float[rows][cols];
            for (float[] row : result) {
                for (int i = 0; i < cols; i++) {
                    row[i] = bytes.getFloat();
                }
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
