package org.kimi4j;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.ReplyChannel;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.sampling.Logprobs;
import org.kimi4j.sampling.Sampler;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.tensor.Tensor;

/**
 * One reply being made: its tokens, what of them has been read, and what follows from each new one. The engine's thread
 * drives it; any thread may cancel it. Tokens not read yet are the next rows: a chunk of the prompt, the token sampled
 * last, or the tokens that close the thinking.
 */
final class Generation {

    private static final System.Logger LOG = System.getLogger("org.kimi4j");

    private final PreparedRequest request;
    private final Object caller;
    private final EventQueue events;
    private final Sampler sampler;
    private final StopStrings stops;
    private final ReplyMask mask;
    private final List<Logprobs> pendingLogprobs = new ArrayList<>();
    private final List<Logprobs> allLogprobs = new ArrayList<>();
    private final long submitted = System.nanoTime();
    private final ReplyRecording recording = new ReplyRecording();
    private final long deadline;
    private volatile boolean cancelled;

    private int[] tokens;
    private long[] keys;
    private int length;
    private @Nullable Timeline timeline;
    private final MediaEncoder.@Nullable Encoded[] encoded;
    private int placed;
    private int cachedTokens;
    private int thinkingTokens;
    private int answerTokens;
    private boolean closedThinking;
    private boolean hasToolCalls;
    private long admitted;
    private long mediaNanos;
    private long prefillNanos;
    private long firstToken;
    private long lastToken;

    Generation(PreparedRequest request, Object caller, int vocabSize, Runnable roomMade) {
        this.request = request;
        this.caller = caller;
        this.events = new EventQueue(roomMade);
        this.sampler = new Sampler(request.options().sampling(), vocabSize);
        this.stops = new StopStrings(request.options().stop());
        this.mask = new ReplyMask(request.rules(), request.stopIds(), vocabSize);
        this.tokens = Arrays.copyOf(request.ids(), request.ids().length + 64);
        this.keys = Arrays.copyOf(request.keys(), request.ids().length + 64);
        this.length = request.ids().length;
        this.encoded = new MediaEncoder.Encoded[request.media().size()];
        this.deadline =
                request.options().deadline().map(d -> submitted + nanos(d)).orElse(Long.MAX_VALUE);
        sampler.prompt(request.ids());
    }

    /** No process lives longer than this, and nanoseconds still fit a long. */
    private static final Duration FOREVER = Duration.ofDays(36_500);

    private static long nanos(Duration deadline) {
        return (deadline.compareTo(FOREVER) < 0 ? deadline : FOREVER).toNanos();
    }

    PreparedRequest request() {
        return request;
    }

    Object caller() {
        return caller;
    }

    EventQueue events() {
        return events;
    }

    void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    boolean isLate() {
        return deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0;
    }

    /** Positions the request may come to occupy. */
    int mostPositions() {
        return request.ids().length + request.maxTokens();
    }

    Timeline timeline() {
        if (timeline == null) {
            throw new IllegalStateException("not admitted");
        }
        return timeline;
    }

    /** Work begins, on a timeline that holds the beginning of the prompt. */
    void admit(Timeline with) {
        timeline = with;
        cachedTokens = with.length();
        admitted = System.nanoTime();
        recording.admitted(request.ids().length, cachedTokens);
    }

    /** Tokens of which the model has not read the rows yet; at least one while the reply is being made. */
    int pending() {
        return length - timeline().length();
    }

    boolean isPrefilling() {
        return timeline().length() < request.ids().length;
    }

    int token(int position) {
        return tokens[position];
    }

    /** Whether the row at a position was given rather than generated. */
    boolean isPrompt(int position) {
        return position < request.ids().length;
    }

    /** Counts the next tokens as read, before the pass that reads them. */
    void grow(int count) {
        timeline().grow(keys, timeline().length() + count);
    }

    /** Encodes the media that have rows at positions {@code first} to {@code end - 1} and are not encoded yet. */
    void encodeMedia(int first, int end, @Nullable MediaEncoder encoder, BooleanSupplier closing) {
        for (int i = 0; i < encoded.length; i++) {
            PreparedRequest.MediaRun run = request.media().get(i);
            boolean needed = run.position() < end && run.position() + run.length() > first;
            if (needed && encoded[i] == null && encoder != null) {
                long began = System.nanoTime();
                int before = i;
                encoded[i] = encoder.encode(
                        run.item(),
                        run.chunk(),
                        () -> cancelled || isLate() || closing.getAsBoolean(),
                        (done, total) -> progress(
                                PromptProgress.Stage.LOOKING,
                                (long) before * total + done,
                                (long) encoded.length * total));
                mediaNanos += System.nanoTime() - began;
                if (encoded[i].tokens() != run.length()) {
                    throw new MediaException(run.item().name() + ": became " + encoded[i].tokens()
                            + " vectors, the prompt has " + run.length() + " pads for it");
                }
            }
        }
    }

    private void progress(PromptProgress.Stage stage, long done, long total) {
        if (request.options().hasProgress()) {
            events.put(new EventQueue.Event.Progress(new PromptProgress(stage, done, total)));
        }
    }

    /** Overwrites the rows of pads; those of media that are placed to the end are given up. */
    void placeMedia(Tensor x, int first, Kernels kernels) {
        for (int i = 0; i < encoded.length; i++) {
            PreparedRequest.MediaRun run = request.media().get(i);
            MediaEncoder.Encoded rows = encoded[i];
            int from = Math.max(run.position(), first);
            int to = Math.min(run.position() + run.length(), first + x.rows());
            if (rows == null || from >= to) {
                continue;
            }
            float[] buffer = new float[x.cols()];
            for (int p = from; p < to; p++) {
                rows.copyRow(p - run.position(), buffer);
                kernels.write(x, p - first, buffer);
            }
            if (run.position() + run.length() <= timeline().length()) {
                placed = Math.max(placed, i + 1);
            }
        }
    }

    /** Gives up encoded media that a finished pass has placed, and tells how much of the prompt has been read. */
    void passed() {
        Arrays.fill(encoded, 0, placed, null);
        int read = timeline().length();
        if (read <= request.ids().length) {
            progress(PromptProgress.Stage.READING, read, request.ids().length);
        }
    }

    void addPassTime(long nanos, boolean prefilling) {
        if (prefilling) {
            prefillNanos += nanos;
        }
    }

    /**
     * Goes on from the logits after the last token.
     *
     * @return why the reply is over, or null if it goes on
     */
    @Nullable
    FinishReason accept(float[] logits) {
        if (mustCloseThinking()) {
            return closeThinking();
        }
        ReplyChannel channel = request.parser().channel();
        BitSet allowed = mask.allowed(channel, left());
        int id = allowed == null ? sampler.sample(logits) : sampler.sample(logits, allowed);
        if (channel == ReplyChannel.THINKING && mask.endsThinking(id, isStop(id))) {
            return closeThinking();
        }
        if (request.options().sampling().topLogprobs().isPresent()) {
            Logprobs logprobs = sampler.logprobs(logits, id);
            pendingLogprobs.add(logprobs);
            allLogprobs.add(logprobs);
        }
        return append(id);
    }

    /** Tokens that the reply may still have. */
    private int left() {
        return request.maxTokens() - thinkingTokens - answerTokens;
    }

    private boolean isStop(int id) {
        return Arrays.binarySearch(request.stopIds(), id) >= 0;
    }

    private boolean mustCloseThinking() {
        if (closedThinking || request.parser().channel() != ReplyChannel.THINKING) {
            return false;
        }
        int most = request.options().maxThinkingTokens().orElse(Integer.MAX_VALUE);
        int answer = request.rules().shortestReply();
        return thinkingTokens >= most || answer > 0 && left() <= request.closeThinking().length + answer;
    }

    private @Nullable FinishReason closeThinking() {
        closedThinking = true;
        for (int id : request.closeThinking()) {
            FinishReason reason = append(id);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    private @Nullable FinishReason append(int id) {
        lastToken = System.nanoTime();
        if (firstToken == 0) {
            firstToken = lastToken;
            recording.firstToken();
        }
        sampler.accept(id);
        boolean stop = isStop(id);
        ReplyChannel before = request.parser().channel();
        if (!stop) {
            if (length == tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * length);
                keys = Arrays.copyOf(keys, 2 * length);
            }
            tokens[length] = id;
            keys[length++] = id;
            deliver(request.parser().accept(id));
            mask.accept(id, before, request.parser().toolName());
        }
        if (before == ReplyChannel.THINKING) {
            thinkingTokens++;
        } else {
            answerTokens++;
        }
        if (stop) {
            return hasToolCalls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
        }
        if (stops.found()) {
            return FinishReason.STOP;
        }
        // Before the next: a document that has used all its tokens was probably cut short to fit them.
        if (left() <= 0) {
            return FinishReason.LENGTH;
        }
        return mask.isWhole() ? FinishReason.STOP : null;
    }

    private void deliver(List<ReplyEvent> found) {
        for (ReplyEvent event : found) {
            if (stops.found()) {
                return;
            }
            switch (event) {
                case ReplyEvent.TextDelta(String text) -> putText(stops.accept(text));
                case ReplyEvent.ToolCallEnd end -> {
                    hasToolCalls |= end.complete();
                    put(end);
                }
                case ReplyEvent.ThinkingDelta _,
                        ReplyEvent.ToolCallStart _,
                        ReplyEvent.ToolCallArgumentsDelta _,
                        ReplyEvent.Malformed _ -> {
                    putText(stops.release());
                    put(event);
                }
            }
        }
    }

    private void putText(String text) {
        if (!text.isEmpty()) {
            put(new ReplyEvent.TextDelta(text));
        }
    }

    private void put(ReplyEvent event) {
        events.put(new EventQueue.Event.Piece(new Delta(event, pendingLogprobs)));
        pendingLogprobs.clear();
    }

    /** Ends the reply; the caller has it as soon as it has read what was delivered before. */
    void finish(FinishReason reason) {
        closeMedia();
        if (!stops.found()) {
            deliver(request.parser().finish());
            putText(stops.release());
        }
        FinishReason told = reason == FinishReason.STOP && hasToolCalls ? FinishReason.TOOL_CALLS : reason;
        recording.finished(thinkingTokens + answerTokens, told);
        Usage usage = new Usage(request.ids().length, cachedTokens, thinkingTokens, answerTokens);
        events.put(new EventQueue.Event.Done(
                new Reply(stops.trim(request.parser().reply()), told, usage, timings(), allLogprobs)));
    }

    /** Ends the reply without a result. */
    void fail(RuntimeException cause) {
        closeMedia();
        events.put(new EventQueue.Event.Failed(cause));
    }

    private void closeMedia() {
        try {
            request.closeMedia();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "closing the media of a request", e);
        }
    }

    /** Ends a request that was never admitted. */
    void refuse() {
        if (cancelled) {
            finish(FinishReason.CANCELLED);
        } else {
            fail(new OverloadedException(
                    "the deadline of " + request.options().deadline().orElseThrow()
                            + " passed while the request waited; nothing was computed"));
        }
    }

    private Timings timings() {
        int read = Math.max(0, Math.min(timeline == null ? 0 : timeline.length(), request.ids().length) - cachedTokens);
        return new Timings(
                Duration.ofNanos((admitted == 0 ? System.nanoTime() : admitted) - submitted),
                Duration.ofNanos(mediaNanos),
                Duration.ofNanos(prefillNanos),
                Duration.ofNanos(firstToken == 0 ? 0 : firstToken - submitted),
                Duration.ofNanos(lastToken - firstToken),
                read,
                Math.max(0, thinkingTokens + answerTokens - 1));
    }
}
