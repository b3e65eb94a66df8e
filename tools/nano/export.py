"""Writes a trained model as a Kimi K2.5 checkpoint: BF16 weights, INT4 packed routed experts, tokenizer and configs.

    python3 export.py TRAINED.pt OUT_DIR
"""
import json
import os
import shutil
import struct
import sys

import numpy as np
import torch

import world
from model import LATENT_NORM_EPS, TEXT, VISION, KimiNano, quantize
from tokenizer import NAMED, NOT_SPECIAL, VOCABULARY, Tokenizer

SHARDS = ("model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors")
PROJECTIONS = ("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj")


def bf16(t):
    return "BF16", list(t.shape), t.detach().bfloat16().contiguous().view(torch.int16).numpy().tobytes()


def f32(t):
    return "F32", list(t.shape), t.detach().float().numpy().tobytes()


def i32(a):
    return "I32", list(a.shape), np.ascontiguousarray(a, dtype="<i4").tobytes()


def pack(w):
    """[O, I] -> packed int32 [O, I/8] (element 8p+k in bits 4k..4k+3, value + 8), scales [O, I/32]"""
    q, scale = quantize(w.detach())
    nibbles = (q.numpy().astype(np.int64) + 8).reshape(q.shape[0], -1, 8)
    words = (nibbles << (4 * np.arange(8))).sum(-1).astype(np.uint32).view(np.int32)
    return words, scale


def expert(prefix, w):
    words, scale = pack(w)
    return {f"{prefix}.weight_packed": i32(words), f"{prefix}.weight_scale": bf16(scale),
            f"{prefix}.weight_shape": i32(np.array(w.shape))}


def layer_tensors(model, index):
    layer, p = model.layers[index], f"language_model.model.layers.{index}"
    out = {f"{p}.input_layernorm.weight": bf16(layer.input_layernorm.weight),
           f"{p}.post_attention_layernorm.weight": bf16(layer.post_attention_layernorm.weight),
           f"{p}.self_attn.q_a_layernorm.weight": bf16(layer.self_attn.q_a_layernorm.weight),
           f"{p}.self_attn.kv_a_layernorm.weight": bf16(layer.self_attn.kv_a_layernorm.weight)}
    for name in PROJECTIONS:
        out[f"{p}.self_attn.{name}.weight"] = bf16(getattr(layer.self_attn, name))
    mlp = layer.mlp
    names = ("gate_proj", "up_proj", "down_proj")
    if not hasattr(mlp, "gate"):
        for n in names:
            out[f"{p}.mlp.{n}.weight"] = bf16(getattr(mlp, n))
        return out
    out[f"{p}.mlp.gate.weight"] = bf16(mlp.gate)
    out[f"{p}.mlp.gate.e_score_correction_bias"] = f32(mlp.e_score_correction_bias)
    for n in names:
        out[f"{p}.mlp.shared_experts.{n}.weight"] = bf16(getattr(mlp.shared_experts, n))
        for e in range(mlp.gate.shape[0]):
            out.update(expert(f"{p}.mlp.experts.{e}.{n}", getattr(mlp, n)[e]))
    return out


def vision_tensors(v):
    out = {"mm_projector.pre_norm.weight": bf16(v.pre_norm.weight), "mm_projector.pre_norm.bias": bf16(v.pre_norm.bias),
           "mm_projector.proj.0.weight": bf16(v.proj0), "mm_projector.proj.0.bias": bf16(v.proj0_bias),
           "mm_projector.proj.2.weight": bf16(v.proj2), "mm_projector.proj.2.bias": bf16(v.proj2_bias)}
    t = "vision_tower"
    out[f"{t}.patch_embed.proj.weight"] = bf16(v.patch.view(v.d, 3, 14, 14))
    out[f"{t}.patch_embed.proj.bias"] = bf16(v.patch_bias)
    out[f"{t}.patch_embed.pos_emb.weight"] = bf16(v.pos_emb)
    for i, b in enumerate(v.blocks):
        p = f"{t}.encoder.blocks.{i}"
        for n in ("norm0", "norm1"):
            out[f"{p}.{n}.weight"], out[f"{p}.{n}.bias"] = bf16(getattr(b, n).weight), bf16(getattr(b, n).bias)
        for n, tensor in (("wqkv", "wqkv"), ("wo", "wo"), ("mlp.fc0", "fc0"), ("mlp.fc1", "fc1")):
            out[f"{p}.{n}.weight"], out[f"{p}.{n}.bias"] = bf16(getattr(b, tensor)), bf16(getattr(b, tensor + "_bias"))
    out[f"{t}.encoder.final_layernorm.weight"] = bf16(v.final_layernorm.weight)
    out[f"{t}.encoder.final_layernorm.bias"] = bf16(v.final_layernorm.bias)
    return out


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors.values():
            f.write(data)
    return offset


def read_safetensors(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    out = {}
    for name, t in json.loads(raw[8:8 + n]).items():
        if name == "__metadata__":
            continue
        a, b = (8 + n + x for x in t["data_offsets"])
        if t["dtype"] == "BF16":
            value = torch.from_numpy((np.frombuffer(raw[a:b], "<u2").astype(np.uint32) << 16).view(np.float32).copy())
        else:
            value = torch.from_numpy(np.frombuffer(raw[a:b], {"F32": "<f4", "I32": "<i4"}[t["dtype"]]).copy())
        out[name] = value.view(t["shape"])
    return out


def unpack(words, scale):
    """Exactly integer times scale, in float64"""
    w = words.numpy().view(np.uint32).astype(np.int64)
    q = ((w[..., None] >> (4 * np.arange(8))) & 15) - 8
    q = torch.from_numpy(q.reshape(w.shape[0], -1)).double()
    return (q.unflatten(-1, (-1, 32)) * scale.double().unsqueeze(-1)).flatten(-2)


def load(directory, dtype=torch.float32):
    """The exported checkpoint as a model with dequantized weights: what every other implementation must reproduce."""
    config = json.load(open(os.path.join(directory, "config.json")))
    index = json.load(open(os.path.join(directory, "model.safetensors.index.json")))
    t = {}
    for shard in sorted(set(index["weight_map"].values())):
        t.update(read_safetensors(os.path.join(directory, shard)))
    model = KimiNano(config["text_config"]["vocab_size"], config["text_config"], config["vision_config"]).to(dtype)
    lm, used = "language_model.", set()

    def put(parameter, name):
        used.add(name)
        parameter.data.copy_(t[name].to(dtype).reshape(parameter.shape))

    put(model.embed_tokens, lm + "model.embed_tokens.weight")
    put(model.lm_head, lm + "lm_head.weight")
    put(model.norm.weight, lm + "model.norm.weight")
    for i, layer in enumerate(model.layers):
        p = f"{lm}model.layers.{i}."
        put(layer.input_layernorm.weight, p + "input_layernorm.weight")
        put(layer.post_attention_layernorm.weight, p + "post_attention_layernorm.weight")
        for n in PROJECTIONS:
            put(getattr(layer.self_attn, n), f"{p}self_attn.{n}.weight")
        put(layer.self_attn.q_a_layernorm.weight, p + "self_attn.q_a_layernorm.weight")
        put(layer.self_attn.kv_a_layernorm.weight, p + "self_attn.kv_a_layernorm.weight")
        mlp = layer.mlp
        for n in ("gate_proj", "up_proj", "down_proj"):
            if not hasattr(mlp, "gate"):
                put(getattr(mlp, n), f"{p}mlp.{n}.weight")
                continue
            put(getattr(mlp.shared_experts, n), f"{p}mlp.shared_experts.{n}.weight")
            for e in range(mlp.gate.shape[0]):
                q = f"{p}mlp.experts.{e}.{n}"
                getattr(mlp, n).data[e] = unpack(t[q + ".weight_packed"], t[q + ".weight_scale"]).to(dtype)
                used.update(q + s for s in (".weight_packed", ".weight_scale", ".weight_shape"))
        if hasattr(mlp, "gate"):
            put(mlp.gate, p + "mlp.gate.weight")
            used.add(p + "mlp.gate.e_score_correction_bias")
            mlp.e_score_correction_bias.copy_(t[p + "mlp.gate.e_score_correction_bias"])
    v = model.vision
    for name in (n for n in t if n.startswith(("vision_tower", "mm_projector"))):
        key = name.replace("vision_tower.encoder.", "").replace("vision_tower.patch_embed.", "").replace("mm_projector.", "")
        key = key.replace("pos_emb.weight", "pos_emb").replace("mlp.", "").replace("proj.0.", "proj0.").replace("proj.2.", "proj2.")
        if key.startswith("proj."):
            key = key.replace("proj.", "patch.")
        target, parts = v, key.split(".")
        if "norm" not in key:
            if parts[-1] in ("weight", "bias"):
                tail = parts.pop()
                parts[-1] += "_bias" if tail == "bias" else ""
        for part in parts:
            target = target[int(part)] if part.isdigit() else getattr(target, part)
        put(target, name)
    assert used == set(t), sorted(set(t) - used)[:5]
    return model.eval()


def write_configs(out, tokenizer, total_size, weight_map):
    base = tokenizer.base
    bos, eos, end, pad, media = base, base + 1, base + 2, base + 255, base + 21
    quantization = {"quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed",
                    "kv_cache_scheme": None,
                    "ignore": ["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
                               "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"],
                    "config_groups": {"group_0": {
                        "targets": ["Linear"], "input_activations": None, "output_activations": None,
                        "weights": {"num_bits": 4, "type": "int", "symmetric": True, "strategy": "group", "group_size": 32,
                                    "dynamic": False, "observer": "minmax", "actorder": None, "block_structure": None}}}}
    text = dict(TEXT, architectures=["DeepseekV3ForCausalLM"], model_type="kimi_k2", vocab_size=tokenizer.vocab_size,
                num_nextn_predict_layers=0, moe_layer_freq=1, ep_size=1, scoring_func="sigmoid", topk_method="noaux_tc",
                n_group=1, topk_group=1, norm_topk_prob=True, num_key_value_heads=TEXT["num_attention_heads"],
                attention_bias=False, attention_dropout=0.0, hidden_act="silu", initializer_range=0.02, use_cache=True,
                tie_word_embeddings=False, pretraining_tp=1, aux_loss_alpha=0.001, seq_aux=True, dtype="bfloat16",
                bos_token_id=bos, eos_token_id=eos, pad_token_id=pad, quantization_config=quantization)
    vision = dict(VISION, model_type="kimi_k25", pos_emb_type="divided_fixed", merge_type="sd2_tpool",
                  video_attn_type="spatial_temporal", mm_projector_type="patchmerger", mm_hidden_size=VISION["vt_hidden_size"],
                  projector_hidden_act="gelu", text_hidden_size=TEXT["hidden_size"])
    dump = lambda name, value: json.dump(value, open(os.path.join(out, name), "w"), indent=2, ensure_ascii=False)
    dump("config.json", {
        "architectures": ["KimiK25ForConditionalGeneration"], "model_type": "kimi_k25", "dtype": "bfloat16",
        "bos_token_id": bos, "eos_token_id": eos, "pad_token_id": pad, "ignore_index": -100,
        "media_placeholder_token_id": media, "tie_word_embeddings": False, "use_unified_vision_chunk": True,
        "video_placeholder": "<|kimi_k25_video_placeholder|>", "text_config": text, "vision_config": vision,
        "quantization_config": quantization})
    dump("generation_config.json", {"eos_token_id": end, "max_length": TEXT["max_position_embeddings"]})
    dump("preprocessor_config.json", {"media_proc_cfg": {
        "in_patch_limit": 16384, "patch_size": 14, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "merge_kernel_size": 2, "fixed_output_tokens": None, "patch_limit_on_one_side": 512, "in_patch_limit_each_frame": 4096,
        "in_patch_limit_video": None, "sample_fps": 2.0, "max_num_frames_each_video": None, "temporal_merge_kernel_size": 4,
        "timestamp_mode": "hh:mm:ss.fff", "config_type": "media_proc.processors.moonvit.MoonViTMediaProcessorConfig"}})
    added = {str(base + k): {"content": name, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
                             "special": k not in NOT_SPECIAL} for k, name in NAMED.items()}
    dump("tokenizer_config.json", {
        "added_tokens_decoder": added, "bos_token": "[BOS]", "eos_token": "[EOS]", "unk_token": "[UNK]", "pad_token": "[PAD]",
        "additional_special_tokens": [n for k, n in NAMED.items() if k not in NOT_SPECIAL and k not in (0, 1, 254, 255)],
        "clean_up_tokenization_spaces": False, "model_max_length": TEXT["max_position_embeddings"],
        "tokenizer_class": "TikTokenTokenizer"})
    dump("model.safetensors.index.json", {"metadata": {"total_size": total_size}, "weight_map": weight_map})


def write(model, out, vocabulary):
    os.makedirs(out, exist_ok=True)
    if os.path.abspath(vocabulary) != os.path.abspath(os.path.join(out, "tiktoken.model")):
        shutil.copy(vocabulary, os.path.join(out, "tiktoken.model"))
    first, second = {}, {}
    for i in range(len(model.layers)):
        first.update(layer_tensors(model, i))
    lm = "language_model."
    second.update({lm + "model.embed_tokens.weight": bf16(model.embed_tokens), lm + "model.norm.weight": bf16(model.norm.weight),
                   lm + "lm_head.weight": bf16(model.lm_head)})
    second.update(vision_tensors(model.vision))
    total = sum(write_safetensors(os.path.join(out, s), t) for s, t in zip(SHARDS, (first, second)))
    write_configs(out, Tokenizer(vocabulary), total,
                  {n: s for s, tensors in zip(SHARDS, (first, second)) for n in tensors})
    return total


def main():
    torch.manual_seed(world.SEED)
    model = KimiNano(Tokenizer(VOCABULARY).vocab_size)
    model.load_state_dict(torch.load(sys.argv[1])["model"])
    print(f"{write(model, sys.argv[2], VOCABULARY)} tensor bytes")


if __name__ == "__main__":
    main()
