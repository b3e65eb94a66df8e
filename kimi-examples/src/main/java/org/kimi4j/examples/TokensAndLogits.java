package org.kimi4j.examples;

import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.Session;
import org.kimi4j.config.Precision;
import org.kimi4j.tokenizer.Tokenizer;

/** Below the level of chat: tokens in, logits out, and a look at what is computed on the way. */
public final class TokensAndLogits {

    private TokensAndLogits() {}

    public static void main(String[] args) {
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.precision(Precision.EXACT));
        try (KimiModel model = KimiModel.open(ExampleModel.of(args), options);
                Session session = model.newSession(TokensAndLogits::show)) {
            Tokenizer tokenizer = model.tokenizer();
            int[] tokens = tokenizer.encode("The capital of France is");
            StringBuilder text = new StringBuilder("The capital of France is");
            for (int step = 0; step < 12 && text.charAt(text.length() - 1) != '.'; step++) {
                int next = best(session.append(tokens));
                text.append(tokenizer.decode(next));
                tokens = new int[] {next};
            }
            System.out.println(text);
        }
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            best = logits[id] > logits[best] ? id : best;
        }
        return best;
    }

    private static void show(String name, int layer, int rows, int cols, float[] values) {
        if (name.equals("l_out") && rows > 1) {
            System.out.println("layer " + layer + ": residual stream [" + rows + ", " + cols + "]");
        }
    }
}
