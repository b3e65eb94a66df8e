package org.kimi4j.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonMembersTest {

    private static List<String> members(String text, int maxValues) throws Json.SyntaxException {
        List<String> seen = new ArrayList<>();
        Json.members(
                text,
                maxValues,
                (key, value) -> seen.add(key + "=" + value.write()),
                "map",
                (key, value) -> seen.add("map." + key + "=" + value.write()));
        return seen;
    }

    @Test
    void membersComeInOrderAndThoseOfOneObjectOneByOne() throws Exception {
        assertThat(members("{\"b\":[1,{\"map\":2}],\"map\":{\"x\":\"1\",\"a\":{}},\"c\":null}", 10))
                .containsExactly("b=[1,{\"map\":2}]", "map={}", "map.x=\"1\"", "map.a={}", "c=null");
        assertThat(members("{\"map\":7}", 10)).containsExactly("map=7");
        assertThat(members("{}", 10)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,\"a\":2}",
                "{\"map\":{\"x\":1,\"x\":1}}",
                "{\"b\":{\"x\":1,\"x\":1}}",
                "{\"map\":{\"a\":{\"x\":1,\"x\":1}}}",
                "{\"map\":{},\"map\":{}}"
            })
    void aKeyThatIsThereTwiceIsNamed(String text) {
        assertThatThrownBy(() -> members(text, 10))
                .isInstanceOf(Json.SyntaxException.class)
                .hasMessageMatching("key \"\\w+\" is there twice .*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "7", "{", "{\"map\":{", "{\"map\":{\"a\"", "{} {}", "{\"a\":1}]"})
    void whatIsNotAnObjectIsRefused(String text) {
        assertThatThrownBy(() -> members(text, 10)).isInstanceOf(Json.SyntaxException.class);
    }

    @Test
    void aMemberOfTooManyValuesIsRefused() throws Exception {
        assertThat(members("{\"a\":[1,2,3]}", 4)).hasSize(1);
        assertThatThrownBy(() -> members("{\"a\":[1,2,3]}", 3)).hasMessageContaining("too many values");
        assertThatThrownBy(() -> members("{\"map\":{\"a\":[1,2,3]}}", 3)).hasMessageContaining("too many values");
    }

    @Test
    void limitsAreToldWithoutTheNamesOfTheParser() {
        assertThatThrownBy(() -> Json.parse("[".repeat(1_000)))
                .hasMessageContaining("(200)")
                .message()
                .doesNotContain("StreamReadConstraints");
    }
}
