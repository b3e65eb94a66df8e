package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a token leaves behind on the heap, once the compilers are done: before that, vectors are objects. */
class AllocationTest {

    @Test
    void aTokenAllocatesLittleAndTwoThousandNeedNoCollection() throws Exception {
        List<String> lines = ChildJvm.run(Tokens.class, List.of("-Xmx512m"), "2000");
        System.out.println("bytes per token " + lines.get(0) + ", collections " + lines.get(1));
        assertThat(Long.parseLong(lines.get(0))).isBetween(100L, 64L * 1024);
        assertThat(Long.parseLong(lines.get(1))).describedAs("collections").isZero();
    }
}
