#!/usr/bin/env python3
"""Reference forward pass of Kimi K2.5 (text model and vision tower) in numpy, float64.

Reads a Hugging Face style checkpoint directory (config.json + safetensors, sharded or not,
routed experts as compressed-tensors "pack-quantized" INT4, group 32, symmetric) and computes

  * text:   token ids (and optional image embeddings) -> logits of every position
  * vision: normalised pixels -> projected image embeddings (MoonViT-3d + patch-merger projector)

It is written to be read, not to be fast: plain matrices, no cache, no fusion, everything float64.
MLA is computed in its plain (not absorbed) form, so an engine that absorbs kv_b_proj is checked
against different arithmetic.  Only numpy is needed.

usage, from the repository root:
  python3 tools/reference/kimi_numpy_reference.py CKPT --tokens 1,2,3 [--out logits.f32] [--last]
  python3 tools/reference/kimi_numpy_reference.py CKPT --image rgb.bin --size WIDTHxHEIGHT [--out emb.f32] [--gelu erf|tanh]

rgb.bin holds height*width*3 bytes (row-major, RGB); both sides must be multiples of
patch_size*merge, as no resizing is done here.  Outputs are raw little-endian float32.
"""
import argparse, json, math, mmap, os, struct
import numpy as np

F = np.float64

# =============================================================================== checkpoint
class Checkpoint:
    """Tensors of a checkpoint directory by name, as float64 arrays."""

    def __init__(self, path):
        self.config = json.load(open(os.path.join(path, 'config.json')))
        self.text = self.config.get('text_config', self.config)
        self.vision = self.config.get('vision_config')
        index = os.path.join(path, 'model.safetensors.index.json')
        if os.path.exists(index):
            files = sorted(set(json.load(open(index))['weight_map'].values()))
        else:
            files = sorted(f for f in os.listdir(path) if f.endswith('.safetensors'))
        self.where = {}                                        # name -> (buffer, dtype, shape, begin, end)
        for f in files:
            fh = open(os.path.join(path, f), 'rb')
            buf = mmap.mmap(fh.fileno(), 0, access=mmap.ACCESS_READ)
            n, = struct.unpack_from('<Q', buf, 0)
            for name, t in json.loads(buf[8:8 + n]).items():
                if name != '__metadata__':
                    b, e = t['data_offsets']
                    self.where[name] = (buf, t['dtype'], t['shape'], 8 + n + b, 8 + n + e)
        # text tensors are "language_model.model.*" in K2.5 and "model.*" in a text-only checkpoint
        self.prefix = 'language_model.' if any(k.startswith('language_model.') for k in self.where) else ''

    def __contains__(self, name):
        return name in self.where

    def raw(self, name):
        buf, dtype, shape, b, e = self.where[name]
        np_type = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'BF16': '<u2', 'I64': '<i8', 'I32': '<i4', 'U8': 'u1', 'I8': 'i1'}[dtype]
        return dtype, np.frombuffer(buf, np_type, (e - b) // np.dtype(np_type).itemsize, b).reshape(shape)

    def get(self, name):
        dtype, a = self.raw(name)
        if dtype == 'BF16':                                    # bf16 is the upper half of an f32
            a = (a.astype(np.uint32) << 16).view(np.float32)
        return a.astype(F)

    def rows(self, name, ids):
        """Some rows of a matrix (embedding look-up without widening the whole table)."""
        dtype, a = self.raw(name)
        a = a[np.asarray(ids)]
        return ((a.astype(np.uint32) << 16).view(np.float32) if dtype == 'BF16' else a).astype(F)

    def matrix(self, name):
        """A linear layer's weight [out, in]; unpacks INT4 when the checkpoint has it packed."""
        if name in self.where:
            return self.get(name)
        packed = self.raw(name + '_packed')[1]                 # int32 [out, in/8], element i in bits 4i..4i+3
        scale = self.get(name + '_scale')                      # [out, in/32]
        out, inn = (int(x) for x in self.raw(name + '_shape')[1])
        codes = (packed.view(np.uint32)[..., None] >> np.arange(0, 32, 4, dtype=np.uint32)) & 15
        codes = codes.reshape(out, -1)[:, :inn].astype(F) - 8  # offset binary: stored = value + 8
        group = inn // scale.shape[1]
        return (codes.reshape(out, -1, group) * scale[..., None]).reshape(out, inn)

# =============================================================================== small parts
def rms_norm(x, w, eps):
    return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + eps) * w

def layer_norm(x, w, b, eps=1e-5):
    m = x.mean(-1, keepdims=True)
    return (x - m) / np.sqrt(((x - m) ** 2).mean(-1, keepdims=True) + eps) * w + b

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def silu(x):
    return x * sigmoid(x)

def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))

def gelu_erf(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)

def rotate_pairs(x, cos, sin):
    """Rotary embedding on neighbouring pairs (x[2i], x[2i+1]); cos/sin broadcast over [.., d/2].

    DeepSeek's code first de-interleaves and then rotates halves: the same rotation of the same
    pairs, only stored in another order, and the order cancels in q.k as both sides have it."""
    a, b = x[..., 0::2], x[..., 1::2]
    y = np.empty_like(x)
    y[..., 0::2] = a * cos - b * sin
    y[..., 1::2] = a * sin + b * cos
    return y

# =============================================================================== YaRN
def yarn_mscale(factor, m):
    return 1.0 if factor <= 1 else 0.1 * m * math.log(factor) + 1.0

def rope_frequencies(cfg):
    """-> (inverse frequencies [d/2], factor on cos/sin, factor on the softmax scale)"""
    d, base, rs = cfg['qk_rope_head_dim'], cfg['rope_theta'], cfg.get('rope_scaling')
    i = np.arange(0, d, 2, dtype=F)
    extra = base ** (-i / d)                                   # the original frequencies
    if not rs:
        return extra, 1.0, 1.0
    assert rs.get('type', rs.get('rope_type')) == 'yarn'
    f, ctx = rs['factor'], rs['original_max_position_embeddings']
    dim_of = lambda rotations: d * math.log(ctx / (rotations * 2 * math.pi)) / (2 * math.log(base))
    low = max(math.floor(dim_of(rs.get('beta_fast', 32))), 0)
    high = min(math.ceil(dim_of(rs.get('beta_slow', 1))), d - 1)
    ramp = np.clip((np.arange(d // 2) - low) / (high - low if high != low else 0.001), 0, 1)
    inv = extra / f * ramp + extra * (1 - ramp)                # interpolate the slow ones, keep the fast ones
    all_dim = rs.get('mscale_all_dim', 0)
    on_cos = yarn_mscale(f, rs.get('mscale', 1)) / yarn_mscale(f, all_dim)
    on_scale = yarn_mscale(f, all_dim) ** 2 if all_dim else 1.0
    return inv, on_cos, on_scale

# =============================================================================== text model
class TextModel:
    def __init__(self, ckpt):
        self.ck, self.c = ckpt, ckpt.text
        self.inv, self.cos_factor, self.scale_factor = rope_frequencies(self.c)

    def w(self, name, matrix=False):
        # nothing is kept: one pass touches each weight once, and real shapes are large in float64
        return (self.ck.matrix if matrix else self.ck.get)(self.ck.prefix + name)

    def lin(self, x, name):
        return x @ self.w(name + '.weight', True).T

    def attention(self, x, p, pos):
        c, n, h = self.c, len(x), self.c['num_attention_heads']
        dn, dr, dv, r = c['qk_nope_head_dim'], c['qk_rope_head_dim'], c['v_head_dim'], c['kv_lora_rank']
        eps = c['rms_norm_eps']
        if c.get('q_lora_rank'):
            q = self.lin(rms_norm(self.lin(x, p + 'q_a_proj'), self.w(p + 'q_a_layernorm.weight'), self.inner_eps), p + 'q_b_proj')
        else:
            q = self.lin(x, p + 'q_proj')
        q = q.reshape(n, h, dn + dr)
        ckv = self.lin(x, p + 'kv_a_proj_with_mqa')
        k_pe = ckv[:, r:]                                      # one rotary key shared by all heads
        kv = self.lin(rms_norm(ckv[:, :r], self.w(p + 'kv_a_layernorm.weight'), self.inner_eps), p + 'kv_b_proj').reshape(n, h, dn + dv)
        ang = pos[:, None] * self.inv
        cos, sin = np.cos(ang) * self.cos_factor, np.sin(ang) * self.cos_factor
        q_pe = rotate_pairs(q[..., dn:], cos[:, None], sin[:, None])
        k_pe = rotate_pairs(k_pe, cos, sin)
        s = np.einsum('qhd,khd->hqk', q[..., :dn], kv[..., :dn]) + np.einsum('qhd,kd->hqk', q_pe, k_pe)
        s = s * ((dn + dr) ** -0.5 * self.scale_factor)
        s = np.where(np.tril(np.ones((n, n), bool)), s, -np.inf)
        o = np.einsum('hqk,khd->qhd', softmax(s), kv[..., dn:]).reshape(n, h * dv)
        return self.lin(o, p + 'o_proj')

    def mlp(self, x, p):
        return self.lin(silu(self.lin(x, p + 'gate_proj')) * self.lin(x, p + 'up_proj'), p + 'down_proj')

    def route(self, x, p):
        """-> chosen experts [n, k], their weights [n, k], and the margin between the k-th and the next"""
        c, k = self.c, self.c['num_experts_per_tok']
        assert c['scoring_func'] == 'sigmoid' and c.get('n_group', 1) == 1
        scores = sigmoid(self.lin(x, p + 'gate'))
        choice = scores + self.w(p + 'gate.e_score_correction_bias')   # the bias chooses, it does not weigh
        order = np.argsort(-choice, axis=1, kind='stable')
        ids = order[:, :k]
        sorted_choice = np.take_along_axis(choice, order, 1)
        margin = sorted_choice[:, k - 1] - sorted_choice[:, k]
        wt = np.take_along_axis(scores, ids, 1)
        if c['norm_topk_prob']:
            wt = wt / (wt.sum(1, keepdims=True) + 1e-20)
        return ids, wt * c['routed_scaling_factor'], margin

    def moe(self, x, p, margins):
        ids, wt, margin = self.route(x, p)
        margins.append(margin)
        y = np.zeros_like(x)
        for e in np.unique(ids):
            t, k = np.nonzero(ids == e)
            y[t] += wt[t, k, None] * self.mlp(x[t], f'{p}experts.{e}.')
        return y + self.mlp(x, p + 'shared_experts.')

    def forward(self, tokens, embeddings=None, trace=None, inner_eps=None):
        """logits [n, vocab]; `embeddings` {position: vector} replaces token embeddings (image tokens).
        `inner_eps`: eps of the q_a and kv_a norms.  The official modelling code leaves the module default
        1e-6 (None here); serving engines use rms_norm_eps, 1e-5 in K2.5."""
        c = self.c
        self.inner_eps = 1e-6 if inner_eps is None else inner_eps
        x = self.ck.rows(self.ck.prefix + 'model.embed_tokens.weight', tokens)
        for i, v in (embeddings or {}).items():
            x[i] = v
        pos, self.margins = np.arange(len(x), dtype=F), []
        for l in range(c['num_hidden_layers']):
            p = f'model.layers.{l}.'
            x = x + self.attention(rms_norm(x, self.w(p + 'input_layernorm.weight'), c['rms_norm_eps']), p + 'self_attn.', pos)
            y = rms_norm(x, self.w(p + 'post_attention_layernorm.weight'), c['rms_norm_eps'])
            dense = l < c['first_k_dense_replace'] or l % c.get('moe_layer_freq', 1)
            x = x + (self.mlp(y, p + 'mlp.') if dense else self.moe(y, p + 'mlp.', self.margins))
            if trace is not None:
                trace.append(x.copy())
        x = rms_norm(x, self.w('model.norm.weight'), c['rms_norm_eps'])
        head = 'lm_head' if self.ck.prefix + 'lm_head.weight' in self.ck else 'model.embed_tokens'
        return self.lin(x, head)

# =============================================================================== vision tower
def bicubic_matrix(n_in, n_out):
    """[n_out, n_in]: 1-d bicubic resampling, A=-0.75, half-pixel centres, edges clamped (as torch, no antialias)"""
    A, M = -0.75, np.zeros((n_out, n_in))
    near = lambda t: ((A + 2) * t - (A + 3)) * t * t + 1               # |t| <= 1
    far = lambda t: ((A * t - 5 * A) * t + 8 * A) * t - 4 * A          # 1 < |t| < 2
    for o in range(n_out):
        s = (o + 0.5) * n_in / n_out - 0.5
        b = math.floor(s); t = s - b
        for k, wgt in zip(range(b - 1, b + 3), (far(t + 1), near(t), near(1 - t), far(2 - t))):
            M[o, min(max(k, 0), n_in - 1)] += wgt
    return M

class VisionModel:
    """MoonViT-3d: patch embedding, learned 2-d positions (bicubic) + fixed sin/cos time positions,
    pre-norm transformer with 2-d rotary attention over all patches of one item, final LayerNorm,
    mean over time, 2x2 merge, and the projector (LayerNorm, Linear, GELU, Linear)."""

    def __init__(self, ckpt, projector_gelu='erf', block_gelu='tanh'):
        self.ck, self.c = ckpt, ckpt.vision
        g = {'erf': gelu_erf, 'tanh': gelu_tanh}
        self.proj_gelu, self.block_gelu = g[projector_gelu], g[block_gelu]

    def get(self, n):
        return self.ck.get(n)

    def lin(self, x, n):
        return x @ self.get(n + '.weight').T + self.get(n + '.bias')

    def ln(self, x, n, eps=1e-5):
        return layer_norm(x, self.get(n + '.weight'), self.get(n + '.bias'), eps)

    def positions(self, t, h, w):
        grid = self.get('vision_tower.patch_embed.pos_emb.weight')      # [H, W, D]
        H, W, D = grid.shape
        if (h, w) != (H, W):
            grid = np.einsum('ah,hwd,bw->abd', bicubic_matrix(H, h), grid, bicubic_matrix(W, w))
        e = np.repeat(grid.reshape(1, h * w, D), t, 0)
        if t > 1:                                                       # a still image has no time part
            a = np.arange(t)[:, None] * 10000.0 ** (-np.arange(D // 2) / (D / 2))
            e = e + np.concatenate([np.sin(a), np.cos(a)], 1)[:, None]
        return e.reshape(t * h * w, D)

    def rotary(self, t, h, w, d):
        """angles [t*h*w, d/2]: pairs alternate x-position, y-position"""
        f = 10000.0 ** (-np.arange(0, d, 4) / d)
        y, x = np.mgrid[0:h, 0:w]
        a = np.stack([x.reshape(-1, 1) * f, y.reshape(-1, 1) * f], -1).reshape(h * w, d // 2)
        return np.tile(a, (t, 1))

    def tower(self, pixels, trace=None):
        """pixels [t, 3, H, W] normalised -> merged patches [n, merge*merge, D]"""
        c = self.c; P, D, nh = c['patch_size'], c['vt_hidden_size'], c['vt_num_attention_heads']
        kh, kw = c['merge_kernel_size']
        t, _, Hp, Wp = pixels.shape; h, w = Hp // P, Wp // P; d = D // nh
        patches = pixels.reshape(t, 3, h, P, w, P).transpose(0, 2, 4, 1, 3, 5).reshape(t * h * w, 3 * P * P)
        x = patches @ self.get('vision_tower.patch_embed.proj.weight').reshape(D, -1).T + self.get('vision_tower.patch_embed.proj.bias')
        x = x + self.positions(t, h, w)
        a = self.rotary(t, h, w, d); cos, sin = np.cos(a)[:, None], np.sin(a)[:, None]
        for i in range(c['vt_num_hidden_layers']):
            p = f'vision_tower.encoder.blocks.{i}.'
            q, k, v = self.lin(self.ln(x, p + 'norm0'), p + 'wqkv').reshape(-1, 3, nh, d).transpose(1, 0, 2, 3)
            q, k = rotate_pairs(q, cos, sin), rotate_pairs(k, cos, sin)
            s = softmax(np.einsum('qhd,khd->hqk', q, k) * d ** -0.5)
            x = x + self.lin(np.einsum('hqk,khd->qhd', s, v).reshape(-1, D), p + 'wo')
            x = x + self.lin(self.block_gelu(self.lin(self.ln(x, p + 'norm1'), p + 'mlp.fc0')), p + 'mlp.fc1')
            if trace is not None:
                trace.append(x.copy())
        x = self.ln(x, 'vision_tower.encoder.final_layernorm')
        x = x.reshape(t, h // kh, kh, w // kw, kw, D).mean(0)           # temporal pooling
        return x.transpose(0, 2, 1, 3, 4).reshape(-1, kh * kw, D)

    def forward(self, pixels):
        x = self.tower(pixels)
        x = self.ln(x, 'mm_projector.pre_norm', self.c['projector_ln_eps']).reshape(len(x), -1)
        return self.lin(self.proj_gelu(self.lin(x, 'mm_projector.proj.0')), 'mm_projector.proj.2')

# =============================================================================== command line
def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('ckpt'); a.add_argument('--tokens'); a.add_argument('--image'); a.add_argument('--size')
    a.add_argument('--out'); a.add_argument('--last', action='store_true'); a.add_argument('--gelu', default='erf')
    a.add_argument('--inner-eps', type=float)
    o = a.parse_args(); ck = Checkpoint(o.ckpt)
    if o.tokens:
        y = TextModel(ck).forward([int(t) for t in o.tokens.split(',')], inner_eps=o.inner_eps)
        if o.last:
            y = y[-1:]
    else:
        W, H = (int(v) for v in o.size.split('x'))
        img = np.fromfile(o.image, np.uint8).reshape(1, H, W, 3).transpose(0, 3, 1, 2) / 255.0
        y = VisionModel(ck, o.gelu).forward((img - 0.5) / 0.5)
    print('shape', y.shape, 'first', y[0, :5], 'rms', math.sqrt((y ** 2).mean()))
    if o.out:
        y.astype('<f4').tofile(o.out)

if __name__ == '__main__':
    main()
