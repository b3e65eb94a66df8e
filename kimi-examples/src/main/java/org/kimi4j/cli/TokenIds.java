package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Token ids of a command line: {@code 1,2,3} or a JSON array, or {@code @FILE} for a file with either, because a long
 * prompt does not fit a command line.
 *
 * @param ids at least one
 */
record TokenIds(int[] ids) {

    static final class Converter implements ITypeConverter<TokenIds> {
        @Override
        public TokenIds convert(String value) throws IOException {
            return value.startsWith("@") ? parse(Files.readString(Path.of(value.substring(1)))) : parse(value);
        }
    }

    static TokenIds parse(String text) {
        String list = text.strip();
        if (list.startsWith("[") && list.endsWith("]")) {
            list = list.substring(1, list.length() - 1).strip();
        }
        String[] items = list.split("[,\\s]+");
        int[] ids = new int[items.length];
        for (int i = 0; i < items.length; i++) {
            try {
                ids[i] = Integer.parseInt(items[i]);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("expected token ids such as 1,2,3, found \"" + items[i] + "\"");
            }
        }
        return new TokenIds(ids);
    }

    int count() {
        return ids.length;
    }

    /** Refuses ids that a model does not have. */
    void require(int vocabSize) {
        for (int id : ids) {
            if (id < 0 || id >= vocabSize) {
                throw new CommandFailure("token " + id + ": expected 0 to " + (vocabSize - 1));
            }
        }
    }
}
