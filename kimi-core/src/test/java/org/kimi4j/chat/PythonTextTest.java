package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.json.Json;

class PythonTextTest {

    /** Right-hand sides printed by Python 3. */
    @ParameterizedTest
    @CsvSource({
        "0,0",
        "-0,0",
        "-0.0,-0.0",
        "1.0,1.0",
        "1e0,1.0",
        "0.1,0.1",
        "0.0001,0.0001",
        "0.00001,1e-05",
        "0.000012345,1.2345e-05",
        "1e15,1000000000000000.0",
        "9999999999999998.0,9999999999999998.0",
        "1e16,1e+16",
        "123456789012345680.0,1.2345678901234568e+17",
        "1e22,1e+22",
        "2e23,2e+23",
        "1e100,1e+100",
        "1.7976931348623157e308,1.7976931348623157e+308",
        "5e-324,5e-324",
        "1e-323,1e-323",
        "1.5e-323,1.5e-323",
        "2.2250738585072014e-308,2.2250738585072014e-308",
        "9007199254740993.0,9007199254740992.0",
        "9007199254740993,9007199254740993",
        "3.14159,3.14159",
        "-12.5e-10,-1.25e-09",
        "1e400,inf",
        "-1e400,-inf",
    })
    void numbersAreShownAsPythonShowsThem(String literal, String shown) {
        assertThat(PythonText.number(new Json.Num(literal))).isEqualTo(shown);
    }

    @Test
    void shownNumbersReadBackAsTheSameValue() {
        long seed = 99;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                String shown = PythonText.number(value);
                assertThat(Double.parseDouble(shown))
                        .as("seed %d, %s", seed, shown)
                        .isEqualTo(value);
                assertThat(shown.length())
                        .isLessThanOrEqualTo(Double.toString(value).length() + 17);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{\"a\":[1,2.50,\"x\"],\"b\":null}~{\"a\": [1, 2.5, \"x\"], \"b\": null}",
                "[true,false,1e999]~[true, false, Infinity]",
                "\"\\u0001\\u001f\\u007f\\b\\f\\r\\/\\u2028\"~\"\\u0001\\u001f\u007f\\b\\f\\r/\u2028\"",
                "[]~[]",
                "{}~{}",
            })
    void jsonIsWrittenAsPythonWritesIt(String json, String written) throws Json.SyntaxException {
        assertThat(PythonText.json(Json.parse(json))).isEqualTo(written);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '|',
            value = {
                "[\"a\",null,true,1.0]~['a', None, True, 1.0]",
                "[\"it's\"]~[\"it's\"]",
                "[\"it's \\\"so\\\"\"]~['it\\'s \"so\"']",
                "{\"k\":[\"\\n\\u0007\\u200b\\u00e9\\ue000\"]}~{'k': ['\\n\\x07\\u200b\u00e9\\ue000']}",
                "\"plain ' text\"~plain ' text",
            })
    void valuesArePrintedAsPythonPrintsThem(String json, String printed) throws Json.SyntaxException {
        assertThat(PythonText.str(Json.parse(json))).isEqualTo(printed);
    }
}
