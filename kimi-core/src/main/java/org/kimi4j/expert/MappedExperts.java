package org.kimi4j.expert;

import java.util.List;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.kernel.Routing;
import org.kimi4j.model.Experts;
import org.kimi4j.model.Mlp;
import org.kimi4j.model.TextWeights;

/** Experts used in place from the mapped files; the operating system decides what stays in memory. */
public final class MappedExperts implements Experts {

    private final Lease[] leases;
    private final int first;

    public MappedExperts(TextWeights weights) {
        first = weights.range().first();
        leases = weights.layers().stream()
                .map(layer -> switch (layer.mlp()) {
                    case Mlp.DenseMlp _ -> new Mapped(List.of());
                    case Mlp.MoeMlp moe -> new Mapped(moe.experts());
                })
                .toArray(Lease[]::new);
    }

    @Override
    public Lease acquire(int layer, Routing routing) {
        Lease lease = leases[layer - first];
        ExpertReadEvent event = new ExpertReadEvent();
        if (event.isEnabled()) {
            event.layer = layer;
            event.experts = routing.distinctCount();
            for (int i = 0; i < routing.distinctCount(); i++) {
                event.bytes += lease.expert(routing.distinctExpert(i)).byteSize();
            }
            event.commit();
        }
        return lease;
    }

    private record Mapped(List<GatedMlp> experts) implements Lease {
        @Override
        public GatedMlp expert(int id) {
            return experts.get(id);
        }

        @Override
        public void close() {}
    }
}
