package org.kimi4j.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.error.SchemaException;

/** What records are as schemas, and JSON as records. */
class RecordSchemaTest {

    public enum Mood {
        GOOD,
        BAD
    }

    @Description("A way between two places.")
    public record Trip(
            @Description("where it begins") String from,
            int days,
            Optional<Mood> mood,
            @Nullable String note,
            List<Stop> stops) {}

    public record Stop(String place, Set<String> tags) {}

    public record Tree(String name, List<Tree> children) {}

    public sealed interface Figure {}

    public record Circle(double radius) implements Figure {}

    public record Pair(Figure left, Figure right) implements Figure {}

    public record Values(
            byte b,
            Short s,
            long l,
            float f,
            Double d,
            BigDecimal decimal,
            boolean flag,
            LocalDate date,
            LocalTime time,
            LocalDateTime local,
            OffsetDateTime offset,
            Instant instant,
            UUID id,
            URI uri,
            int[] numbers,
            Stop[] stops,
            Map<String, Integer> counts) {}

    public record Checked(int even) {
        public Checked {
            if (even % 2 != 0) {
                throw new IllegalArgumentException(even + " is odd");
            }
        }
    }

    public record Raw(Object anything) {}

    public record Kinds(Typed typed) {}

    public sealed interface Typed {}

    public record Other(String type) implements Typed {}

    private record Hidden(int n) {}

    @Test
    void componentsBecomePropertiesInTheirOrder() {
        assertThat(RecordSchema.of(Trip.class).text()).isEqualTo("""
                {"description":"A way between two places.","type":"object","properties":{\
                "from":{"description":"where it begins","type":"string"},\
                "days":{"type":"integer","minimum":-2147483648,"maximum":2147483647},\
                "mood":{"anyOf":[{"type":"string","enum":["GOOD","BAD"]},{"type":"null"}]},\
                "note":{"anyOf":[{"type":"string"},{"type":"null"}]},\
                "stops":{"type":"array","items":{"$ref":"#/$defs/Stop"}}},\
                "required":["from","days","stops"],"additionalProperties":false,\
                "$defs":{"Stop":{"type":"object","properties":{"place":{"type":"string"},\
                "tags":{"type":"array","items":{"type":"string"}}},"required":["place","tags"],\
                "additionalProperties":false}}}""");
    }

    @Test
    void jsonBecomesRecords() {
        Trip trip = RecordSchema.of(Trip.class).read("""
                {"from":"Bern","days":3,"mood":"BAD","stops":[{"place":"Rom","tags":["b","a","b"]}]}""");
        assertThat(trip)
                .isEqualTo(
                        new Trip("Bern", 3, Optional.of(Mood.BAD), null, List.of(new Stop("Rom", Set.of("a", "b")))));
        Trip other = RecordSchema.of(Trip.class).read("""
                {"from":"","days":-1,"mood":null,"note":"n","stops":[]}""");
        assertThat(other).isEqualTo(new Trip("", -1, Optional.empty(), "n", List.of()));
    }

    @Test
    void everySupportedTypeIsRead() {
        Values values = RecordSchema.of(Values.class).read("""
                {"b":-128,"s":7,"l":9223372036854775807,"f":1.5,"d":2e3,"decimal":0.10,"flag":true,
                "date":"2024-02-29","time":"23:59","local":"2024-01-01T00:00:01","offset":"2024-01-01T00:00:00+02:00",
                "instant":"2024-01-01T00:00:00Z","id":"123e4567-e89b-12d3-a456-426614174000",
                "uri":"https://example.org/a","numbers":[1,2],"stops":[{"place":"x","tags":[]}],"counts":{"a":1}}""");
        assertThat(values.b()).isEqualTo(Byte.MIN_VALUE);
        assertThat(values.l()).isEqualTo(Long.MAX_VALUE);
        assertThat(values.d()).isEqualTo(2000);
        assertThat(values.decimal()).isEqualTo("0.10");
        assertThat(values.date()).isEqualTo("2024-02-29");
        assertThat(values.instant()).isEqualTo(Instant.parse("2024-01-01T00:00:00Z"));
        assertThat(values.numbers()).containsExactly(1, 2);
        assertThat(values.stops()).containsExactly(new Stop("x", Set.of()));
        assertThat(values.counts()).containsExactly(Map.entry("a", 1));
    }

    @Test
    void recordMayContainItself() {
        RecordSchema<Tree> tree = RecordSchema.of(Tree.class);
        assertThat(tree.text()).contains("\"items\":{\"$ref\":\"#\"}");
        assertThat(tree.read("{\"name\":\"a\",\"children\":[{\"name\":\"b\",\"children\":[]}]}"))
                .isEqualTo(new Tree("a", List.of(new Tree("b", List.of()))));
    }

    @Test
    void sealedInterfaceIsOneOfItsRecords() {
        RecordSchema<Figure> figure = RecordSchema.of(Figure.class);
        assertThat(figure.text())
                .startsWith("{\"anyOf\":[{\"$ref\":\"#/$defs/Circle\"},{\"$ref\":\"#/$defs/Pair\"}],\"$defs\":")
                .contains("\"type\":{\"const\":\"Circle\"}")
                .contains("\"left\":{\"$ref\":\"#\"}");
        assertThat(figure.read("""
                {"type":"Pair","left":{"type":"Circle","radius":1},"right":{"type":"Circle","radius":0.5}}""")).isEqualTo(new Pair(new Circle(1), new Circle(0.5)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"place":"a"}                 | $: expected a property tags, found [place]
                    {"place":1,"tags":[]}         | $.place: expected a string, found 1
                    {"place":"a","tags":["b",{}]} | $.tags[1]: expected a string, found {}
                    {"place":"a","tags":null}     | $.tags: expected an array, found null
                    {"place":"a","tags":[],"x":1} | $: record Stop has no component x
                    []                            | $: expected an object, found []
                    {"place":                     | expected Stop as JSON, found no JSON
                    """)
    void jsonThatIsNoSuchRecordIsNamedWithItsPlace(String json, String message) {
        assertThatThrownBy(() -> RecordSchema.of(Stop.class).read(json))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining(message);
    }

    @Test
    void numberOutOfRangeAndRefusalOfTheRecordAreNamed() {
        assertThatThrownBy(() -> RecordSchema.of(Checked.class).read("{\"even\":2147483648}"))
                .hasMessageContaining("$.even: expected an integer from -2147483648 to 2147483647, found 2147483648");
        assertThatThrownBy(() -> RecordSchema.of(Checked.class).read("{\"even\":3}"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("record Checked refuses {\"even\":3}")
                .hasMessageContaining("3 is odd")
                .hasCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void typesThatHaveNoSchemaAreRefusedWithTheirPlace() {
        assertThatThrownBy(() -> RecordSchema.of(Raw.class))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("Raw.anything: the type java.lang.Object is not supported");
        assertThatThrownBy(() -> RecordSchema.of(String.class)).hasMessageContaining("expected a record");
        assertThatThrownBy(() -> RecordSchema.of(Kinds.class)).hasMessageContaining("its component type has the name");
    }

    @Test
    void privateRecordNeedsALookup() {
        assertThatThrownBy(() -> RecordSchema.of(Hidden.class))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("make it public")
                .hasMessageContaining("MethodHandles.lookup()");
        assertThat(RecordSchema.of(Hidden.class, MethodHandles.lookup()).read("{\"n\":1}"))
                .isEqualTo(new Hidden(1));
    }
}
