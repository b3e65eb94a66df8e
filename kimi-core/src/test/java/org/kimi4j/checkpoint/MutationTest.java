package org.kimi4j.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.testkit.TinyCheckpoint;

/** The fuzz targets on files that are almost right. */
class MutationTest {

    private static final int ROUNDS = 4_000;

    private static final List<String> TOKENS = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "-1",
            "0",
            "9223372036854775807",
            "9223372036854775808",
            "1e9",
            "null",
            "true",
            "\"dtype\"",
            "\"shape\"",
            "\"data_offsets\"",
            "\"BF16\"",
            "\"F64\"",
            "__metadata__",
            "\\u0000",
            "../",
            "model.safetensors",
            "[0,0]",
            "[-1,-1]",
            "\ud83d");

    @Test
    void noMutationOfAHeaderIsAcceptedWrongly(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        byte[] file = Files.readAllBytes(folder.resolve("model-00001-of-000004.safetensors"));
        byte[] small = Arrays.copyOf(file, 8 + 1_200); // most of a header is enough to mutate
        long seed = 20_260_101;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] mutated = mutate(random.nextInt(4) == 0 ? small : whole(), random);
            guard(round, () -> FuzzTargets.safetensors(mutated));
        }
    }

    /** A small file that is right, so that some mutations are too. */
    private static byte[] whole() {
        byte[] header =
                ("{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[0,12]},"
                                + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[12,16]}}")
                        .getBytes(StandardCharsets.UTF_8);
        byte[] file = new byte[8 + header.length + 16];
        file[0] = (byte) header.length;
        System.arraycopy(header, 0, file, 8, header.length);
        return file;
    }

    @Test
    void noMutationOfAnIndexIsAcceptedWrongly(@TempDir Path folder) throws IOException {
        TinyCheckpoint.write(folder);
        byte[] index = Arrays.copyOf(Files.readAllBytes(folder.resolve(ShardIndex.NAME)), 400);
        byte[] whole =
                "{\"metadata\":{\"total_size\":7},\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\"}}"
                        .getBytes(StandardCharsets.UTF_8);
        long seed = 20_260_102;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] mutated = mutate(random.nextInt(4) == 0 ? index : whole, random);
            guard(round, () -> FuzzTargets.index(mutated));
        }
    }

    private interface Target {
        void run() throws IOException;
    }

    private static void guard(int round, Target target) throws IOException {
        try {
            target.run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("round " + round, e);
        }
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
            int at = random.nextInt(bytes.length);
            byte[] edited = bytes;
            switch (random.nextInt(7)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                case 3 -> bytes = insert(bytes, at, TOKENS.get(random.nextInt(TOKENS.size())));
                case 4 -> bytes[Math.min(random.nextInt(8), bytes.length - 1)] = (byte) random.nextInt();
                case 5 -> at(bytes, at, '0', '9').ifPresent(digit -> edited[digit] = (byte) ('0' + random.nextInt(10)));
                case 6 ->
                    bytes = insert(
                            bytes, at(bytes, at, '"', '"').orElse(0) + 1, TOKENS.get(random.nextInt(TOKENS.size())));
                default -> throw new AssertionError();
            }
        }
        return bytes;
    }

    /** The first byte from a place on that lies in a range. */
    private static OptionalInt at(byte[] bytes, int from, char low, char high) {
        return IntStream.range(from, bytes.length)
                .filter(i -> bytes[i] >= low && bytes[i] <= high)
                .findFirst();
    }

    private static byte[] insert(byte[] bytes, int at, String text) {
        byte[] token = text.getBytes(StandardCharsets.UTF_8);
        byte[] longer = Arrays.copyOf(bytes, bytes.length + token.length);
        System.arraycopy(bytes, at, longer, at + token.length, bytes.length - at);
        System.arraycopy(token, 0, longer, at, token.length);
        return longer;
    }
}
