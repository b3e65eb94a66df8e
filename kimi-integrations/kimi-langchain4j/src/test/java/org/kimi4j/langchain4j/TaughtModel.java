package org.kimi4j.langchain4j;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.kimi4j.KimiModel;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.nano.KimiNano;

/**
 * The bundled model after a lesson in three skills that it lacks: calls of several tools in one sentence, JSON with the fields
 * that a question names, German. {@code tools/nano/teach.py} writes the tensors that the lesson changed; they are laid over a
 * copy of the checkpoint, whose files keep their headers. Only the tests marked {@link Taught} use it.
 */
final class TaughtModel {

    private static final String LESSON = "lesson.safetensors";

    private static final KimiModel MODEL = open();

    private TaughtModel() {}

    /** Greedy and without thinking. */
    static <M> KimiChatModelBuilder<M> instant(KimiChatModelBuilder<M> builder) {
        return BundledModel.instant(builder).model(MODEL);
    }

    private static KimiModel open() {
        try {
            Path folder = Files.createTempDirectory("taught-nano");
            folder.toFile().deleteOnExit();
            try (var files = Files.list(KimiNano.path())) {
                for (Path file : files.toList()) {
                    copy(file, folder);
                }
            }
            layOver(folder);
            return KimiModel.open(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path file, Path folder) throws IOException {
        Path copy = folder.resolve(file.getFileName().toString());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        copy.toFile().setWritable(true);
        copy.toFile().deleteOnExit();
    }

    private static void layOver(Path folder) throws IOException {
        Path lesson = Files.createTempFile("lesson", ".safetensors");
        try (InputStream resource = TaughtModel.class.getResourceAsStream(LESSON);
                Arena arena = Arena.ofConfined()) {
            Files.copy(Objects.requireNonNull(resource, LESSON), lesson, StandardCopyOption.REPLACE_EXISTING);
            SafetensorsFile learnt = SafetensorsFile.open(lesson);
            MemorySegment data = learnt.map(arena);
            Map<String, TensorInfo> places = places(folder);
            for (TensorInfo tensor : learnt.tensors()) {
                TensorInfo place = places.get(tensor.name());
                if (place == null || !place.type().equals(tensor.type())) {
                    throw new IllegalStateException(LESSON + ": tensor " + tensor.name() + " is " + tensor.type()
                            + ", the bundled checkpoint has " + (place == null ? "none" : place.type())
                            + ": write the lesson anew with tools/nano/teach.py");
                }
                write(folder.resolve(place.file()), place.begin(), data.asSlice(tensor.begin(), tensor.byteSize()));
            }
        } finally {
            Files.delete(lesson);
        }
    }

    private static Map<String, TensorInfo> places(Path folder) throws IOException {
        Map<String, TensorInfo> places = new HashMap<>();
        try (var files = Files.newDirectoryStream(folder, "*.safetensors")) {
            for (Path shard : files) {
                List<TensorInfo> tensors = SafetensorsFile.open(shard).tensors();
                tensors.forEach(tensor -> places.put(tensor.name(), tensor));
            }
        }
        return places;
    }

    private static void write(Path shard, long begin, MemorySegment bytes) throws IOException {
        var buffer = bytes.asByteBuffer();
        try (FileChannel channel = FileChannel.open(shard, StandardOpenOption.WRITE)) {
            while (buffer.hasRemaining()) {
                channel.write(buffer, begin + buffer.position());
            }
        }
    }
}
