package com.example;

import org.kimi4j.Backends;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.nano.KimiNano;

/** Lists the backends found and asks one question; fails if one of the two is not as it should be. */
public final class Consumer {

    private Consumer() {}

    public static void main(String[] args) {
        Backends.list().forEach(status ->
                System.out.println(status.backend().label() + ": " + status.unusable().orElse("usable")));
        try (Kimi kimi = Kimi.load(KimiNano.path())) {
            Reply reply = kimi.chat()
                    .user("What is the capital of France?")
                    .thinking(false)
                    .temperature(0)
                    .send();
            String kernels = kimi.model().kernelsName();
            System.out.println(kernels + " answered: " + reply.text());
            if (!reply.text().equals("The capital of France is Paris.") || !kernels.startsWith("vector")) {
                throw new IllegalStateException("expected the vector kernels to answer Paris");
            }
        }
    }
}
