package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.error.SchemaException;
import org.kimi4j.error.UnsupportedOptionException;

class ToolDeclarationsTest {

    private static String declared(ToolSpec... tools) {
        return ToolDeclarations.typeScriptOrJson(List.of(tools));
    }

    /** What stands between the first lines and the closing brace. */
    private static String function(String name, String description, String parameters) {
        String all = declared(new ToolSpec(name, description, parameters));
        String head = "# Tools\n\n## functions\nnamespace functions {\n";
        assertThat(all).startsWith(head).endsWith("\n}\n");
        return all.substring(head.length(), all.length() - 3);
    }

    /** The declaration of a property {@code p} of this schema. */
    private static String field(String schema) {
        String text = function("f", "", "{\"type\":\"object\",\"properties\":{\"p\":" + schema + "}}");
        String head = "type f = (_: {\n";
        assertThat(text).startsWith(head).endsWith("\n}) => any;");
        return text.substring(head.length(), text.length() - "\n}) => any;".length());
    }

    private static void fallsBackToJson(String parameters) {
        assertThat(declared(new ToolSpec("f", "", parameters))).startsWith("[{\"function\":{\"name\":\"f\"");
    }

    @Test
    void functionsFollowEachOther() {
        assertThat(declared(new ToolSpec("b", "does b"), new ToolSpec("a", "")))
                .isEqualTo("# Tools\n\n## functions\nnamespace functions {\n// does b\ntype b = (_: {}) => any;\n"
                        + "type a = (_: {}) => any;\n}\n");
    }

    @Test
    void descriptionLinesAreCommentedAndEmptyOnesStayEmpty() {
        assertThat(function("f", "one\n\n two\n", "")).isEqualTo("// one\n\n//  two\n\ntype f = (_: {}) => any;");
    }

    @Test
    void theParametersOwnDescriptionIsNotShown() {
        assertThat(function("f", "", "{\"type\":\"object\",\"description\":\"hidden\"}"))
                .isEqualTo("type f = (_: {}) => any;");
    }

    @Test
    void requiredFieldsComeFirstBothSortedByCodePoint() {
        String parameters = "{\"type\":\"object\",\"properties\":{\"\uFFEE\":{\"type\":\"null\"},"
                + "\"\uD83D\uDE00\":{\"type\":\"null\"},\"b\":{\"type\":\"string\"},\"B\":{\"type\":\"boolean\"},"
                + "\"a\":{\"type\":\"integer\"}},\"required\":[\"b\",\"a\",\"missing\"]}";
        assertThat(function("f", "", parameters))
                .isEqualTo("type f = (_: {\n  a: number,\n  b: string,\n  B?: boolean,\n  \uFFEE?: null,\n"
                        + "  \uD83D\uDE00?: null\n}) => any;");
    }

    @Test
    void nestedObjectsAreIndentedAndDescribedAtTheirField() {
        assertThat(
                        field(
                                "{\"type\":\"object\",\"description\":\"inner\",\"properties\":{\"x\":{\"type\":\"object\","
                                        + "\"properties\":{\"y\":{\"type\":\"string\",\"description\":\"deep\"}}},\"e\":{\"type\":\"object\"}}}"))
                .isEqualTo("  // inner\n  p?: {\n    e?: {},\n    x?: {\n      // deep\n      y?: string\n    }\n  }");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^a$\",\"maxLength\":3}~maxLength: 3, minLength: 1, pattern: ^a$",
                "{\"type\":\"number\",\"minimum\":0.1,\"maximum\":1e-5}~maximum: 1e-05, minimum: 0.1",
                "{\"type\":\"integer\",\"minimum\":-0,\"maximum\":123456789012345678901234567890}"
                        + "~maximum: 123456789012345678901234567890, minimum: 0",
                "{\"type\":\"number\",\"maximum\":true,\"minimum\":null}~maximum: True, minimum: None",
                "{\"type\":\"array\",\"minItems\":1.0,\"maxItems\":1e3}~maxItems: 1000.0, minItems: 1.0",
            })
    void constraintsAreSortedAndShownAsPythonPrintsThem(String schema, String comment) {
        assertThat(field(schema)).startsWith("  // " + comment + "\n  p?: ");
    }

    @Test
    void constraintsOfAnotherTypeAreNotShown() {
        assertThat(field("{\"type\":\"boolean\",\"minimum\":1,\"maxLength\":2,\"format\":\"x\"}"))
                .isEqualTo("  p?: boolean");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "true~True",
                "1~1",
                "1.0~1.0",
                "0.00001~1e-05",
                "\"q\\u00e9\\n\"~\"q\u00e9\\n\"",
                "[1,\"a\",null,true,1E1]~[1, \"a\", null, true, 10.0]",
                "{\"b\":1,\"a\":{}}~{\"a\": {}, \"b\": 1}",
            })
    void defaultsAreShownAsPythonPrintsThem(String value, String shown) {
        assertThat(field("{\"type\":\"string\",\"description\":\"d\",\"minLength\":1,\"default\":" + value + "}"))
                .isEqualTo("  // d\n  // minLength: 1\n  // Default: " + shown + "\n  p?: string");
    }

    @Test
    void aDefaultOfNullIsNone() {
        assertThat(field("{\"type\":\"string\",\"default\":null}")).isEqualTo("  p?: string");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{}~any",
                "true~any",
                "false~null",
                "{\"type\":\"integer\"}~number",
                "{\"type\":\"file\"}~file",
                "{\"enum\":[\"a\\\"b\",null,true,3,1.5]}~\"a\"b\" | None | True | 3 | 1.5",
                "{\"type\":\"number\",\"enum\":[1,true,2.5,null]}~1 | True | 2.5 | None",
                "{\"type\":[\"null\",\"string\"],\"enum\":[\"a\",null]}~\"a\" | None",
                "{\"type\":[\"string\",\"number\",\"integer\",\"boolean\",\"null\",\"object\",\"array\"]}"
                        + "~string | number | number | boolean | null | {} | Array<any>",
                "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"null\"}},{}]}"
                        + "~string | Array<null> | any",
                "{\"anyOf\":[{\"type\":\"string\"}],\"enum\":[1],\"type\":\"null\"}~string",
                "{\"type\":\"array\"}~Array<any>",
                "{\"type\":\"array\",\"items\":{}}~Array<any>",
                "{\"type\":\"array\",\"items\":true}~Array<any>",
                "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}~Array<Array<number>>",
            })
    void typesReadAsTypeScript(String schema, String type) {
        assertThat(field(schema)).isEqualTo("  p?: " + type);
    }

    @Test
    void commentedItemsStandOnTheirOwnLines() {
        assertThat(
                        field(
                                "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"description\":\"a tag\",\"minLength\":1}}"))
                .isEqualTo("  p?: Array<\n    // a tag\n    // minLength: 1\n    string\n  >");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {"true~any", "false~never", "{}~any", "{\"type\":\"integer\"}~number"})
    void furtherPropertiesComeLast(String additional, String type) {
        assertThat(field("{\"type\":\"object\",\"properties\":{\"z\":{\"type\":\"null\"}},\"additionalProperties\":"
                        + additional + "}"))
                .isEqualTo("  p?: {\n    z?: null,\n    [k: string]: " + type + "\n  }");
    }

    @Test
    void definitionsBecomeInterfaces() {
        String parameters = "{\"type\":\"object\",\"$defs\":{\"Q\":{\"enum\":[1]},\"P\":{\"type\":\"object\","
                + "\"description\":\"A point\",\"properties\":{\"next\":{\"$ref\":\"#/$defs/P\"}}}},"
                + "\"properties\":{\"p\":{\"$ref\":\"#/$defs/P\",\"description\":\"start\"}}}";
        assertThat(function("f", "does f", parameters))
                .isEqualTo("// A point\ninterface P {\n  next?: P\n}\ninterface Q 1\n// does f\n"
                        + "type f = (_: {\n  // start\n  p?: P\n}) => any;");
    }

    @Test
    void aReferenceToTheWholeMakesItAnInterface() {
        String parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"z\"],"
                + "\"$defs\":{\"D\":{\"type\":\"string\"}},"
                + "\"properties\":{\"z\":{\"type\":\"string\"},\"a\":{\"$ref\":\"#\"}}}";
        assertThat(function("f", "", parameters))
                .isEqualTo("interface parameters {\n  a?: parameters,\n  z: string\n}\ninterface D string\n"
                        + "type f = (_: parameters) => any;");
    }

    @Test
    void aReferenceToTheWholeInsideDefinitionsMakesNoInterface() {
        String parameters = "{\"type\":\"object\",\"$defs\":{\"D\":{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}}}";
        assertThat(function("f", "", parameters)).isEqualTo("interface D Array<parameters>\ntype f = (_: {}) => any;");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"oneOf\":[{\"type\":\"string\"}]}",
                "{\"description\":\"no type\"}",
                "{\"$ref\":\"#/definitions/X\"}",
                "{\"$ref\":\"#/$defs/X\"}",
                "{\"type\":\"string\",\"enum\":[1]}",
                "{\"type\":\"integer\",\"enum\":[1.0]}",
                "{\"type\":\"boolean\",\"enum\":[1]}",
                "{\"type\":[\"string\",\"number\"],\"enum\":[\"a\"]}",
                "{\"type\":[\"string\",\"date\"]}",
                "{\"type\":\"object\",\"$defs\":[1]}",
                "{\"type\":\"object\",\"required\":true,\"properties\":{}}",
                "{\"type\":\"object\",\"additionalProperties\":\"no\"}",
                "{\"type\":\"string\",\"description\":[\"d\"]}",
                "[]",
                "null",
                "\"string\"",
            })
    void whatTypeScriptCannotSayIsDeclaredAsJson(String schema) {
        fallsBackToJson("{\"type\":\"object\",\"properties\":{\"p\":" + schema + "}}");
    }

    @Test
    void oneInexpressibleToolTurnsAllIntoSortedCompactJson() {
        ToolSpec bad = new ToolSpec(
                "bad", "d\u00e9", "{\"type\":\"object\",\"properties\":{\"p\":{\"oneOf\":[1.50,\"/\"]}}}", true);
        assertThat(declared(new ToolSpec("good", ""), bad))
                .isEqualTo(
                        "[{\"function\":{\"name\":\"good\"},\"type\":\"function\"},"
                                + "{\"function\":{\"description\":\"d\u00e9\",\"name\":\"bad\",\"parameters\":{\"properties\":"
                                + "{\"p\":{\"oneOf\":[1.5,\"/\"]}},\"type\":\"object\"},\"strict\":true},\"type\":\"function\"}]");
    }

    @Test
    void schemasThatAreNoObjectAndUnreadableNamesAreRefused() {
        assertThatThrownBy(() -> new ToolSpec("f", "", "[1]"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("tool f");
        assertThatThrownBy(() -> new ToolSpec("f", "", "{"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("not JSON");
        for (String name : List.of("", "a b", "<x")) {
            assertThatThrownBy(() -> new ToolSpec(name, "")).isInstanceOf(UnsupportedOptionException.class);
        }
    }
}
