package org.kimi4j.model;

import java.util.function.BooleanSupplier;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.config.KvType;
import org.kimi4j.config.TextConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.Rope;
import org.kimi4j.kernel.RouterConfig;
import org.kimi4j.kernel.Routing;
import org.kimi4j.kernel.Rows;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.trace.Trace;

/**
 * The forward pass of the text model: DeepSeek-V3's architecture (arXiv 2412.19437) with its multi-head latent attention
 * (DeepSeek-V2, arXiv 2405.04434) and mixture of experts, in Kimi K2's sizes.
 *
 * <p>Works on rows, each a token at a position of some sequence; rows of several sequences share one reading of the
 * weights. Names are the checkpoint's; shapes are in brackets. For the engine's thread only.
 */
public final class TextModel {

    private final TextWeights weights;
    private final TextConfig c;
    private final Experts experts;
    private final Kernels k;
    private final Trace trace;
    private final MlaShape mla;
    private final RouterConfig router;
    private final Rope rope;
    private final float eps;
    private final float latentEps;

    /**
     * @param latentEps eps of the norms on the query and key-value latents: 1e-6 in the official code, whatever
     *     rms_norm_eps says
     */
    public TextModel(TextWeights weights, TextConfig c, Experts experts, Kernels k, double latentEps, Trace trace) {
        this.weights = weights;
        this.c = c;
        this.experts = experts;
        this.k = k;
        this.trace = trace;
        this.mla = new MlaShape(
                c.numAttentionHeads(), c.qkNopeHeadDim(), c.qkRopeHeadDim(), c.vHeadDim(), c.kvLoraRank(), (float)
                        c.softmaxScale());
        this.router = new RouterConfig(
                c.nRoutedExperts(), c.numExpertsPerTok(), c.nGroup(), c.topkGroup(), c.normTopkProb(), (float)
                        c.routedScalingFactor());
        this.rope = Yarn.rope(c);
        this.eps = (float) c.rmsNormEps();
        this.latentEps = (float) latentEps;
    }

    /** The same model, watched. */
    public TextModel withTrace(Trace other) {
        return new TextModel(weights, c, experts, k, latentEps, other);
    }

    /** What a cache for the layers of these weights stores. */
    public CacheShape cacheShape(KvType type) {
        return new CacheShape(weights.range().count(), c.kvLoraRank(), c.qkRopeHeadDim(), type);
    }

    /** Token embeddings: [tokens, hidden]. */
    public Tensor embed(int[] tokens) {
        Tensor x = k.embed(tokens, weights.embedTokens());
        trace.record("embed", Trace.NO_LAYER, x);
        return x;
    }

    /**
     * Takes the residual stream through all layers of the weights, in place.
     *
     * @param x [rows, hidden]
     * @param cancelled asked before each layer
     * @throws CancelledException if it says yes; the caches then hold rows that are not to be used
     */
    public void forward(Tensor x, Rows rows, BooleanSupplier cancelled) {
        for (int layer = weights.range().first(); layer < weights.range().end(); layer++) {
            if (cancelled.getAsBoolean()) {
                throw new CancelledException("cancelled before layer " + layer);
            }
            long mark = k.workspace().mark();
            DecoderLayer w = weights.layer(layer);
            Tensor h = k.rmsNorm(x, w.inputLayernorm(), eps); // [rows, hidden]
            trace.record("attn_norm", layer, h);
            k.add(x, attention(w.selfAttn(), h, layer, rows));
            trace.record("ffn_inp", layer, x);
            h = k.rmsNorm(x, w.postAttentionLayernorm(), eps); // [rows, hidden]
            trace.record("ffn_norm", layer, h);
            k.add(
                    x,
                    switch (w.mlp()) {
                        case Mlp.DenseMlp dense -> k.swiglu(h, dense.weights(), rows.prompt());
                        case Mlp.MoeMlp moe -> moe(moe, h, layer, rows);
                    });
            trace.record("l_out", layer, x);
            k.workspace().release(mark);
        }
    }

    /** Multi-head latent attention in the absorbed form (arXiv 2405.04434, section 2.1): [rows, hidden]. */
    private Tensor attention(MlaWeights a, Tensor h, int layer, Rows rows) {
        int cacheLayer = layer - weights.range().first();
        boolean[] prompt = rows.prompt();
        Tensor qA = k.rmsNorm(k.matmul(h, a.qAProj(), prompt), a.qALayernorm(), latentEps); // [rows, q_lora]
        Tensor q = k.matmul(qA, a.qBProj(), prompt); // [rows, heads * (nope + rope)]
        Tensor kvA = k.matmul(h, a.kvAProjWithMqa(), prompt); // [rows, kv_lora + rope]
        Tensor cKv = k.rmsNorm(kvA.columns(0, c.kvLoraRank()), a.kvALayernorm(), latentEps); // [rows, kv_lora]
        Tensor kPe = kvA.columns(c.kvLoraRank(), c.qkRopeHeadDim()); // [rows, rope], one key for all heads
        k.rope(q, c.numAttentionHeads(), c.qkNopeHeadDim(), rope, rows);
        k.rope(kPe, 1, 0, rope, rows);
        trace.record("q", layer, q);
        trace.record("c_kv", layer, cKv);
        trace.record("k_pe", layer, kPe);
        k.append(cacheLayer, cKv, kPe, rows);

        Tensor qLatent = k.absorbQuery(q, a.kvBProj(), mla); // [rows, heads * kv_lora]
        Tensor oLatent = k.latentAttention(qLatent, q, cacheLayer, rows, mla); // [rows, heads * kv_lora]
        Tensor o = k.expandValue(oLatent, a.kvBProj(), mla); // [rows, heads * v]
        trace.record("q_latent", layer, qLatent);
        trace.record("o_latent", layer, oLatent);
        Tensor out = k.matmul(o, a.oProj(), prompt);
        trace.record("attn_out", layer, out);
        return out;
    }

    /** Shared and routed experts (arXiv 2412.19437, section 2.1.2): the bias picks, the unbiased score weighs. */
    private Tensor moe(Mlp.MoeMlp m, Tensor h, int layer, Rows rows) {
        Tensor logits = k.matmul(h, m.gate()); // [rows, experts]
        trace.record("router_logits", layer, logits);
        Routing routing = k.route(logits, m.eScoreCorrectionBias(), router);
        Tensor out = k.swiglu(h, m.sharedExperts(), rows.prompt()); // [rows, hidden]
        try (Experts.Lease lease = experts.acquire(layer, routing)) {
            k.moe(out, h, routing, lease::expert, rows.prompt());
        }
        trace.record("ffn_out", layer, out);
        return out;
    }

    /** Scores of all tokens for some rows of the residual stream: [rows, vocab]. */
    public Tensor logits(Tensor x) {
        Tensor h = k.rmsNorm(x, weights.norm(), eps); // [rows, hidden]
        trace.record("result_norm", Trace.NO_LAYER, h);
        Tensor logits = k.matmul(h, weights.lmHead());
        trace.record("logits", Trace.NO_LAYER, logits);
        return logits;
    }
}
