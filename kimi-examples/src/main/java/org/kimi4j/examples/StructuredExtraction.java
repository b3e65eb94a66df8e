package org.kimi4j.examples;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.kimi4j.Kimi;
import org.kimi4j.ResponseFormat;
import org.kimi4j.schema.Description;
import org.kimi4j.schema.RecordSchema;

/** Facts out of a text as Java records: whatever the model would like to write, it is such a record. */
public final class StructuredExtraction {

    /** How somebody travels. */
    public enum Means {
        TRAIN,
        PLANE,
        SHIP
    }

    /** A journey. */
    public record Trip(
            @Description("the city where it begins") String from,
            @Description("the city where it ends") String to,
            LocalDate day,
            Means means,
            @Description("all who travel") List<Traveller> travellers) {}

    /** Somebody on a journey. */
    public record Traveller(String name, Optional<Integer> age) {}

    private StructuredExtraction() {}

    public static void main(String[] args) {
        try (Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            Trip trip = kimi.chat()
                    .system("Answer with JSON of this schema: "
                            + RecordSchema.of(Trip.class).text())
                    .user("Nina, who is 7, and her mother Ada take the train from Paris to Rome on the 3rd of May 2026.")
                    .thinking(false)
                    .temperature(0)
                    .maxTokens(120)
                    .answerAs(Trip.class);
            System.out.println("from " + trip.from() + " to " + trip.to() + " by " + trip.means() + ": " + trip.travellers());

            String mood = kimi.chat()
                    .user("I am so happy today! Is that good or bad?")
                    .thinking(false)
                    .responseFormat(ResponseFormat.choice("good", "bad"))
                    .send()
                    .text();
            System.out.println("mood: " + mood);
        }
    }
}
