package org.kimi4j.examples;

import java.io.IOException;
import java.io.InputStream;
import org.kimi4j.Conversation;
import org.kimi4j.Kimi;
import org.kimi4j.chat.Media;

/** A picture, and questions about it. */
public class PictureQuestions {
    public static void main(String[] args) throws IOException {
        try (InputStream file = PictureQuestions.class.getResourceAsStream("shapes.png");
                Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            Media picture = Media.read(file); // or Media.of(Path.of("shapes.png"))
            Conversation talk = kimi.conversation().options(o -> o.thinking(false).temperature(0));
            System.out.println(talk.user(u -> u.image(picture).text("Describe the picture")).send().text());
            System.out.println(talk.user("How many shapes are in the image?").send().text());
            System.out.println(talk.user("What shape is orange?").send().text());
        }
    }
}
