package org.kimi4j;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.checkpoint.HubCache;

/**
 * Kimi in this process: open it once, talk to it from any thread, close it at the end.
 *
 * <pre>{@code
 * try (Kimi kimi = Kimi.load(Path.of("Kimi-K2.5"))) {
 *     Reply reply = kimi.chat().user("What is the capital of France?").stream(d -> System.out.print(d.text()));
 * }
 * }</pre>
 */
public final class Kimi implements AutoCloseable {

    private final KimiModel model;

    private Kimi(KimiModel model) {
        this.model = model;
        // A model to chat with must have these; better to know now than at the first question.
        model.tokenizer();
        model.chatFormat();
    }

    /** Opens a checkpoint directory. Reads headers and the tokenizer, no weights. */
    public static Kimi load(Path directory) {
        return load(directory, KimiOptions.DEFAULTS);
    }

    public static Kimi load(Path directory, KimiOptions options) {
        KimiModel model = KimiModel.open(directory, options);
        try {
            return new Kimi(model);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * Opens a directory, or a model of the local Hugging Face cache by its name: {@code moonshotai/Kimi-K2.5}. Never
     * asks the network.
     */
    public static Kimi load(String pathOrName) {
        return load(pathOrName, KimiOptions.DEFAULTS);
    }

    public static Kimi load(String pathOrName, KimiOptions options) {
        return load(locate(pathOrName), options);
    }

    /** The directory of a path, or of a model name in the local hub cache. */
    public static Path locate(String pathOrName) {
        Path path = Path.of(pathOrName);
        return Files.isDirectory(path) || !HubCache.isModelId(pathOrName)
                ? path
                : HubCache.local().require(pathOrName);
    }

    /** One question. */
    public ChatRequest chat() {
        return new ChatRequest(model);
    }

    /** Several turns. */
    public Conversation conversation() {
        return new Conversation(model);
    }

    /** Several turns, going on from earlier ones. */
    public Conversation conversation(List<? extends ChatMessage> earlier) {
        Conversation conversation = conversation();
        earlier.forEach(conversation::add);
        return conversation;
    }

    /** What is below: tokens, sessions, counters. */
    public KimiModel model() {
        return model;
    }

    /** Ends what is running, refuses what comes, and unmaps the files; idempotent. */
    @Override
    public void close() {
        model.close();
    }
}
