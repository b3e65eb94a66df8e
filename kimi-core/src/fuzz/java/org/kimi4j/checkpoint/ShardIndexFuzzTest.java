package org.kimi4j.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Tag;

/** Any bytes are either an index whose shards are plain names beside it, or problems. */
@Tag("fuzz")
class ShardIndexFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void anyIndexIsReadOrRefused(byte[] data) {
        FuzzTargets.index(data);
        FuzzTargets.index(FuzzTargets.spell(data));
    }
}
