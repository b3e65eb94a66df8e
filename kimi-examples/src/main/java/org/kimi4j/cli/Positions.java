package org.kimi4j.cli;

import java.util.stream.IntStream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Positions of a prompt, as a command line names them: {@code all}, {@code last} or {@code 0,5}. */
sealed interface Positions {

    record All() implements Positions {}

    record Last() implements Positions {}

    record These(int[] positions) implements Positions {}

    final class Converter implements ITypeConverter<Positions> {
        @Override
        public Positions convert(String value) {
            return switch (value) {
                case "all" -> new All();
                case "last" -> new Last();
                default -> {
                    try {
                        yield new These(TokenIds.parse(value).ids());
                    } catch (TypeConversionException e) {
                        throw new TypeConversionException(
                                "expected all, last or positions such as 0,5, found \"" + value + "\"");
                    }
                }
            };
        }
    }

    /** The positions in a prompt of so many tokens, in the order asked for. */
    default int[] of(int tokens) {
        return switch (this) {
            case All _ -> IntStream.range(0, tokens).toArray();
            case Last _ -> new int[] {tokens - 1};
            case These(int[] positions) -> {
                for (int position : positions) {
                    if (position < 0 || position >= tokens) {
                        throw new CommandFailure("position " + position + ": expected 0 to " + (tokens - 1));
                    }
                }
                yield positions;
            }
        };
    }
}
