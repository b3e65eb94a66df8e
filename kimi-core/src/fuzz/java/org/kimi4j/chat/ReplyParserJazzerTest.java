package org.kimi4j.chat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Tag;

/** Any reply is read the same however it is cut. */
@Tag("fuzz")
class ReplyParserJazzerTest {

    @FuzzTest(maxDuration = "60s")
    void anyReplyIsReadTheSameHoweverItIsCut(byte[] data) {
        ReplyParserFuzz.fuzz(data);
    }
}
