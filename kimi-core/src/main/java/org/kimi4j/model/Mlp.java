package org.kimi4j.model;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.TextConfig;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.tensor.Matrix;

/** The second half of a layer: {@code mlp.*}. */
public sealed interface Mlp {

    /** One block for every token. */
    record DenseMlp(GatedMlp weights) implements Mlp {}

    /**
     * A router, experts of which each token uses a few, and experts that every token uses, joined to one block.
     *
     * @param gate the router [experts, hidden]
     * @param eScoreCorrectionBias takes part in choosing only
     */
    record MoeMlp(Matrix gate, Matrix.F32 eScoreCorrectionBias, List<GatedMlp> experts, GatedMlp sharedExperts)
            implements Mlp {
        public MoeMlp {
            experts = List.copyOf(experts);
        }
    }

    static Mlp read(WeightReader r, TextConfig c, int layer) {
        if (!c.isMoeLayer(layer)) {
            return new DenseMlp(gated(r, c.hiddenSize(), c.intermediateSize()));
        }
        List<GatedMlp> experts = new ArrayList<>(c.nRoutedExperts());
        for (int e = 0; e < c.nRoutedExperts(); e++) {
            experts.add(gated(r.at("experts").at(e), c.hiddenSize(), c.moeIntermediateSize()));
        }
        return new MoeMlp(
                r.matrix("gate", c.nRoutedExperts(), c.hiddenSize()),
                r.parameter("gate.e_score_correction_bias", c.nRoutedExperts()),
                experts,
                gated(r.at("shared_experts"), c.hiddenSize(), c.sharedIntermediateSize()));
    }

    private static GatedMlp gated(WeightReader r, int hidden, int intermediate) {
        return new GatedMlp(
                r.matrix("gate_proj", intermediate, hidden),
                r.matrix("up_proj", intermediate, hidden),
                r.matrix("down_proj", hidden, intermediate));
    }
}
