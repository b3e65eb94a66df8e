package org.kimi4j.vision;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Tag;

/** Any bytes are either a picture that can be preprocessed, or one MediaException that names it. */
@Tag("fuzz")
class PreprocessorFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void anyFileIsPreprocessedOrRefused(byte[] data) {
        PreprocessorFuzz.fuzz(data);
    }
}
