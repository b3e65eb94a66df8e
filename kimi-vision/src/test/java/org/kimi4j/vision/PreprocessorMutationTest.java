package org.kimi4j.vision;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fuzz target over the corpus and over thousands of mutations of it. */
class PreprocessorMutationTest {

    private static final int MUTATIONS = 2500;

    private static final int[] INTERESTING = {0, 1, 0x7F, 0x80, 0xFF};

    private static List<byte[]> corpus() {
        List<byte[]> files = new ArrayList<>();
        for (CorpusTest.Entry entry : CorpusTest.entries()) {
            files.add(Fixtures.bytes("corpus/" + entry.file()));
        }
        return files;
    }

    @Test
    void corpusItselfPasses() {
        corpus().forEach(PreprocessorFuzz::fuzz);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void mutationsGiveAPictureOrOneError(long seed) {
        List<byte[]> files = corpus();
        Random random = new Random(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = mutate(files, random);
            try {
                PreprocessorFuzz.fuzz(mutated);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "seed " + seed + ", mutation " + i + ": "
                                + HexFormat.of().formatHex(mutated, 0, Math.min(mutated.length, 4000)),
                        e);
            }
        }
    }

    private static byte[] mutate(List<byte[]> files, Random random) {
        byte[] data = files.get(random.nextInt(files.size())).clone();
        for (int steps = 1 + random.nextInt(3); steps > 0 && data.length > 0; steps--) {
            int at = random.nextInt(data.length);
            // Headers are short and matter most.
            if (random.nextBoolean()) {
                at = Math.min(at, random.nextInt(64));
            }
            data = switch (random.nextInt(6)) {
                case 0 -> with(data, at, random.nextInt(256));
                case 1 -> with(data, at, INTERESTING[random.nextInt(INTERESTING.length)]);
                case 2 -> with(data, at, data[at] ^ 1 << random.nextInt(8));
                case 3 -> Arrays.copyOf(data, at);
                case 4 -> splice(data, at, files.get(random.nextInt(files.size())), random);
                default -> fill(data, at, 1 + random.nextInt(8), INTERESTING[random.nextInt(INTERESTING.length)]);
            };
        }
        if (random.nextInt(4) > 0) {
            repairChecksums(data);
        }
        return data;
    }

    private static byte[] with(byte[] data, int at, int value) {
        data[at] = (byte) value;
        return data;
    }

    private static byte[] fill(byte[] data, int at, int count, int value) {
        Arrays.fill(data, at, Math.min(data.length, at + count), (byte) value);
        return data;
    }

    /** A piece of another file over, or into, this one. */
    private static byte[] splice(byte[] data, int at, byte[] other, Random random) {
        int from = random.nextInt(other.length);
        int length = Math.min(other.length - from, 1 + random.nextInt(100));
        int skip = Math.min(data.length - at, random.nextBoolean() ? length : 0);
        byte[] out = new byte[data.length + length - skip];
        System.arraycopy(data, 0, out, 0, at);
        System.arraycopy(other, from, out, at, length);
        System.arraycopy(data, at + skip, out, at + length, data.length - at - skip);
        return out;
    }

    /** Without right checksums hardly any mutation of a PNG would get past its header. */
    private static void repairChecksums(byte[] data) {
        if (data.length < 8 || (data[0] & 0xFF) != 0x89) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.wrap(data);
        int at = 8;
        while (at <= data.length - 12) {
            int length = buffer.getInt(at);
            if (length < 0 || length > data.length - at - 12) {
                return;
            }
            CRC32 crc = new CRC32();
            crc.update(data, at + 4, length + 4);
            buffer.putInt(at + 8 + length, (int) crc.getValue());
            at += length + 12;
        }
    }
}
