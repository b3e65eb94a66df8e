package org.kimi4j.testkit;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/**
 * A tiktoken.model that is sound but learnt from nothing: the 256 bytes, then pairs of printable characters, then words
 * of three and four lower-case letters. Every longer token is two shorter ones put together, so that merges exist for
 * all of them.
 */
final class SyntheticRanks {

    private static final int PRINTABLE = '~' - ' ' + 1;
    private static final int LETTERS = 26;

    private SyntheticRanks() {}

    static void write(Path file, int ranks) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            for (int rank = 0; rank < ranks; rank++) {
                String line = Base64.getEncoder().encodeToString(token(rank)) + " " + rank + "\n";
                out.write(line.getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    static byte[] token(int rank) {
        if (rank < 256) {
            return new byte[] {(byte) rank};
        }
        int index = rank - 256;
        if (index < PRINTABLE * PRINTABLE) {
            return new byte[] {(byte) (' ' + index / PRINTABLE), (byte) (' ' + index % PRINTABLE)};
        }
        index -= PRINTABLE * PRINTABLE;
        int length = 3;
        for (int words = LETTERS * LETTERS * LETTERS; index >= words; words *= LETTERS) {
            index -= words;
            length++;
        }
        byte[] word = new byte[length];
        for (int i = length - 1; i >= 0; i--) {
            word[i] = (byte) ('a' + index % LETTERS);
            index /= LETTERS;
        }
        return word;
    }
}
