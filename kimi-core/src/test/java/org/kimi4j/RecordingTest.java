package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.nano.KimiNano;

/** What a flight recording shows of a model at work. */
class RecordingTest {

    @Test
    void loadQueuePrefillDecodeAndExpertsAreRecorded(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("kimi.jfr");
        Reply reply;
        try (Recording recording = new Recording()) {
            recording.enable("org.kimi4j.ExpertRead");
            recording.start();
            try (Kimi kimi = Kimi.load(KimiNano.path())) {
                reply = kimi.chat()
                        .user("What is the capital of France?")
                        .temperature(0)
                        .send();
            }
            recording.stop();
            recording.dump(file);
        }
        Map<String, List<RecordedEvent>> events = RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith("org.kimi4j."))
                .collect(Collectors.groupingBy(e -> e.getEventType().getName()));
        assertThat(events.get("org.kimi4j.Load")).hasSize(1);
        assertThat(events.get("org.kimi4j.Load").getFirst().getLong("bytesPerToken"))
                .isPositive();
        assertThat(events.get("org.kimi4j.Queue")).hasSize(1);
        RecordedEvent prefill = events.get("org.kimi4j.Prefill").getFirst();
        assertThat(prefill.getInt("promptTokens")).isEqualTo(reply.usage().promptTokens());
        assertThat(prefill.getDuration()).isPositive();
        RecordedEvent decode = events.get("org.kimi4j.Decode").getFirst();
        assertThat(decode.getInt("tokens")).isEqualTo(reply.usage().completionTokens());
        assertThat(decode.getString("finishReason")).isEqualTo("STOP");
        assertThat(events.get("org.kimi4j.ExpertRead")).isNotEmpty().allMatch(e -> e.getInt("experts") >= 4);
        assertThat(events.get("org.kimi4j.ExpertRead").getFirst().getLong("bytes"))
                .isPositive();
    }
}
