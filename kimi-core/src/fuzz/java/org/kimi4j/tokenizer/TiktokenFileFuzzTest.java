package org.kimi4j.tokenizer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Tag;
import org.kimi4j.error.CheckpointException;

/** Any bytes are either a vocabulary that encodes and decodes, or one CheckpointException that names the file. */
@Tag("fuzz")
class TiktokenFileFuzzTest {

    private static final byte[] SINGLE_BYTES = singleBytes();

    private static byte[] singleBytes() {
        StringBuilder lines = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            lines.append(Base64.getEncoder().encodeToString(new byte[] {(byte) b}))
                    .append(' ')
                    .append(b)
                    .append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.US_ASCII);
    }

    @FuzzTest(maxDuration = "60s")
    void anyFileIsReadOrRefused(byte[] data) {
        if (data.length < 3) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(data, 3, data.length);
        int at = ((data[1] & 0xFF) << 8 | data[2] & 0xFF) % (SINGLE_BYTES.length + 1);
        switch (data[0] & 3) {
            case 0 -> check(rest);
            case 1 -> check(splice(SINGLE_BYTES.length, 0, rest));
            case 2 -> check(splice(at, 0, rest));
            default -> check(splice(at, rest.length, rest));
        }
    }

    /** The 256 single bytes with {@code removed} bytes at {@code at} replaced by others. */
    private static byte[] splice(int at, int removed, byte[] inserted) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(SINGLE_BYTES, 0, at);
        content.writeBytes(inserted);
        int after = Math.min(at + removed, SINGLE_BYTES.length);
        content.write(SINGLE_BYTES, after, SINGLE_BYTES.length - after);
        return content.toByteArray();
    }

    private static void check(byte[] content) {
        Vocabulary vocabulary;
        try {
            vocabulary = TiktokenFile.parse("tiktoken.model", content);
        } catch (CheckpointException e) {
            if (!e.getMessage().startsWith("tiktoken.model") || e.getMessage().length() > 500) {
                throw new AssertionError("message: " + e.getMessage(), e);
            }
            return;
        }
        String text = new String(content, StandardCharsets.ISO_8859_1) + "\u4e2d a\n";
        Tokenizer tokenizer = TestVocabularies.tokenizer(vocabulary);
        if (!tokenizer.decode(tokenizer.encode(text)).equals(text)) {
            throw new AssertionError("a text does not come back");
        }
        for (int id = 0; id < vocabulary.size(); id++) {
            byte[] bytes = tokenizer.bytes(id);
            if (vocabulary.find(bytes, 0, bytes.length) != id) {
                throw new AssertionError("token " + id + " is not found by its bytes");
            }
        }
    }
}
