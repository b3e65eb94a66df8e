package org.kimi4j.langchain4j;

import org.kimi4j.KimiModel;
import org.kimi4j.nano.KimiNano;

/** The bundled model, opened once for all tests of this JVM. */
final class BundledModel {

    static final String NAME = "kimi-nano";

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
}
