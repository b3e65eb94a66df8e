package org.kimi4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.StringJoiner;
import org.kimi4j.error.CheckpointException;

/**
 * Reads {@code tiktoken.model}: one line per token, {@code base64(bytes) SPACE rank LF}, in the order of the ranks from
 * 0 without a gap, with all 256 single bytes. Anything else is reported with its line and never read as something.
 */
final class TiktokenFile {

    /** The largest file read. The official one has 2.8 MB. */
    static final int MAX_BYTES = 64 << 20;

    private static final int MAX_RANK_DIGITS = 9;
    private static final int SHOWN_CHARS = 40;
    private static final String LINE_FORM = "expected one token per line as `base64 rank`";
    private static final String DOWNLOAD = "download the file again";

    private final String file;
    private final byte[] content;
    private final Vocabulary.Builder tokens = new Vocabulary.Builder();

    private TiktokenFile(String file, byte[] content) {
        this.file = file;
        this.content = content;
    }

    /**
     * The vocabulary in {@code content}.
     *
     * @param file what messages call the file
     * @throws CheckpointException if the content is not a complete vocabulary
     */
    static Vocabulary parse(String file, byte[] content) {
        return new TiktokenFile(file, content).parse();
    }

    private Vocabulary parse() {
        if (content.length == 0) {
            throw new CheckpointException(file + ": " + LINE_FORM + ", found an empty file; " + DOWNLOAD);
        }
        for (int from = 0; from < content.length; ) {
            int to = from;
            while (to < content.length && content[to] != '\n') {
                to++;
            }
            line(from, to);
            from = to + 1;
        }
        try {
            Vocabulary vocabulary = tokens.build();
            requireSingleBytes(vocabulary);
            return vocabulary;
        } catch (Vocabulary.RepeatedTokenException e) {
            throw fault(
                    e.second,
                    "expected a token of its own, found the bytes of line " + (e.first + 1) + " again",
                    DOWNLOAD);
        }
    }

    private void line(int from, int to) {
        int space = from;
        while (space < to && content[space] != ' ') {
            space++;
        }
        requireText(from, to);
        if (space == to || space == from) {
            throw badForm(from, to);
        }
        int rank = rank(space + 1, to);
        if (rank < 0) {
            throw badForm(from, to);
        }
        if (rank != tokens.size()) {
            throw fault(
                    tokens.size(),
                    "expected rank " + tokens.size() + ", found " + rank + " (ranks count up from 0 by one)",
                    DOWNLOAD);
        }
        try {
            tokens.add(Base64.getDecoder().decode(Arrays.copyOfRange(content, from, space)));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    at(tokens.size()) + "expected base64 before the space, found `" + show(from, space) + "` ("
                            + e.getMessage() + "); " + DOWNLOAD,
                    e);
        }
    }

    private void requireText(int from, int to) {
        for (int i = from; i < to; i++) {
            int c = content[i] & 0xFF;
            if (c == '\r' && i == to - 1) {
                throw fault(
                        tokens.size(),
                        "expected a line that ends with LF, found CR LF",
                        "the file was converted to Windows line ends: download it as a binary file");
            }
            if (c < 0x20 || c > 0x7E) {
                throw fault(
                        tokens.size(),
                        LINE_FORM + ", found byte 0x" + Integer.toHexString(c) + ", which is not text",
                        "this is another kind of file, or a damaged one: " + DOWNLOAD);
            }
        }
    }

    /** The number in {@code [from, to)}, or -1 if that is not one as the format writes it. */
    private int rank(int from, int to) {
        if (from == to || to - from > MAX_RANK_DIGITS || (content[from] == '0' && to - from > 1)) {
            return -1;
        }
        int rank = 0;
        for (int i = from; i < to; i++) {
            if (content[i] < '0' || content[i] > '9') {
                return -1;
            }
            rank = rank * 10 + content[i] - '0';
        }
        return rank;
    }

    private void requireSingleBytes(Vocabulary vocabulary) {
        StringJoiner missing = new StringJoiner(", ");
        byte[] single = new byte[1];
        int count = 0;
        for (int b = 0; b < 256; b++) {
            single[0] = (byte) b;
            if (vocabulary.find(single, 0, 1) < 0 && ++count <= 5) {
                missing.add("0x%02x".formatted(b));
            }
        }
        if (count > 0) {
            throw new CheckpointException(file + ": expected a token for each of the 256 bytes, found none for "
                    + missing
                    + (count > 5 ? " and " + (count - 5) + " more" : "") + " in " + vocabulary.size() + " lines; the "
                    + "file is incomplete: " + DOWNLOAD);
        }
    }

    private CheckpointException badForm(int from, int to) {
        String found = show(from, to);
        if (found.startsWith("version https://git-lfs")) {
            return fault(
                    tokens.size(), LINE_FORM + ", found a Git LFS pointer", "fetch the content with: git lfs pull");
        }
        return fault(tokens.size(), LINE_FORM + ", found `" + found + "`", DOWNLOAD);
    }

    private CheckpointException fault(int lineIndex, String expectedAndFound, String remedy) {
        return new CheckpointException(at(lineIndex) + expectedAndFound + "; " + remedy);
    }

    private String at(int lineIndex) {
        return file + " line " + (lineIndex + 1) + ": ";
    }

    private String show(int from, int to) {
        int shown = Math.min(to - from, SHOWN_CHARS);
        return new String(content, from, shown, StandardCharsets.ISO_8859_1) + (shown < to - from ? "..." : "");
    }
}
