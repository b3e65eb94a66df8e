"""MoonViT-3D and the projector in PyTorch on the CPU, with random weights: what the benchmark `tower` is measured beside.

    /usr/bin/python3 tools/vision/torch_tower.py 1920x1080 2

Float32 weights and activations. Attention by the fastest way that fits the memory: all heads at once where the scores are
small, else head by head in blocks of queries. The last word printed is the seconds for one picture.
"""
import functools
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F

HIDDEN, INNER, HEADS, LAYERS, TEXT = 1152, 4304, 16, 27, 7168
SCORES = 64 << 20  # floats of scores at a time


def geometry(width, height):
    scale = min(1, math.sqrt(16384 / (max(1, width // 14) * max(1, height // 14))), 7168 / width, 7168 / height)
    width, height = (min(max(1, int(side * scale)), 7168) for side in (width, height))
    return -(-height // 28) * 2, -(-width // 28) * 2


def weights(*shape):
    return torch.randn(*shape) * 0.02


@functools.cache
def scratch(*shape):
    """Kept, because memory that is taken anew for each block of scores costs more than the scores."""
    return torch.empty(*shape)


def attention(q, k, v):
    """q, k, v [heads, patches, head]"""
    heads, patches, width = q.shape
    q = q * width ** -0.5
    out = torch.empty_like(q)
    k = k.transpose(1, 2)
    at_once = max(1, min(heads, SCORES // (patches * patches)))
    rows = patches if at_once > 1 or patches * patches <= SCORES else SCORES // patches
    memory = scratch(at_once, rows, patches)
    for h in range(0, heads, at_once):
        for r in range(0, patches, rows):
            block = q[h:h + at_once, r:r + rows]
            scores = memory[:block.shape[0], :block.shape[1]]
            torch.bmm(block, k[h:h + at_once], out=scores)
            torch.softmax(scores, -1, out=scores)
            out[h:h + at_once, r:r + rows] = torch.bmm(scores, v[h:h + at_once])
    return out


def rotate(x, cos, sin):
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


class Tower:
    def __init__(self):
        one, zero = torch.ones, torch.zeros
        self.patch = (weights(HIDDEN, 588), zero(HIDDEN))
        self.table = weights(1, HIDDEN, 64, 64)
        self.blocks = [dict(n0=(one(HIDDEN), zero(HIDDEN)), n1=(one(HIDDEN), zero(HIDDEN)),
                            qkv=(weights(3 * HIDDEN, HIDDEN), zero(3 * HIDDEN)), wo=(weights(HIDDEN, HIDDEN), zero(HIDDEN)),
                            fc0=(weights(INNER, HIDDEN), zero(INNER)), fc1=(weights(HIDDEN, INNER), zero(HIDDEN)))
                       for _ in range(LAYERS)]
        self.proj = [(weights(4 * HIDDEN, 4 * HIDDEN), zero(4 * HIDDEN)), (weights(TEXT, 4 * HIDDEN), zero(TEXT))]

    def __call__(self, patches, h, w):
        x = F.linear(patches, *self.patch)
        table = F.interpolate(self.table, size=(h, w), mode="bicubic", align_corners=False)
        x = x + table[0].flatten(1).t()
        freq = 10000 ** (-torch.arange(0, 72, 4) / 72)
        col, row = torch.arange(w).repeat(h), torch.arange(h).repeat_interleave(w)
        angle = torch.stack((col[:, None] * freq, row[:, None] * freq), -1).flatten(1)
        cos, sin = angle.cos(), angle.sin()
        for b in self.blocks:
            q, k, v = F.linear(F.layer_norm(x, (HIDDEN,), *b["n0"]), *b["qkv"]).view(-1, 3, HEADS, 72).permute(1, 2, 0, 3)
            y = attention(rotate(q, cos, sin), rotate(k, cos, sin).contiguous(), v.contiguous())
            x = x + F.linear(y.transpose(0, 1).reshape(-1, HIDDEN), *b["wo"])
            y = F.linear(F.layer_norm(x, (HIDDEN,), *b["n1"]), *b["fc0"])
            # The tanh form, written out where this version of PyTorch does not have it.
            y = 0.5 * y * (1 + torch.tanh(0.7978845608 * (y + 0.044715 * y * y * y))) if OLD else F.gelu(y, approximate="tanh")
            x = x + F.linear(y, *b["fc1"])
        x = F.layer_norm(F.layer_norm(x, (HIDDEN,)), (HIDDEN,))
        x = x.view(h // 2, 2, w // 2, 2, HIDDEN).transpose(1, 2).reshape(-1, 4 * HIDDEN)
        return F.linear(F.gelu(F.linear(x, *self.proj[0])), *self.proj[1])


OLD = tuple(int(n) for n in torch.__version__.split("+")[0].split(".")[:2]) < (1, 12)


def main():
    width, height = (int(side) for side in sys.argv[1].split("x"))
    torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(1)
    with torch.no_grad():
        tower = Tower()
        h, w = geometry(width, height)
        tower(torch.randn(64, 588), 8, 8)  # warm up
        patches = torch.randn(h * w, 588)
        start = time.perf_counter()
        rows = tower(patches, h, w)
        seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {h * w} patches, {rows.shape[0]} tokens, "
          f"{memory:.2f} GB, seconds {seconds:.2f}")


if __name__ == "__main__":
    main()
