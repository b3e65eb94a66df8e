package org.kimi4j.benchmarks.denominator;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Multiplications and additions on registers and nothing else, in 8, 12 or 16 chains that do not wait for each other.
 * Written flat, with a loop that C2 does not unroll: it would unroll a counted one until the chains no longer fit the
 * registers and measure how fast they are spilled.
 */
final class JavaFmaPeak {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private JavaFmaPeak() {}

    /** Floating point operations of one round of a number of chains. */
    static double flops(int chains) {
        return 2.0 * chains * STEPS * SPECIES.length();
    }

    /** Steps of each chain in one round of the loop. */
    private static final int STEPS = 4;

    /** Rounds of 8 chains; the result depends on all of them. */
    static float eight(long rounds, float scale, float offset) {
        FloatVector x = FloatVector.broadcast(SPECIES, scale);
        FloatVector y = FloatVector.broadcast(SPECIES, offset);
        FloatVector v0 = y;
        FloatVector v1 = v0.add(y);
        FloatVector v2 = v1.add(y);
        FloatVector v3 = v2.add(y);
        FloatVector v4 = v3.add(y);
        FloatVector v5 = v4.add(y);
        FloatVector v6 = v5.add(y);
        FloatVector v7 = v6.add(y);
        // A long that wraps is no counted loop to C2.
        for (long r = rounds; r != 0; r--) {
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
        }
        return v0.add(v1).add(v2).add(v3).add(v4).add(v5).add(v6).add(v7).lane(0);
    }

    /** Rounds of 12 chains; the result depends on all of them. */
    static float twelve(long rounds, float scale, float offset) {
        FloatVector x = FloatVector.broadcast(SPECIES, scale);
        FloatVector y = FloatVector.broadcast(SPECIES, offset);
        FloatVector v0 = y;
        FloatVector v1 = v0.add(y);
        FloatVector v2 = v1.add(y);
        FloatVector v3 = v2.add(y);
        FloatVector v4 = v3.add(y);
        FloatVector v5 = v4.add(y);
        FloatVector v6 = v5.add(y);
        FloatVector v7 = v6.add(y);
        FloatVector v8 = v7.add(y);
        FloatVector v9 = v8.add(y);
        FloatVector v10 = v9.add(y);
        FloatVector v11 = v10.add(y);
        // A long that wraps is no counted loop to C2.
        for (long r = rounds; r != 0; r--) {
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
        }
        return v0.add(v1)
                .add(v2)
                .add(v3)
                .add(v4)
                .add(v5)
                .add(v6)
                .add(v7)
                .add(v8)
                .add(v9)
                .add(v10)
                .add(v11)
                .lane(0);
    }

    /** Rounds of 16 chains; the result depends on all of them. */
    static float sixteen(long rounds, float scale, float offset) {
        FloatVector x = FloatVector.broadcast(SPECIES, scale);
        FloatVector y = FloatVector.broadcast(SPECIES, offset);
        FloatVector v0 = y;
        FloatVector v1 = v0.add(y);
        FloatVector v2 = v1.add(y);
        FloatVector v3 = v2.add(y);
        FloatVector v4 = v3.add(y);
        FloatVector v5 = v4.add(y);
        FloatVector v6 = v5.add(y);
        FloatVector v7 = v6.add(y);
        FloatVector v8 = v7.add(y);
        FloatVector v9 = v8.add(y);
        FloatVector v10 = v9.add(y);
        FloatVector v11 = v10.add(y);
        FloatVector v12 = v11.add(y);
        FloatVector v13 = v12.add(y);
        FloatVector v14 = v13.add(y);
        FloatVector v15 = v14.add(y);
        // A long that wraps is no counted loop to C2.
        for (long r = rounds; r != 0; r--) {
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v12 = v12.fma(x, y);
            v13 = v13.fma(x, y);
            v14 = v14.fma(x, y);
            v15 = v15.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v12 = v12.fma(x, y);
            v13 = v13.fma(x, y);
            v14 = v14.fma(x, y);
            v15 = v15.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v12 = v12.fma(x, y);
            v13 = v13.fma(x, y);
            v14 = v14.fma(x, y);
            v15 = v15.fma(x, y);
            v0 = v0.fma(x, y);
            v1 = v1.fma(x, y);
            v2 = v2.fma(x, y);
            v3 = v3.fma(x, y);
            v4 = v4.fma(x, y);
            v5 = v5.fma(x, y);
            v6 = v6.fma(x, y);
            v7 = v7.fma(x, y);
            v8 = v8.fma(x, y);
            v9 = v9.fma(x, y);
            v10 = v10.fma(x, y);
            v11 = v11.fma(x, y);
            v12 = v12.fma(x, y);
            v13 = v13.fma(x, y);
            v14 = v14.fma(x, y);
            v15 = v15.fma(x, y);
        }
        return v0.add(v1)
                .add(v2)
                .add(v3)
                .add(v4)
                .add(v5)
                .add(v6)
                .add(v7)
                .add(v8)
                .add(v9)
                .add(v10)
                .add(v11)
                .add(v12)
                .add(v13)
                .add(v14)
                .add(v15)
                .lane(0);
    }
}
