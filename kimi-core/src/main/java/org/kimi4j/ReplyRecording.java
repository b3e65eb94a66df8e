package org.kimi4j;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The flight recorder's view of one reply: waiting, reading the prompt, generating. Driven like the reply it belongs to. */
final class ReplyRecording {

    private final QueueEvent queue = new QueueEvent();
    private final PrefillEvent prefill = new PrefillEvent();
    private final DecodeEvent decode = new DecodeEvent();
    private boolean decoding;

    @Name("org.kimi4j.Queue")
    @Label("Queue")
    @Category("Kimi")
    @Description("A request waited for its place")
    @StackTrace(false)
    static final class QueueEvent extends Event {
        @Label("Prompt Tokens")
        int promptTokens;
    }

    @Name("org.kimi4j.Prefill")
    @Label("Prefill")
    @Category("Kimi")
    @Description("A prompt was read, up to the first token of the reply")
    @StackTrace(false)
    static final class PrefillEvent extends Event {
        @Label("Prompt Tokens")
        int promptTokens;

        @Label("Cached Tokens")
        int cachedTokens;
    }

    @Name("org.kimi4j.Decode")
    @Label("Decode")
    @Category("Kimi")
    @Description("The tokens of a reply after the first were generated")
    @StackTrace(false)
    static final class DecodeEvent extends Event {
        @Label("Tokens")
        int tokens;

        @Label("Finish Reason")
        String finishReason = "";
    }

    @Name("org.kimi4j.Load")
    @Label("Load")
    @Category("Kimi")
    @Description("A checkpoint was opened")
    @StackTrace(false)
    static final class LoadEvent extends Event {
        @Label("Directory")
        String directory = "";

        @Label("Kernels")
        String kernels = "";

        @Label("Bytes per Token")
        long bytesPerToken;
    }

    /** The request begins to wait. */
    ReplyRecording() {
        queue.begin();
    }

    void admitted(int promptTokens, int cachedTokens) {
        queue.promptTokens = promptTokens;
        queue.commit();
        prefill.promptTokens = promptTokens;
        prefill.cachedTokens = cachedTokens;
        prefill.begin();
    }

    void firstToken() {
        prefill.commit();
        decode.begin();
        decoding = true;
    }

    void finished(int tokens, FinishReason reason) {
        if (decoding) {
            decode.tokens = tokens;
            decode.finishReason = reason.name();
            decode.commit();
        }
    }
}
