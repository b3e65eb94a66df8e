package org.kimi4j.examples.web;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A chat page on the model of {@code application.properties}. */
@SpringBootApplication
public class WebChat {

    public static void main(String[] args) {
        SpringApplication.run(WebChat.class, args);
    }
}
