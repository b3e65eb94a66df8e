package org.kimi4j.cli;

import java.util.concurrent.Callable;
import org.kimi4j.tokenizer.Tokenizer;
import org.kimi4j.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "detokenize", description = "Prints the text of token ids, and nothing after it.")
final class DetokenizeCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Directory with the tokenizer files.")
    private String model = "";

    @Parameters(
            arity = "1",
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "1,2,3 or @FILE with these or a JSON array.")
    private TokenIds ids = new TokenIds(new int[0]);

    DetokenizeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        try (Tokenizer tokenizer = Tokenizers.open(ModelOptions.locate(model))) {
            ids.require(tokenizer.size());
            terminal.result(tokenizer.decode(ids.ids()));
        }
        return 0;
    }
}
