package org.kimi4j.langchain4j;

import java.util.function.UnaryOperator;
import org.kimi4j.KimiModel;
import org.kimi4j.nano.KimiNano;

/** The bundled model, opened once for all tests of this JVM. */
final class BundledModel {

    static final String NAME = "kimi-nano";

    /** Where an answer is drawn that is not the likeliest one. */
    static final long STOP_SEED = 67;

    static final long SCHEMA_SEED = 60;
    static final long TOOL_SCHEMA_SEED = 32;
    static final long NO_ARGUMENTS_SEED = 95;

    private static final KimiModel MODEL = KimiModel.open(KimiNano.path());

    private BundledModel() {}

    static KimiModel opened() {
        return MODEL;
    }

    /** Greedy and without thinking, so that each run answers alike. */
    static <M> KimiChatModelBuilder<M> instant(KimiChatModelBuilder<M> builder) {
        return builder.model(MODEL)
                .modelName(NAME)
                .parameters(p -> p.thinking(false).temperature(0.0));
    }

    /** Greedy, after thinking. */
    static <M> KimiChatModelBuilder<M> thinking(KimiChatModelBuilder<M> builder) {
        return instant(builder).parameters(p -> p.thinking(true));
    }

    /** Drawn from all tokens, always the same ones. */
    static <M> KimiChatModelBuilder<M> seeded(KimiChatModelBuilder<M> builder, boolean thinking, long seed) {
        return instant(builder).parameters(drawn(thinking, seed));
    }

    private static UnaryOperator<KimiChatRequestParameters.Builder> drawn(boolean thinking, long seed) {
        return p -> p.thinking(thinking).temperature(1.0).topP(1.0).seed(seed);
    }

    /** A model that was closed before it was asked. */
    static KimiModel closed() {
        KimiModel model = KimiModel.open(KimiNano.path());
        model.close();
        return model;
    }
}
