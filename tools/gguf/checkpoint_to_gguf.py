#!/usr/bin/env python3
"""Write the text model of a K2.5 checkpoint as GGUF, for benchmarks/llama-bench.sh.

    python3 tools/gguf/checkpoint_to_gguf.py /data/slice slice.gguf

Nothing is quantised anew. Routed experts become Q4_0 with the same integers and scales, the other matrices stay BF16, kv_b_proj is
split into its two halves as llama.cpp's architecture "deepseek2" wants them, norms and routers become 32-bit floats. There is
no tokenizer in the file (model "none"): it is for measuring with token ids, not for chatting. Needs numpy only.
"""
import glob
import json
import os
import struct
import sys

import numpy as np

ALIGNMENT = 32
F32, Q4_0, BF16 = 0, 2, 30  # ggml's numbers of types
PREFIX = "language_model."
PROJECTIONS = ("gate", "up", "down")


def fail(message):
    sys.exit("checkpoint_to_gguf.py: " + message)


# ---------------------------------------------------------------- the checkpoint

class Checkpoint:
    """Tensors by name, as views of the mapped files: BF16 as its bits, in 16-bit integers."""

    TYPES = {"BF16": np.uint16, "F32": np.float32, "I32": np.uint32}

    def __init__(self, folder):
        files = sorted(glob.glob(os.path.join(folder, "*.safetensors")))
        if not files:
            fail(f"{folder}: expected *.safetensors, found none; give the folder of a checkpoint")
        self.folder, self.tensors = folder, {}
        for file in files:
            with open(file, "rb") as stream:
                length = struct.unpack("<Q", stream.read(8))[0]
                header = json.loads(stream.read(length))
            header.pop("__metadata__", None)
            data = np.memmap(file, np.uint8, "r")
            for name, entry in header.items():
                begin, end = (8 + length + offset for offset in entry["data_offsets"])
                self.tensors[name] = (file, entry["dtype"], entry["shape"], data[begin:end])

    def get(self, name, dtype, *shape):
        name = PREFIX + name
        if name not in self.tensors:
            fail(f"{self.folder}: tensor {name} is missing; the checkpoint is not complete, of another architecture, or quantised beyond the experts")
        file, found, extents, data = self.tensors[name]
        if (found, extents) != (dtype, list(shape)):
            fail(f"{file}: tensor {name}: expected {dtype} {list(shape)}, found {found} {extents}; "
                 "config.json and the files have to be of one checkpoint")
        return data.view(self.TYPES[dtype]).reshape(shape)


def as_f32(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


# ---------------------------------------------------------------- INT4 to Q4_0

def q4_0(packed, scales):
    """Blocks of 32: a 16-bit float, then 16 bytes with values 0 to 15 in the low halves and 16 to 31 in the high ones.
    The checkpoint has neighbours in one byte. Both store a value plus 8."""
    rows, groups = scales.shape
    pairs = packed.view(np.uint8).reshape(rows, groups, 16)
    values = np.empty((rows, groups, 32), np.uint8)
    values[..., 0::2] = pairs & 15
    values[..., 1::2] = pairs >> 4
    exact = as_f32(scales)
    halves = exact.astype(np.float16)
    blocks = np.empty((rows, groups, 18), np.uint8)
    blocks[..., :2] = halves[..., None].view(np.uint8)
    blocks[..., 2:] = values[..., :16] | values[..., 16:] << 4
    return blocks, int((halves.astype(np.float32) != exact).sum())


# ---------------------------------------------------------------- the file

def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key, value):
    if isinstance(value, bool):
        return text(key) + struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", 4, value)
    if isinstance(value, float):
        return text(key) + struct.pack("<If", 6, value)
    return text(key) + struct.pack("<I", 8) + text(value)


def metadata(c):
    rope = c["rope_scaling"]
    if rope["type"] != "yarn" or c["scoring_func"] != "sigmoid":
        fail(f"config.json: expected rope_scaling yarn and scoring_func sigmoid, found {rope['type']} and {c['scoring_func']}; "
             "only K2.5's architecture can be written")
    own = {
        "vocab_size": c["vocab_size"],
        "context_length": c["max_position_embeddings"],
        "embedding_length": c["hidden_size"],
        "block_count": c["num_hidden_layers"],
        "leading_dense_block_count": c["first_k_dense_replace"],
        "feed_forward_length": c["intermediate_size"],
        "expert_feed_forward_length": c["moe_intermediate_size"],
        "expert_count": c["n_routed_experts"],
        "expert_used_count": c["num_experts_per_tok"],
        "expert_shared_count": c["n_shared_experts"],
        "expert_gating_func": 2,  # sigmoid
        "expert_weights_norm": bool(c["norm_topk_prob"]),
        "expert_weights_scale": float(c["routed_scaling_factor"]),
        "attention.head_count": c["num_attention_heads"],
        "attention.head_count_kv": 1,  # all heads share the latent
        "attention.q_lora_rank": c["q_lora_rank"],
        "attention.kv_lora_rank": c["kv_lora_rank"],
        "attention.key_length": c["kv_lora_rank"] + c["qk_rope_head_dim"],
        "attention.value_length": c["kv_lora_rank"],
        "attention.key_length_mla": c["qk_nope_head_dim"] + c["qk_rope_head_dim"],
        "attention.value_length_mla": c["v_head_dim"],
        "attention.layer_norm_rms_epsilon": float(c["rms_norm_eps"]),
        "rope.dimension_count": c["qk_rope_head_dim"],
        "rope.freq_base": float(c["rope_theta"]),
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": float(rope["factor"]),
        "rope.scaling.original_context_length": rope["original_max_position_embeddings"],
        "rope.scaling.yarn_log_multiplier": 0.1 * rope["mscale_all_dim"],
        "rope.scaling.yarn_beta_fast": float(rope["beta_fast"]),
        "rope.scaling.yarn_beta_slow": float(rope["beta_slow"]),
    }
    general = {"general.architecture": "deepseek2", "general.name": "a checkpoint in Kimi K2.5's architecture",
               "general.alignment": ALIGNMENT, "general.quantization_version": 2, "tokenizer.ggml.model": "none"}
    return general | {"deepseek2." + key: value for key, value in own.items()}


def tensors(c, checkpoint):
    """Name, type, extents (innermost last, as in the checkpoint), and what gives the data, in pieces."""
    hidden, heads, latent = c["hidden_size"], c["num_attention_heads"], c["kv_lora_rank"]
    nope, rope, v = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["v_head_dim"]

    def bf16(name, source, *shape):
        return name, BF16, shape, lambda: [checkpoint.get(source, "BF16", *shape)]

    def f32(name, source, *shape):
        return name, F32, shape, lambda: [as_f32(checkpoint.get(source, "BF16", *shape))]

    def kv_b(source):
        return checkpoint.get(source, "BF16", heads * (nope + v), latent).reshape(heads, nope + v, latent)

    def experts(name, source, out, inner):
        def data():
            for expert in range(c["n_routed_experts"]):
                tensor = f"{source}.experts.{expert}.{name}_proj.weight"
                yield q4_0(checkpoint.get(tensor + "_packed", "I32", out, inner // 8),
                           checkpoint.get(tensor + "_scale", "BF16", out, inner // 32))
        return Q4_0, (c["n_routed_experts"], out, inner), data

    yield bf16("token_embd.weight", "model.embed_tokens.weight", c["vocab_size"], hidden)
    yield f32("output_norm.weight", "model.norm.weight", hidden)
    yield bf16("output.weight", "lm_head.weight", c["vocab_size"], hidden)
    for layer in range(c["num_hidden_layers"]):
        to, source = f"blk.{layer}.", f"model.layers.{layer}."
        attention, mlp = source + "self_attn.", source + "mlp"
        yield f32(to + "attn_norm.weight", source + "input_layernorm.weight", hidden)
        yield bf16(to + "attn_q_a.weight", attention + "q_a_proj.weight", c["q_lora_rank"], hidden)
        yield f32(to + "attn_q_a_norm.weight", attention + "q_a_layernorm.weight", c["q_lora_rank"])
        yield bf16(to + "attn_q_b.weight", attention + "q_b_proj.weight", heads * (nope + rope), c["q_lora_rank"])
        yield bf16(to + "attn_kv_a_mqa.weight", attention + "kv_a_proj_with_mqa.weight", latent + rope, hidden)
        yield f32(to + "attn_kv_a_norm.weight", attention + "kv_a_layernorm.weight", latent)
        both = attention + "kv_b_proj.weight"
        yield (to + "attn_k_b.weight", BF16, (heads, latent, nope),
               lambda both=both: [kv_b(both)[:, :nope].transpose(0, 2, 1)])
        yield to + "attn_v_b.weight", BF16, (heads, v, latent), lambda both=both: [kv_b(both)[:, nope:]]
        yield bf16(to + "attn_output.weight", attention + "o_proj.weight", hidden, heads * v)
        yield f32(to + "ffn_norm.weight", source + "post_attention_layernorm.weight", hidden)
        routed = layer >= c["first_k_dense_replace"]
        inner = c["moe_intermediate_size"] * c["n_shared_experts"] if routed else c["intermediate_size"]
        for name in PROJECTIONS:
            shape = (hidden, inner) if name == "down" else (inner, hidden)
            yield bf16(f"{to}ffn_{name}{'_shexp' if routed else ''}.weight",
                       f"{mlp}{'.shared_experts' if routed else ''}.{name}_proj.weight", *shape)
        if not routed:
            continue
        yield f32(to + "ffn_gate_inp.weight", mlp + ".gate.weight", c["n_routed_experts"], hidden)
        yield (to + "exp_probs_b.bias", F32, (c["n_routed_experts"],),
               lambda mlp=mlp: [checkpoint.get(mlp + ".gate.e_score_correction_bias", "F32", c["n_routed_experts"])])
        inner = c["moe_intermediate_size"]
        for name in PROJECTIONS:
            shape = (hidden, inner) if name == "down" else (inner, hidden)
            yield f"{to}ffn_{name}_exps.weight", *experts(name, mlp, *shape)


def size(kind, shape):
    count = int(np.prod(shape, dtype=np.int64))
    return {F32: count * 4, BF16: count * 2, Q4_0: count // 32 * 18}[kind]


def write(path, c, checkpoint):
    meta, plan = metadata(c), list(tensors(c, checkpoint))
    header = [b"GGUF", struct.pack("<IQQ", 3, len(plan), len(meta))] + [pair(*entry) for entry in meta.items()]
    offset = 0
    for name, kind, shape, _ in plan:
        header.append(text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape)))
        header.append(struct.pack("<IQ", kind, offset))
        offset += -(-size(kind, shape) // ALIGNMENT) * ALIGNMENT
    inexact = scales = 0
    with open(path, "wb") as out:
        out.write(b"".join(header))
        for name, kind, shape, pieces in plan:
            out.write(bytes(-out.tell() % ALIGNMENT))
            begin = out.tell()
            for piece in pieces():
                if kind == Q4_0:
                    piece, lost = piece
                    inexact, scales = inexact + lost, scales + piece.size // 18
                out.write(np.ascontiguousarray(piece).data)
            if out.tell() - begin != size(kind, shape):
                fail(f"{path}: tensor {name}: expected {size(kind, shape)} bytes, wrote {out.tell() - begin}; this is a mistake in this program")
        out.write(bytes(-out.tell() % ALIGNMENT))
        print(f"{path}: {len(plan)} tensors, {out.tell()} bytes; {inexact} of {scales} scales are not exact in 16-bit floats")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, path = sys.argv[1:]
    try:
        with open(os.path.join(folder, "config.json")) as stream:
            config = json.load(stream)
    except FileNotFoundError as missing:
        fail(f"{missing.filename}: not found; give the folder of a checkpoint")
    write(path, config.get("text_config", config), Checkpoint(folder))


if __name__ == "__main__":
    main()
