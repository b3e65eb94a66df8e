package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.List;

/** Collects the parts of a prompt and joins adjacent text. */
final class PromptWriter {

    private final List<PromptPart> parts = new ArrayList<>();
    private final List<Content> media = new ArrayList<>();
    private final StringBuilder run = new StringBuilder();

    PromptWriter control(String name) {
        endRun();
        parts.add(new PromptPart.Control(name));
        return this;
    }

    PromptWriter text(String text) {
        run.append(text);
        return this;
    }

    /** The place of a picture or video; of text, the text. */
    PromptWriter media(Content content) {
        switch (content) {
            case Content.Text(String text) -> run.append(text);
            case Content.Image _ -> {
                endRun();
                parts.add(new PromptPart.ImageSlot(media.size()));
                media.add(content);
            }
            case Content.Video _ -> {
                endRun();
                parts.add(new PromptPart.VideoSlot(media.size()));
                media.add(content);
            }
        }
        return this;
    }

    Prompt prompt(ReplyChannel replyStart, int toolCalls) {
        endRun();
        return new Prompt(parts, media, replyStart, toolCalls);
    }

    private void endRun() {
        if (!run.isEmpty()) {
            parts.add(new PromptPart.Text(run.toString()));
            run.setLength(0);
        }
    }
}
