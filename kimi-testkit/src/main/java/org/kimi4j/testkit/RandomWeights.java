package org.kimi4j.testkit;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Random weights by seed and name, the same on every machine: matrices from N(0, 1 / fan-in), so that activations keep
 * their size and a router prefers no expert; norms from N(1, 0.01); embeddings from N(0, 1), which have no fan-in.
 *
 * <p>Made for gigabytes per second. A BF16 weight is an entry of a table of 65,536 quantiles of its distribution, chosen
 * by 16 random bits. A group of 32 INT4 weights is one of 16,384 groups that were drawn and quantised beforehand.
 */
final class RandomWeights {

    private static final int POOL_BITS = 14;
    private static final int POOL_MASK = (1 << POOL_BITS) - 1;

    private final long seed;
    private final Map<String, TensorSpec> packedOf = new HashMap<>(); // by the name without its suffix
    private final Map<Double, short[]> scaleTables = new ConcurrentHashMap<>();
    private final Map<Distribution, short[]> bf16Tables = new ConcurrentHashMap<>();
    private final long[] poolNibbles = new long[2 << POOL_BITS]; // 16 bytes per group
    private final float[] poolScales = new float[1 << POOL_BITS]; // of groups from N(0, 1)

    private record Distribution(double mean, double deviation) {}

    RandomWeights(long seed, List<TensorSpec> tensors) {
        this.seed = seed;
        for (TensorSpec tensor : tensors) {
            if (tensor.name().endsWith(".weight_packed")) {
                packedOf.put(base(tensor.name()), tensor);
            }
        }
        fillPool();
    }

    private void fillPool() {
        SplitMix random = new SplitMix(seed);
        float[] group = new float[Numbers.GROUP];
        byte[] packed = new byte[Numbers.GROUP / 2];
        ByteBuffer bytes = ByteBuffer.wrap(packed).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i <= POOL_MASK; i++) {
            for (int j = 0; j < group.length; j++) {
                group[j] = Normal.QUANTILES[(int) random.next() & 0xffff];
            }
            poolScales[i] = Numbers.fromBf16(Numbers.quantise(group, 0, packed, 0));
            poolNibbles[2 * i] = bytes.getLong(0);
            poolNibbles[2 * i + 1] = bytes.getLong(8);
        }
    }

    private static String base(String name) {
        return name.substring(0, name.lastIndexOf('.'));
    }

    /** The bytes of a tensor, always the same for a seed and a name. */
    TensorData of(TensorSpec tensor) {
        String name = tensor.name();
        if (name.endsWith(".weight_packed")) {
            return nibbles(random(base(name)));
        }
        if (name.endsWith(".weight_scale")) {
            return scales(random(base(name)), tensor.fanIn() * Numbers.GROUP);
        }
        if (name.endsWith(".weight_shape")) {
            TensorSpec packed = packedOf.get(base(name));
            return chunk -> chunk.putInt(packed.shape().get(0).intValue())
                    .putInt(packed.shape().get(1).intValue() * 8);
        }
        Distribution distribution = distribution(tensor);
        return tensor.dtype().equals("F32") ? floats(random(name), distribution) : bf16(random(name), distribution);
    }

    private static Distribution distribution(TensorSpec tensor) {
        String name = tensor.name();
        if (name.endsWith("e_score_correction_bias")) {
            return new Distribution(0, 0.01);
        }
        if (name.endsWith(".bias")) {
            return new Distribution(0, 0.02);
        }
        if (tensor.shape().size() == 1) {
            return new Distribution(1, 0.1);
        }
        if (name.endsWith("embed_tokens.weight")) {
            return new Distribution(0, 1);
        }
        if (name.endsWith("pos_emb.weight")) {
            return new Distribution(0, 0.5);
        }
        return new Distribution(0, 1 / Math.sqrt(tensor.fanIn()));
    }

    private SplitMix random(String name) {
        long hash = seed ^ 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return new SplitMix(hash);
    }

    /** Which groups of the pool follow each other; nibbles and scales of a matrix walk the same way. */
    private static final class GroupWalk {
        private final SplitMix random;
        private long bits;
        private int left;

        GroupWalk(SplitMix random) {
            this.random = random;
        }

        int next() {
            if (left == 0) {
                bits = random.next();
                left = 4;
            }
            int group = (int) bits & POOL_MASK;
            bits >>>= 16;
            left--;
            return group;
        }
    }

    private TensorData nibbles(SplitMix random) {
        GroupWalk walk = new GroupWalk(random);
        return chunk -> {
            while (chunk.hasRemaining()) {
                int group = walk.next();
                chunk.putLong(poolNibbles[2 * group]);
                chunk.putLong(poolNibbles[2 * group + 1]);
            }
        };
    }

    private TensorData scales(SplitMix random, long fanIn) {
        short[] table = scaleTables.computeIfAbsent(1 / Math.sqrt(fanIn), factor -> {
            short[] scales = new short[poolScales.length];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = Numbers.bf16((float) (poolScales[i] * factor));
            }
            return scales;
        });
        GroupWalk walk = new GroupWalk(random);
        return chunk -> {
            while (chunk.hasRemaining()) {
                chunk.putShort(table[walk.next()]);
            }
        };
    }

    private TensorData bf16(SplitMix random, Distribution distribution) {
        short[] table = bf16Tables.computeIfAbsent(distribution, d -> {
            short[] values = new short[Normal.QUANTILES.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = Numbers.bf16((float) (d.mean + d.deviation * Normal.QUANTILES[i]));
            }
            return values;
        });
        return chunk -> {
            while (chunk.remaining() >= Long.BYTES) {
                long r = random.next();
                chunk.putLong((table[(int) r & 0xffff] & 0xffffL)
                        | (table[(int) (r >>> 16) & 0xffff] & 0xffffL) << 16
                        | (table[(int) (r >>> 32) & 0xffff] & 0xffffL) << 32
                        | (long) table[(int) (r >>> 48)] << 48);
            }
            for (long r = random.next(); chunk.hasRemaining(); r >>>= 16) {
                chunk.putShort(table[(int) r & 0xffff]);
            }
        };
    }

    private static TensorData floats(SplitMix random, Distribution d) {
        return chunk -> {
            while (chunk.hasRemaining()) {
                chunk.putFloat((float) (d.mean + d.deviation * Normal.QUANTILES[(int) random.next() & 0xffff]));
            }
        };
    }

    /** SplitMix64 (Steele, Lea, Flood 2014), written out so that files never depend on a Java version. */
    static final class SplitMix {
        private long state;

        SplitMix(long seed) {
            this.state = seed;
        }

        long next() {
            state += 0x9e3779b97f4a7c15L;
            long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
            z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
            return z ^ (z >>> 31);
        }
    }
}
