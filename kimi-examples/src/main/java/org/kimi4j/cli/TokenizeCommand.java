package org.kimi4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.kimi4j.tokenizer.Tokenizer;
import org.kimi4j.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "tokenize",
        description = "Reads UTF-8 text from standard input, every byte of it, and prints a JSON array of token ids.")
final class TokenizeCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Directory with the tokenizer files.")
    private String model = "";

    @Option(
            names = "--raw",
            description = "Names of control tokens mean these tokens; without this they are plain text.")
    private boolean raw;

    TokenizeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        try (Tokenizer tokenizer = Tokenizers.open(ModelOptions.locate(model))) {
            String text = utf8(terminal.in().readAllBytes());
            int[] ids = raw ? tokenizer.encodeRaw(text) : tokenizer.encode(text);
            terminal.result(Arrays.toString(ids) + "\n");
        }
        return 0;
    }

    private static String utf8(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
        } catch (CharacterCodingException e) {
            throw new CommandFailure("standard input: expected UTF-8, found other bytes at byte " + in.position(), e);
        }
    }
}
