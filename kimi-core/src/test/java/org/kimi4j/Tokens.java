package org.kimi4j;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import org.kimi4j.nano.KimiNano;

/**
 * Streams a reply of so many tokens and prints two lines: the bytes that all threads allocated for a token, text delivery
 * included, and the collections of garbage meanwhile. A main class, for a JVM whose heap a test decides.
 */
final class Tokens {

    private Tokens() {}

    public static void main(String[] args) {
        int tokens = Integer.parseInt(args[0]);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Kimi kimi = Kimi.load(KimiNano.path())) {
            stream(kimi, 1500);
            emptyTheYoungGeneration();
            long collections = collections();
            long bytes = threads.getTotalThreadAllocatedBytes();
            int characters = stream(kimi, tokens);
            System.out.println((threads.getTotalThreadAllocatedBytes() - bytes) / tokens);
            System.out.println(collections() - collections);
            if (characters < tokens) {
                throw new IllegalStateException("only " + characters + " characters came");
            }
        }
    }

    /**
     * Leaves garbage until it is collected, as any program does some time: how full the warm-up left the heap would decide
     * otherwise. A collection that is asked for would shrink the heap too.
     */
    private static void emptyTheYoungGeneration() {
        long collections = collections();
        int blocks = 0;
        while (collections() == collections) {
            blocks += new byte[64 << 10].length >> 16;
            if (blocks > 16 << 10) {
                throw new IllegalStateException("no collection after 1 GB in a heap of 512 MB");
            }
        }
    }

    private static int stream(Kimi kimi, int tokens) {
        int[] characters = new int[1];
        Reply reply = Endless.request(kimi, "Hello", tokens).stream(
                part -> characters[0] += part.text().length());
        if (reply.usage().completionTokens() != tokens) {
            throw new IllegalStateException(reply.usage().toString());
        }
        return characters[0];
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }
}
