package org.kimi4j.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.kimi4j.error.ClosedException;

/**
 * The Hugging Face tokenizer through DJL, for tokenizer.json. The only class that touches DJL, which is an optional
 * dependency: {@link Tokenizers} loads it when a directory needs it. Owns native memory until closed.
 */
final class DjlEncoder implements RunEncoder {

    static {
        // The one system property this library sets: without it DJL's first call contacts a metadata address and, where
        // it finds CUDA, downloads a native library. A value of the application's own is left alone.
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    private final HuggingFaceTokenizer tokenizer;
    // Encoding shares the lock, closing does not: native memory is never freed under a call.
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /** @param tokenizerJson content of a tokenizer.json without added tokens, so that no text becomes a control token */
    DjlEncoder(String tokenizerJson) {
        try (ByteArrayInputStream in = new ByteArrayInputStream(tokenizerJson.getBytes(StandardCharsets.UTF_8))) {
            tokenizer = HuggingFaceTokenizer.newInstance(
                    in, Map.of("addSpecialTokens", "false", "padding", "false", "truncation", "false"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void encode(String text, int from, int to, IntList out) {
        String run = wellFormed(text.substring(from, to));
        lock.readLock().lock();
        try {
            if (closed) {
                throw new ClosedException("the tokenizer is closed: its model was closed before this call");
            }
            for (long id : tokenizer.encode(run, false, false).getIds()) {
                out.add(Math.toIntExact(id));
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Lone surrogates have no UTF-8 and would end the native call with an error. */
    private static String wellFormed(String text) {
        char[] chars = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (chars == null) {
                chars = text.toCharArray();
            }
            chars[i] = '\uFFFD';
        }
        return chars == null ? text : new String(chars);
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                tokenizer.close();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
