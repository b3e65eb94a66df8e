import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** {@code java Checksums.java DIRECTORY OUT}: the SHA-256 of each file of a directory, as sha256sum prints them. */
class Checksums {

    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(Path.of(args[0]))) {
            files = entries.sorted().toList();
        }
        StringBuilder lines = new StringBuilder();
        for (Path file : files) {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
            lines.append(HexFormat.of().formatHex(hash)).append("  ").append(file.getFileName()).append('\n');
        }
        Path out = Path.of(args[1]);
        Files.createDirectories(out.getParent());
        Files.writeString(out, lines);
    }
}
