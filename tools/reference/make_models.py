#!/usr/bin/env python3
"""Write the fixture checkpoints (random, seeded, K2.5 layout) and their expected values.

usage, from the repository root:
  python3 tools/reference/make_models.py tiny-a kimi-core/src/test/golden/models/tiny-a
  python3 tools/reference/make_models.py tiny-b kimi-core/src/test/golden/models/tiny-b

OUT/checkpoint/ gets config.json, sharded safetensors and the index; OUT/expected.json and its files get what
kimi_numpy_reference.py beside this file computes in float64, stored as little-endian float32, row-major. Needs numpy only.
Routed experts are INT4 group 32 over the whole range -8..7 with BF16 scales that are exact in F16 too; everything else is rounded to BF16.
"""
import json, math, os, shutil, struct, sys
import numpy as np
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kimi_numpy_reference as reference

# ---------------------------------------------------------------- configurations
def text_cfg(**k):
    c = dict(architectures=["DeepseekV3ForCausalLM"], model_type="kimi_k2", torch_dtype="bfloat16", hidden_act="silu",
             hidden_size=7168, intermediate_size=18432, moe_intermediate_size=2048, num_hidden_layers=3,
             first_k_dense_replace=1, moe_layer_freq=1, num_attention_heads=64, num_key_value_heads=64,
             q_lora_rank=1536, kv_lora_rank=512, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128,
             n_routed_experts=48, num_experts_per_tok=8, n_shared_experts=1, n_group=1, topk_group=1,
             topk_method="noaux_tc", scoring_func="sigmoid", norm_topk_prob=True, routed_scaling_factor=2.827,
             vocab_size=32768, max_position_embeddings=262144, rms_norm_eps=1e-5, rope_theta=50000.0,
             attention_bias=False, tie_word_embeddings=False, num_nextn_predict_layers=0,
             bos_token_id=None, eos_token_id=None, pad_token_id=None,
             rope_scaling=dict(type="yarn", factor=64.0, original_max_position_embeddings=4096,
                               beta_fast=32.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0))
    c.update(k)
    return c

def vision_cfg(text_hidden, **k):
    c = dict(model_type="kimi_k25_vision", patch_size=14, init_pos_emb_height=64, init_pos_emb_width=64, init_pos_emb_time=4,
             pos_emb_type="divided_fixed", merge_kernel_size=[2, 2], merge_type="sd2_tpool", video_attn_type="spatial_temporal",
             mm_projector_type="patchmerger", mm_hidden_size=1152, projector_hidden_act="gelu", projector_ln_eps=1e-5,
             text_hidden_size=text_hidden, vt_hidden_size=1152, vt_intermediate_size=4304,
             vt_num_attention_heads=16, vt_num_hidden_layers=27)
    c.update(k)
    return c

TINY = dict(hidden_size=256, intermediate_size=512, moe_intermediate_size=64, num_hidden_layers=4, first_k_dense_replace=1,
            num_attention_heads=4, num_key_value_heads=4, q_lora_rank=96, kv_lora_rank=64, qk_nope_head_dim=32,
            qk_rope_head_dim=16, v_head_dim=32, n_routed_experts=16, num_experts_per_tok=4, vocab_size=1024)
TINYV = dict(init_pos_emb_height=16, init_pos_emb_width=16, vt_hidden_size=64, mm_hidden_size=64, vt_intermediate_size=160,
             vt_num_attention_heads=4, vt_num_hidden_layers=2)
# ---------------------------------------------------------------- number formats
def f32_to_bf16_bits(a):
    u = np.ascontiguousarray(a, dtype=np.float32).view(np.uint32)
    return ((u + 0x7fff + ((u >> 16) & 1)) >> 16).astype(np.uint16)
def bf16_bits_to_f32(u):
    return (u.astype(np.uint32) << 16).view(np.float32)

class Bf16:
    """a matrix kept as bf16 bits"""
    def __init__(self, bits): self.bits = bits; self.shape = bits.shape
    def f32(self): return bf16_bits_to_f32(self.bits)

class Int4:
    """compressed-tensors pack-quantized: packed int32 [.., out, in/8], bf16 scale bits [.., out, in/32]"""
    def __init__(self, packed, scale): self.packed, self.scale = packed, scale
    def codes(self):
        b = self.packed.view(np.uint8)                      # little-endian: element 2j low nibble, 2j+1 high nibble
        q = np.empty(b.shape[:-1] + (b.shape[-1] * 2,), np.uint8)
        q[..., 0::2] = b & 15; q[..., 1::2] = b >> 4
        return q                                            # value = code - 8
    def f32(self):
        q = self.codes().astype(np.float32) - 8
        s = bf16_bits_to_f32(self.scale)
        return (q.reshape(s.shape + (32,)) * s[..., None]).reshape(q.shape)

# ---------------------------------------------------------------- random weights (lazy: one callable per tensor)
class Gen:
    def __init__(self, seed): self.seed = seed
    def rng(self, name):
        import zlib
        return np.random.Generator(np.random.PCG64([self.seed, zlib.crc32(name.encode())]))
    def mat(self, name, out, inn, gain=1.0):
        r = self.rng(name); a = r.standard_normal((out, inn), dtype=np.float32); a *= np.float32(gain / math.sqrt(inn))
        return Bf16(f32_to_bf16_bits(a))
    def norm(self, name, n):
        return Bf16(f32_to_bf16_bits(1 + 0.2 * self.rng(name).standard_normal(n, dtype=np.float32)))
    def vec(self, name, n, std):
        return Bf16(f32_to_bf16_bits(std * self.rng(name).standard_normal(n, dtype=np.float32)))
    def int4(self, name, out, inn, gain=1.0):
        r = self.rng(name)
        packed = np.frombuffer(r.bytes(out * inn // 2), dtype=np.int32).reshape(out, inn // 8)
        e = round(math.log2(gain / (4.64 * math.sqrt(inn))))     # median exponent of the scales
        ex = r.integers(e - 1, e + 1, (out, inn // 32)); m = r.integers(0, 128, (out, inn // 32))
        s = ((1 + m / 128.0) * np.exp2(ex)).astype(np.float32)
        return Int4(packed, f32_to_bf16_bits(s))

def hf_tensors(seed, T, V):
    """ordered list of (official name, function returning the weight)"""
    g = Gen(seed); L = []
    def add(name, f, *a, **k): L.append((name, lambda: f(name, *a, **k)))
    H, NH, P = T['hidden_size'], T['num_attention_heads'], 'language_model.model.'
    dq = T['qk_nope_head_dim'] + T['qk_rope_head_dim']
    add(P + 'embed_tokens.weight', g.mat, T['vocab_size'], H, math.sqrt(H))
    for i in range(T['num_hidden_layers']):
        B = f'{P}layers.{i}.'; A = B + 'self_attn.'
        add(B + 'input_layernorm.weight', g.norm, H)
        add(A + 'q_a_proj.weight', g.mat, T['q_lora_rank'], H)
        add(A + 'q_a_layernorm.weight', g.norm, T['q_lora_rank'])
        add(A + 'q_b_proj.weight', g.mat, NH * dq, T['q_lora_rank'], 1.3)
        add(A + 'kv_a_proj_with_mqa.weight', g.mat, T['kv_lora_rank'] + T['qk_rope_head_dim'], H)
        add(A + 'kv_a_layernorm.weight', g.norm, T['kv_lora_rank'])
        add(A + 'kv_b_proj.weight', g.mat, NH * (T['qk_nope_head_dim'] + T['v_head_dim']), T['kv_lora_rank'], 1.3)
        add(A + 'o_proj.weight', g.mat, H, NH * T['v_head_dim'])
        add(B + 'post_attention_layernorm.weight', g.norm, H)
        if i < T['first_k_dense_replace']:
            F = T['intermediate_size']
            add(B + 'mlp.gate_proj.weight', g.mat, F, H); add(B + 'mlp.up_proj.weight', g.mat, F, H); add(B + 'mlp.down_proj.weight', g.mat, H, F)
        else:
            E, F = T['n_routed_experts'], T['moe_intermediate_size']; FS = F * T['n_shared_experts']
            add(B + 'mlp.gate.weight', g.mat, E, H, 1.5)
            L.append((B + 'mlp.gate.e_score_correction_bias', lambda n=B + 'mlp.gate.e_score_correction_bias': (0.1 * g.rng(n).standard_normal(E)).astype(np.float32)))
            for e in range(E):
                X = f'{B}mlp.experts.{e}.'
                add(X + 'gate_proj.weight', g.int4, F, H); add(X + 'up_proj.weight', g.int4, F, H); add(X + 'down_proj.weight', g.int4, H, F)
            S = B + 'mlp.shared_experts.'
            add(S + 'gate_proj.weight', g.mat, FS, H); add(S + 'up_proj.weight', g.mat, FS, H); add(S + 'down_proj.weight', g.mat, H, FS)
    add(P + 'norm.weight', g.norm, H)
    add('language_model.lm_head.weight', g.mat, T['vocab_size'], H, 2.0)
    if V:
        D, F, p, W = V['vt_hidden_size'], V['vt_intermediate_size'], V['patch_size'], 'vision_tower.'
        def conv(n): return Bf16(g.mat(n, D, 3 * p * p).bits.reshape(D, 3, p, p))
        L.append((W + 'patch_embed.proj.weight', lambda n=W + 'patch_embed.proj.weight': conv(n)))
        add(W + 'patch_embed.proj.bias', g.vec, D, .1)
        def pe(n): return Bf16(f32_to_bf16_bits(g.rng(n).standard_normal((V['init_pos_emb_height'], V['init_pos_emb_width'], D), dtype=np.float32) * np.float32(.5)))
        L.append((W + 'patch_embed.pos_emb.weight', lambda n=W + 'patch_embed.pos_emb.weight': pe(n)))
        for i in range(V['vt_num_hidden_layers']):
            B = f'{W}encoder.blocks.{i}.'
            for nn in ('norm0', 'norm1'): add(B + nn + '.weight', g.norm, D); add(B + nn + '.bias', g.vec, D, .1)
            add(B + 'wqkv.weight', g.mat, 3 * D, D, 1.5); add(B + 'wqkv.bias', g.vec, 3 * D, .1)
            add(B + 'wo.weight', g.mat, D, D); add(B + 'wo.bias', g.vec, D, .1)
            add(B + 'mlp.fc0.weight', g.mat, F, D, 1.5); add(B + 'mlp.fc0.bias', g.vec, F, .1)
            add(B + 'mlp.fc1.weight', g.mat, D, F); add(B + 'mlp.fc1.bias', g.vec, D, .1)
        add(W + 'encoder.final_layernorm.weight', g.norm, D); add(W + 'encoder.final_layernorm.bias', g.vec, D, .1)
        M = D * V['merge_kernel_size'][0] * V['merge_kernel_size'][1]
        add('mm_projector.pre_norm.weight', g.norm, D); add('mm_projector.pre_norm.bias', g.vec, D, .1)
        add('mm_projector.proj.0.weight', g.mat, M, M); add('mm_projector.proj.0.bias', g.vec, M, .1)
        add('mm_projector.proj.2.weight', g.mat, V['text_hidden_size'], M); add('mm_projector.proj.2.bias', g.vec, V['text_hidden_size'], .1)
    return L

def write_checkpoint(d, seed, T, V, shard_bytes):
    os.makedirs(d, exist_ok=True)
    T = dict(T, quantization_config=dict(quant_method="compressed-tensors", format="pack-quantized", quantization_status="compressed",
        kv_cache_scheme=None, ignore=["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*", "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"],
        config_groups=dict(group_0=dict(targets=["Linear"], input_activations=None, output_activations=None,
            weights=dict(num_bits=4, type="int", symmetric=True, strategy="group", group_size=32, dynamic=False, actorder=None,
                         block_structure=None, observer="minmax", observer_kwargs={})))))
    cfg = dict(architectures=["KimiK25ForConditionalGeneration"], model_type="kimi_k25", dtype="bfloat16", tie_word_embeddings=False,
               media_placeholder_token_id=T['vocab_size'] - 3, bos_token_id=T['vocab_size'] - 8, eos_token_id=T['vocab_size'] - 7,
               pad_token_id=T['vocab_size'] - 1, text_config=T, vision_config=V)
    json.dump(cfg, open(os.path.join(d, 'config.json'), 'w'), indent=2)
    shards, cur, size = [], [], 0
    def flush():
        nonlocal cur, size
        if not cur: return
        fn = f'model-{len(shards) + 1:05d}.safetensors'; off, hdr = 0, {}
        for n, dt, a in cur:
            hdr[n] = dict(dtype=dt, shape=list(a.shape), data_offsets=[off, off + a.nbytes]); off += a.nbytes
        h = json.dumps(hdr, separators=(',', ':')).encode(); h += b' ' * (-len(h) % 8)
        with open(os.path.join(d, fn), 'wb') as f:
            f.write(struct.pack('<Q', len(h))); f.write(h)
            for _, _, a in cur: f.write(memoryview(np.ascontiguousarray(a)).cast('B'))
        shards.append((fn, [c[0] for c in cur])); cur, size = [], 0
    def put(n, dt, a):
        nonlocal size
        cur.append((n, dt, a)); size += a.nbytes
        if size >= shard_bytes: flush()
    for n, f in hf_tensors(seed, T, V):
        w = f()
        if isinstance(w, Int4):
            put(n + '_packed', 'I32', w.packed); put(n + '_scale', 'BF16', w.scale)
            put(n + '_shape', 'I32', np.array([w.packed.shape[0], w.packed.shape[1] * 8], np.int32))
        elif isinstance(w, Bf16): put(n, 'BF16', w.bits)
        else: put(n, 'F32', w)
    flush()
    final, wm, total = len(shards), {}, 0
    for k, (fn, names) in enumerate(shards):
        new = f'model-{k + 1:05d}-of-{final:06d}.safetensors'; os.replace(os.path.join(d, fn), os.path.join(d, new))
        total += os.path.getsize(os.path.join(d, new))
        for n in names: wm[n] = new
    json.dump(dict(metadata=dict(total_size=total), weight_map=wm), open(os.path.join(d, 'model.safetensors.index.json'), 'w'), indent=0)
    print('wrote', d, len(wm), 'tensors', final, 'shards')

# ---------------------------------------------------------------- expected values
EPS = 1e-6   # q_a and kv_a norms: the official modelling code's default
MODELS = {
    "tiny-a": (11, text_cfg(**TINY), vision_cfg(256, **TINYV), 600_000, 600),
    # other YaRN corner (beta_fast = beta_slow = 1, factor 32), eps 1e-6, one shard
    "tiny-b": (12, text_cfg(**TINY, rms_norm_eps=1e-6, rope_scaling=dict(type="yarn", factor=32.0, original_max_position_embeddings=4096,
               beta_fast=1.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0)), vision_cfg(256, **TINYV), 10**9, 300),
}

def picture(rng, w, h, frames):
    y, x = np.mgrid[0:h, 0:w]
    out = []
    for k in range(frames):
        im = np.stack([(x * 5 + k * 31) % 256, (y * 7 + k * 17) % 256, ((x + y) * 3 + k * 11) % 256], -1) + rng.integers(-20, 21, (h, w, 3))
        out.append(np.clip(im, 0, 255).astype(np.uint8))
    return np.stack(out)

def normalised(rgb):
    return (rgb.transpose(0, 3, 1, 2) / 255.0 - 0.5) / 0.5

def build(name, out):
    seed, T, V, shard_bytes, length = MODELS[name]
    write_checkpoint(out + "/checkpoint", seed, T, V, shard_bytes)
    ck = reference.Checkpoint(out + "/checkpoint"); text = reference.TextModel(ck); vision = reference.VisionModel(ck); rng = np.random.default_rng(seed)
    vocab, cases, media, embeddings = T["vocab_size"], [], [], {}
    def put(file, a): a.astype("<f4").tofile(f"{out}/{file}"); return dict(file=file, shape=list(a.shape))
    def ids(n): return [int(v) for v in rng.integers(0, vocab - 8, n)]
    tokens, trace = ids(48), []
    logits = text.forward(tokens, inner_eps=EPS, trace=trace)
    cases.append(dict(name="text-48", tokens=tokens, logits=put("text-48.logits.f32", logits), min_router_margin=float(min(m.min() for m in text.margins)),
                      hidden=put("text-48.hidden.f32", np.stack([t[-1] for t in trace])), hidden_meaning="residual stream after each layer at the last position, [layers, hidden]"))
    tokens = ids(1); cases.append(dict(name="text-1", tokens=tokens, logits=put("text-1.logits.f32", text.forward(tokens, inner_eps=EPS))))
    tokens = ids(length); at = [0, 1, 63, 64, 127, length // 2, length - 2, length - 1]
    cases.append(dict(name=f"text-{length}", tokens=tokens, positions=at, logits=put(f"text-{length}.logits.f32", text.forward(tokens, inner_eps=EPS)[at])))
    for item, w, h, t in (("image-exact", V["init_pos_emb_width"] * 14, V["init_pos_emb_height"] * 14, 1), ("image-wide", 140, 56, 1), ("image-small", 28, 28, 1), ("video-2", 84, 112, 2), ("video-4", 56, 84, 4)):
        rgb = picture(rng, w, h, t); rgb.tofile(f"{out}/{item}.rgb"); e = embeddings[item] = vision.forward(normalised(rgb))
        media.append(dict(name=item, rgb=f"{item}.rgb", width=w, height=h, frames=t, embeddings=put(f"{item}.embeddings.f32", e)))
    pad = vocab - 3; a, b = embeddings["image-wide"], embeddings["video-2"]
    tokens = ids(5) + [pad] * len(a) + ids(4) + [pad] * len(b) + ids(6)
    rows = dict(zip([i for i, t in enumerate(tokens) if t == pad], np.concatenate([a, b])))
    cases.append(dict(name="multimodal", tokens=tokens, media=["image-wide", "video-2"], logits=put("multimodal.logits.f32", text.forward(tokens, embeddings=rows, inner_eps=EPS))))
    json.dump(dict(about=f"Expected values in float64 arithmetic, stored as little-endian float32, row-major. eps of the q_a and kv_a norms is 1e-6. Pad token {pad}.",
                   q_a_kv_a_norm_eps=EPS, cases=cases, media=media), open(f"{out}/expected.json", "w"), indent=1)

if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2])
