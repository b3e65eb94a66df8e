package org.kimi4j.grammar;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.kimi4j.json.Json;

/** The schemas that tests share, and what another library says of a value. */
public final class NamedSchemas {

    private NamedSchemas() {}

    /** A schema with a name that says what is special about it. */
    public record Named(String name, String schema) {

        /** What another library finds wrong with a text; empty if it satisfies the schema. Formats count. */
        public List<String> problems(String answer) {
            // nullable is a keyword of OpenAPI's, the others are JSON Schema's
            boolean openApi = schema.contains("\"nullable\"");
            SchemaRegistry registry =
                    SchemaRegistry.withDialect(openApi ? Dialects.getOpenApi30() : Dialects.getDraft202012(), _ -> {});
            Schema validator = registry.getSchema(schema, InputFormat.JSON);
            List<Error> errors = validator.validate(
                    answer,
                    InputFormat.JSON,
                    context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
            return errors.stream().map(Error::toString).toList();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** One schema for each supported keyword and more for their combinations. */
    public static List<Named> ofKeywords() {
        return read("keywords.json");
    }

    /** Schemas such as applications and public services have. */
    public static List<Named> ofApplications() {
        return read("applications.json");
    }

    private static List<Named> read(String file) {
        try (InputStream in = NamedSchemas.class.getResourceAsStream(file)) {
            List<Named> found = new ArrayList<>();
            for (Json entry : ((Json.Arr) Json.parse(in)).items()) {
                Json.Obj named = (Json.Obj) entry;
                String name = ((Json.Str) named.get("name").orElseThrow()).value();
                found.add(new Named(name, named.get("schema").orElseThrow().write()));
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Json.SyntaxException e) {
            throw new IllegalStateException(file, e);
        }
    }
}
