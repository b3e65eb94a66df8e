package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kimi4j.chat.EncodedPrompt.PadRun;
import org.kimi4j.error.MediaException;
import org.kimi4j.tokenizer.EncodingPart;
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

    /**
     * Collects what is encoded, with one pad per run of pads as in the rendered string, because the tokenizer cuts long
     * prompts at places counted in that string. The pads are multiplied afterwards.
     */
    private static final class Encoding {

        private final Tokenizer tokenizer;
        private final List<EncodingPart> encoded = new ArrayList<>();
        private final List<PadRun> singles = new ArrayList<>();

        Encoding(Tokenizer tokenizer) {
            this.tokenizer = tokenizer;
        }

        void text(String text) {
            encoded.add(new EncodingPart.Text(text));
        }

        void control(String name) {
            encoded.add(new EncodingPart.Control(name));
        }

        void pads(int count, int media, int chunk) {
            control(SpecialTokens.MEDIA_PAD);
            singles.add(new PadRun(0, count, media, chunk));
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
            int[] ids = tokenizer.encodeParts(encoded);
            if (singles.isEmpty()) {
                return new EncodedPrompt(ids, List.of());
            }
            int pad = tokenizer.specialTokens().id(SpecialTokens.MEDIA_PAD);
            int total = ids.length - singles.size();
            for (PadRun run : singles) {
                total += run.length();
            }
            int[] expanded = new int[total];
            List<PadRun> runs = new ArrayList<>();
            int to = 0;
            for (int id : ids) {
                if (id == pad) {
                    PadRun run = singles.get(runs.size());
                    runs.add(new PadRun(to, run.length(), run.media(), run.chunk()));
                    Arrays.fill(expanded, to, to + run.length(), pad);
                    to += run.length();
                } else {
                    expanded[to++] = id;
                }
            }
            return new EncodedPrompt(expanded, runs);
        }
    }
}
