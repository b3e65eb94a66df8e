package org.kimi4j.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"b\":1,\"a\":[true,false,null,\"\"],\"\":{}}",
                "1e-05",
                "-0.0",
                "123456789012345678901234567890",
                "\"\\\"\\\\ \\u0001 \uD83D\uDE00 \u4E2D\"",
                "[]"
            })
    void writesWhatItRead(String text) throws Exception {
        Json value = Json.parse(text);
        assertThat(value.write()).isEqualTo(text);
        assertThat(Json.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,\"a\":2}",
                "{\"a\":{\"x\":1,\"x\":1}}",
                "1 2",
                "{} x",
                "nul",
                "\"abc",
                "[1}",
                "NaN",
                "'a'",
                "{a:1}",
                "01"
            })
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(Json.SyntaxException.class);
    }

    @Test
    void refusesBottomlessNesting() {
        String deep = "[".repeat(100_000);
        assertThatThrownBy(() -> Json.parse(deep))
                .isInstanceOf(Json.SyntaxException.class)
                .hasMessageContaining("depth");
    }

    @Test
    void tellsWhereTheFaultIs() {
        assertThatThrownBy(() -> Json.parse("{\n  \"a\": }")).hasMessageContaining("line 2");
    }

    @Test
    void aBrokenStreamIsAnIoFailure() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("disk gone");
            }
        };
        assertThatThrownBy(() -> Json.parse(broken))
                .isInstanceOf(IOException.class)
                .hasMessage("disk gone");
    }
}
