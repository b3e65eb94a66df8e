package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.StringJoiner;
import org.kimi4j.json.Json;

/** A JSON schema as the type it has in a tool declaration. Lines below the first are indented by the caller's indent. */
sealed interface SchemaType {

    /** A schema that declarations have no words for; all tools are then declared as JSON. */
    final class InexpressibleException extends Exception {
        InexpressibleException(String message) {
            super(message);
        }
    }

    String INDENT = "  ";

    /** Comment lines for a field or array item of this type, each with its line end. */
    String comments(String indent) throws InexpressibleException;

    String type(String indent) throws InexpressibleException;

    /** What a comment says. The description is looked at only where it is shown, as in the official encoder. */
    record Notes(Json description, SortedMap<String, String> constraints) {

        String lines(String indent) throws InexpressibleException {
            StringBuilder out = new StringBuilder(commented(description, indent));
            if (!constraints.isEmpty()) {
                StringJoiner shown = new StringJoiner(", ", indent + "// ", "\n");
                constraints.forEach((key, value) -> shown.add(key + ": " + value));
                out.append(shown);
            }
            return out.toString();
        }
    }

    /**
     * A description with each line behind a comment mark and ended; empty lines stay empty. Nothing for what Python takes
     * for false.
     */
    static String commented(Json description, String indent) throws InexpressibleException {
        if (!SchemaReader.truthy(description)) {
            return "";
        }
        if (!(description instanceof Json.Str(String text))) {
            throw SchemaReader.inexpressible(description);
        }
        StringBuilder out = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            out.append(line.isEmpty() ? "" : indent + "// " + line).append('\n');
        }
        return out.toString();
    }

    /** A type whose name says it all: scalars, references, enumerations, lists of type names. */
    record Named(String name, Notes notes) implements SchemaType {
        @Override
        public String comments(String indent) throws InexpressibleException {
            return notes.lines(indent);
        }

        @Override
        public String type(String indent) {
            return name;
        }
    }

    /** One of several. */
    record AnyOf(List<SchemaType> types, Notes notes) implements SchemaType {
        @Override
        public String comments(String indent) throws InexpressibleException {
            return notes.lines(indent);
        }

        @Override
        public String type(String indent) throws InexpressibleException {
            StringJoiner out = new StringJoiner(" | ");
            for (SchemaType type : types) {
                out.add(type.type(indent));
            }
            return out.toString();
        }
    }

    /** A list. */
    record ArrayOf(SchemaType item, Notes notes) implements SchemaType {
        @Override
        public String comments(String indent) throws InexpressibleException {
            return notes.lines(indent);
        }

        @Override
        public String type(String indent) throws InexpressibleException {
            String comments = item.comments(indent + INDENT);
            if (comments.isEmpty()) {
                return "Array<" + item.type(indent) + ">";
            }
            return "Array<\n" + comments + indent + INDENT + item.type(indent + INDENT) + "\n" + indent + ">";
        }
    }

    /**
     * An object.
     *
     * @param fields in the order of the schema
     */
    record ObjectOf(List<Field> fields, Additional additional, Notes notes) implements SchemaType {
        @Override
        public String comments(String indent) throws InexpressibleException {
            return notes.lines(indent);
        }

        @Override
        public String type(String indent) throws InexpressibleException {
            String inner = indent + INDENT;
            List<Field> sorted = new ArrayList<>(fields);
            sorted.sort((a, b) -> a.optional() == b.optional()
                    ? ToolDeclarations.BY_CODE_POINT.compare(a.name(), b.name())
                    : Boolean.compare(a.optional(), b.optional()));
            List<String> shown = new ArrayList<>();
            for (Field field : sorted) {
                shown.add(field.declaration(inner));
            }
            if (!(additional instanceof Additional.Unsaid)) {
                shown.add(inner + "[k: string]: " + additional.type(inner));
            }
            return shown.isEmpty() ? "{}" : "{\n" + String.join(",\n", shown) + "\n" + indent + "}";
        }
    }

    /**
     * A property.
     *
     * @param defaultValue as it is shown, empty for none
     */
    record Field(String name, SchemaType type, boolean optional, String defaultValue) {
        String declaration(String indent) throws InexpressibleException {
            String shownDefault = defaultValue.isEmpty() ? "" : indent + "// Default: " + defaultValue + "\n";
            return type.comments(indent) + shownDefault + indent + name + (optional ? "?: " : ": ") + type.type(indent);
        }
    }

    /** The {@code additionalProperties} of an object. */
    sealed interface Additional {

        /** The type of further properties. */
        String type(String indent) throws InexpressibleException;

        /** The schema does not speak of them. */
        record Unsaid() implements Additional {
            @Override
            public String type(String indent) {
                return "";
            }
        }

        record Fixed(String type) implements Additional {
            @Override
            public String type(String indent) {
                return type;
            }
        }

        record Of(SchemaType type) implements Additional {
            @Override
            public String type(String indent) throws InexpressibleException {
                return type.type(indent);
            }
        }

        /** Refused only where it would be printed: the encoder reads such a schema and fails when it writes it. */
        record Unknown(Json value) implements Additional {
            @Override
            public String type(String indent) throws InexpressibleException {
                throw new InexpressibleException("additionalProperties: " + value.write());
            }
        }
    }
}
