package com.example;

import org.kimi4j.Backends;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.nano.KimiNano;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** The model is a bean, opened once and closed with the application. */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args).close();
    }

    @Bean(destroyMethod = "close")
    Kimi kimi() {
        return Kimi.load(KimiNano.path());
    }

    @Bean
    CommandLineRunner ask(Kimi kimi) {
        return args -> {
            Backends.list().forEach(status ->
                    System.out.println(status.backend().label() + ": " + status.unusable().orElse("usable")));
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
        };
    }
}
