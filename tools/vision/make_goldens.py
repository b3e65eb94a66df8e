"""Makes goldens of the arithmetic: resizing by Pillow, geometry and video plans by Python and NumPy.

    apt-get install python3-pil python3-numpy
    /usr/bin/python3 tools/vision/make_goldens.py kimi-vision/src/test/resources/org/kimi4j/vision/goldens.json

Needs a Pillow before 12.3: later ones run the vertical pass first for very tall pictures. The pictures are not stored:
byte i of a picture is the high byte of the i-th number of x -> 1103515245 x + 12345 mod 2^32, starting behind x = seed.
"""

import hashlib
import json
import math
import random
import sys
from datetime import datetime, timezone

import numpy as np
import PIL
from PIL import Image

RNG = random.Random("goldens")


def picture(width, height, seed):
    out, x = bytearray(), seed
    for _ in range(3 * width * height):
        x = (1103515245 * x + 12345) & 0xFFFFFFFF
        out.append(x >> 24)
    return Image.frombytes("RGB", (width, height), bytes(out))


def resizes():
    sizes = [(64, 48, 32, 24), (64, 48, 63, 47), (64, 48, 65, 49), (64, 48, 1, 1), (1, 1, 9, 7), (7, 5, 7, 3), (7, 5, 3, 5),
             (200, 3, 17, 2), (3, 200, 2, 17), (2, 2, 2, 1), (300, 1, 29, 1), (5, 311, 4, 29), (97, 89, 96, 1)]
    for _ in range(60):
        sizes.append(tuple(RNG.randint(1, 120) for _ in range(4)))
    cases = []
    for seed, (w, h, to_w, to_h) in enumerate(sizes):
        resized = picture(w, h, seed).resize((to_w, to_h), Image.Resampling.BICUBIC)
        cases.append([w, h, to_w, to_h, seed, hashlib.sha256(resized.tobytes()).hexdigest()])
    return cases


def geometry(w, h, limit):
    """Section by section what the official processor computes."""
    s1 = math.sqrt(limit / (max(1.0, w // 14) * max(1.0, h // 14)))
    scale = min(1.0, s1, 512 * 14 / w, 512 * 14 / h)
    new_w = min(max(1, int(w * scale)), 512 * 14)
    new_h = min(max(1, int(h * scale)), 512 * 14)
    pad_w, pad_h = (28 - new_w % 28) % 28, (28 - new_h % 28) % 28
    return [w, h, new_w, new_h, pad_w, pad_h, (new_w + pad_w) // 28 * ((new_h + pad_h) // 28)]


def geometries(limit):
    sizes = [(RNG.randint(1, 60), RNG.randint(1, 60)) for _ in range(40)]
    sizes += [(RNG.randint(1, 4000), RNG.randint(1, 4000)) for _ in range(160)]
    sizes += [(RNG.randint(1000, 60000), RNG.randint(1, 20000)) for _ in range(60)]
    sizes += [(14 * RNG.randint(1, 300), 14 * RNG.randint(1, 300)) for _ in range(60)]
    return [geometry(w, h, limit) for w, h in sizes]


def timestamp(t):
    return datetime.fromtimestamp(t, tz=timezone.utc).strftime("%H:%M:%S") + f".{int((t % 1) * 1000):03d}"


def plans():
    cases = []
    rates = [(24000, 1001), (30000, 1001), (60000, 1001), (25, 1), (24, 1), (30, 1), (60, 1), (1, 1), (2, 1), (3, 1), (5, 2),
             (1, 2), (2997, 100), (15, 1), (12, 1), (50, 1)]
    for _ in range(200):
        num, den = RNG.choice(rates)
        fps = num / den
        frames = RNG.choice([RNG.randint(1, 20), RNG.randint(1, 3000), RNG.randint(1, 300000)])
        n = max(round(frames * min(2.0, fps) / fps), 1)
        indices = [int(i) for i in np.linspace(0, frames - 1, n).round().astype(int)]
        times = [timestamp(i / fps) for i in indices[::4]]
        text = " ".join(map(str, indices)) + "|" + " ".join(times)
        cases.append([frames, num, den, n, hashlib.sha256(text.encode()).hexdigest()])
    return cases


def rows(cases):
    return "[\n" + ",\n".join("  " + json.dumps(c) for c in cases) + "\n ]"


def main():
    versions = {"python": sys.version.split()[0], "numpy": np.__version__, "pillow": PIL.__version__}
    with open(sys.argv[1], "w") as f:
        f.write('{\n "script": "tools/vision/make_goldens.py",\n "versions": ' + json.dumps(versions))
        for name, cases in (("resize", resizes()), ("image_geometry", geometries(16384)),
                            ("frame_geometry", geometries(4096)), ("plans", plans())):
            f.write(f',\n "{name}": ' + rows(cases))
        f.write("\n}\n")


if __name__ == "__main__":
    main()
