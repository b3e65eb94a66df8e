package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kimi4j.chat.EncodedPrompt.PadRun;
import org.kimi4j.error.MediaException;
import org.kimi4j.tokenizer.SpecialTokens;
import org.kimi4j.tokenizer.Tokenizer;

/** A rendered conversation: control tokens, text and places for media, in order. Immutable. */
public final class Prompt {

    /** What a video is in the prompt until its chunks are known; ordinary text, not a control token. */
    public static final String VIDEO_PLACEHOLDER = "<|kimi_k25_video_placeholder|>";

    private final List<PromptPart> parts;
    private final List<Content> media;
    private final ReplyChannel replyStart;
    private final int toolCalls;

    Prompt(List<PromptPart> parts, List<Content> media, ReplyChannel replyStart, int toolCalls) {
        this.parts = List.copyOf(parts);
        this.media = List.copyOf(media);
        this.replyStart = replyStart;
        this.toolCalls = toolCalls;
    }

    /** Control tokens, text and places for media, in order; joined they are {@link #text()}. */
    public List<PromptPart> parts() {
        return parts;
    }

    /** The pictures and videos, in order of appearance. */
    public List<Content> media() {
        return media;
    }

    /** Where the reply to this prompt begins: {@link ReplyChannel#THINKING} or {@link ReplyChannel#ANSWER}. */
    public ReplyChannel replyStart() {
        return replyStart;
    }

    /** Tool calls in the conversation so far: the index of the next one. */
    public int toolCalls() {
        return toolCalls;
    }

    /** The prompt as one string, exactly as the official template renders it. */
    public String text() {
        StringBuilder out = new StringBuilder();
        for (PromptPart part : parts) {
            out.append(
                    switch (part) {
                        case PromptPart.Control(String name) -> name;
                        case PromptPart.Text(String text) -> text;
                        case PromptPart.ImageSlot(int _) -> SpecialTokens.MEDIA_PAD;
                        case PromptPart.VideoSlot(int _) -> VIDEO_PLACEHOLDER;
                    });
        }
        return out.toString();
    }

    /** The token ids with a single pad per picture and the placeholder's text per video. */
    public int[] encode(Tokenizer tokenizer) {
        return encode(new Encoding(tokenizer), List.of()).ids();
    }

    /**
     * The token ids with as many pads as there will be vectors.
     *
     * @param tokens for each entry of {@link #media()} its size, in the same order
     * @throws MediaException if the sizes do not fit the media
     */
    public EncodedPrompt encode(Tokenizer tokenizer, List<MediaTokens> tokens) {
        if (tokens.size() != media.size()) {
            throw new MediaException(
                    "prompt with " + media.size() + " media items: expected as many sizes, found " + tokens.size());
        }
        return encode(new Encoding(tokenizer), tokens);
    }

    private EncodedPrompt encode(Encoding out, List<MediaTokens> tokens) {
        for (PromptPart part : parts) {
            switch (part) {
                case PromptPart.Control(String name) -> out.control(name);
                case PromptPart.Text(String text) -> out.text(text);
                case PromptPart.ImageSlot(int item) -> {
                    int pads =
                            tokens.isEmpty() ? 1 : image(item, tokens.get(item)).tokens();
                    out.pads(pads, item, 0);
                }
                case PromptPart.VideoSlot(int item) -> {
                    if (tokens.isEmpty()) {
                        out.text(VIDEO_PLACEHOLDER);
                    } else {
                        out.video(item, video(item, tokens.get(item)));
                    }
                }
            }
        }
        return out.finish();
    }

    private static MediaTokens.Image image(int item, MediaTokens tokens) {
        return switch (tokens) {
            case MediaTokens.Image image -> image;
            case MediaTokens.Video _ ->
                throw new MediaException("media item " + item + " is a picture, its size is that of a video");
        };
    }

    private static MediaTokens.Video video(int item, MediaTokens tokens) {
        return switch (tokens) {
            case MediaTokens.Video video -> video;
            case MediaTokens.Image _ ->
                throw new MediaException("media item " + item + " is a video, its size is that of a picture");
        };
    }

    /** Collects ids; text is held until something else follows, because a run is tokenized as a whole. */
    private static final class Encoding {

        private final Tokenizer tokenizer;
        private final StringBuilder run = new StringBuilder();
        private final List<PadRun> padRuns = new ArrayList<>();
        private int[] ids = new int[256];
        private int length;

        Encoding(Tokenizer tokenizer) {
            this.tokenizer = tokenizer;
        }

        void text(String text) {
            run.append(text);
        }

        void control(String name) {
            endRun();
            add(tokenizer.specialTokens().id(name));
        }

        void pads(int count, int media, int chunk) {
            endRun();
            padRuns.add(new PadRun(length, count, media, chunk));
            int pad = tokenizer.specialTokens().id(SpecialTokens.MEDIA_PAD);
            for (int i = 0; i < count; i++) {
                add(pad);
            }
        }

        void video(int media, MediaTokens.Video video) {
            for (int chunk = 0; chunk < video.chunks().size(); chunk++) {
                text(video.chunks().get(chunk).timestamp());
                control(SpecialTokens.MEDIA_BEGIN);
                text("video");
                control(SpecialTokens.MEDIA_CONTENT);
                pads(video.chunks().get(chunk).tokens(), media, chunk);
                control(SpecialTokens.MEDIA_END);
            }
        }

        EncodedPrompt finish() {
            endRun();
            return new EncodedPrompt(Arrays.copyOf(ids, length), padRuns);
        }

        private void endRun() {
            if (!run.isEmpty()) {
                for (int id : tokenizer.encode(run.toString())) {
                    add(id);
                }
                run.setLength(0);
            }
        }

        private void add(int id) {
            if (length == ids.length) {
                ids = Arrays.copyOf(ids, 2 * length);
            }
            ids[length++] = id;
        }
    }
}
