package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/** Pictures within the pixel limit that do not fit into the heap: an error that says so, and the process lives on. */
class SmallHeapTest {

    private static final int SIDE = 5500;

    @TempDir
    Path dir;

    /** Runs in the child process: decodes every file and prints what became of it. */
    static final class Probe {
        private Probe() {}

        static void main(String[] files) {
            ImageDecoder decoder = new ImageDecoder(MediaOptions.DEFAULTS);
            for (String file : files) {
                try {
                    System.out.println("decoded " + decoder.decode(Path.of(file)));
                } catch (MediaException e) {
                    System.out.println("refused " + e.getMessage());
                }
            }
        }
    }

    /** A valid PNG of zeros, written row by row. */
    private Path png(int colorType, int depth, int bytesPerPixel) throws IOException {
        Path pixels = dir.resolve("pixels");
        try (OutputStream out = new DeflaterOutputStream(Files.newOutputStream(pixels))) {
            byte[] row = new byte[1 + SIDE * bytesPerPixel];
            for (int y = 0; y < SIDE; y++) {
                out.write(row);
            }
        }
        Path file = dir.resolve("png-" + colorType + "-" + depth + ".png");
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
            ByteBuffer header = ByteBuffer.allocate(13).putInt(SIDE).putInt(SIDE);
            chunk(out, "IHDR", header.put((byte) depth).put((byte) colorType).array());
            chunk(out, "IDAT", Files.readAllBytes(pixels));
            chunk(out, "IEND", new byte[0]);
        }
        return file;
    }

    private static void chunk(OutputStream out, String name, byte[] body) throws IOException {
        byte[] type = name.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(type);
        crc.update(body);
        out.write(ByteBuffer.allocate(4).putInt(body.length).array());
        out.write(type);
        out.write(body);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private Path written(String format, int type) throws IOException {
        Path file = dir.resolve("large." + format);
        assertThat(ImageIO.write(new BufferedImage(SIDE, SIDE, type), format, file.toFile()))
                .isTrue();
        return file;
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void picturesLargerThanTheHeapAreRefusedAndTheProcessGoesOn() throws Exception {
        Path small = Files.write(dir.resolve("small.png"), Fixtures.bytes("corpus/png-type2-8bit.png"));
        List<Path> files = new ArrayList<>();
        files.add(png(2, 8, 3));
        files.add(png(6, 16, 8));
        files.add(written("jpg", BufferedImage.TYPE_3BYTE_BGR));
        files.add(written("gif", BufferedImage.TYPE_BYTE_GRAY));
        files.add(written("bmp", BufferedImage.TYPE_BYTE_GRAY));
        files.add(small);

        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx64m", "-Djava.awt.headless=true", "-cp", System.getProperty("java.class.path")));
        command.add(Probe.class.getName());
        files.forEach(f -> command.add(f.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("out").toFile())
                .start();
        int exit = process.waitFor();
        List<String> lines = Files.readAllLines(dir.resolve("out"));
        assertThat(exit).as(lines.toString()).isZero();
        assertThat(lines).hasSize(files.size());
        for (int i = 0; i < files.size() - 1; i++) {
            assertThat(lines.get(i))
                    .startsWith("refused " + files.get(i) + ": ")
                    .contains(SIDE + "x" + SIDE, "-Xmx");
        }
        assertThat(lines.getLast()).isEqualTo("decoded RgbImage[37x23]");
    }
}
