package org.kimi4j.examples;

import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.nano.KimiNano;

/** A question, and its answer as it is made. */
public class PlainChat {
    public static void main(String[] args) {
        try (Kimi kimi = Kimi.load(KimiNano.path())) { // or Path.of("Kimi-K2.5")
            Reply reply = kimi.chat().user("What is the capital of France?").temperature(0).stream(
                    delta -> System.out.print(delta.text()));
            System.out.println();
            System.out.println("thought: " + reply.thinking());
            System.out.println("used:    " + reply.usage());
        }
    }
}
