"""Makes the decoding corpus of kimi-vision: small pictures in every encoding, with the pixels Pillow decodes.

    apt-get install python3-pil libjpeg-turbo-progs webp
    /usr/bin/python3 tools/vision/make_corpus.py kimi-vision/src/test/resources/org/kimi4j/vision/corpus

Writes the pictures, corpus.json and pixels.rgb.gz. Every entry of corpus.json has the file, its size, the SHA-256 of the
bytes of Image.open(file).convert("RGB"), and where those bytes
begin in the unpacked pixels.rgb.gz (row-major; absent for the few larger pictures). Pictures with alpha also have the
SHA-256 of the picture put on white, those with an orientation the SHA-256 of ImageOps.exif_transpose. The versions of
the programs are in the file.
"""

import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import sys

import PIL
from PIL import Image, ImageOps, features

from corpus_writers import (bmp, exif_orientation, gif, jpeg_adobe, jpeg_insert, jpeg_without, packed_row, png, riff,
                            riff_chunks)

RNG = random.Random(25)
SMALL = (37, 23)


def picture(size, noise=True):
    """Smooth ramps, a disc, hard edges and a noisy corner."""
    w, h = size
    im = Image.new("RGB", size)
    px = im.load()
    for y in range(h):
        for x in range(w):
            r, g, b = x * 255 // max(1, w - 1), y * 255 // max(1, h - 1), (x * 11 + y * 5) % 256
            if (x - w / 2) ** 2 + (y - h / 2) ** 2 < (h / 4) ** 2:
                r, g, b = 250, 30, 200 - r // 2
            if noise and x > 2 * w // 3 and y > h // 2:
                r, g, b = RNG.randrange(256), RNG.randrange(256), RNG.randrange(256)
            px[x, y] = (r, g, b)
    return im


def samples(size, channels, depth):
    top = (1 << depth) - 1
    w, h = size
    return [[tuple((RNG.randrange(top + 1) if x % 3 == 0 else (x * (c + 2) * top // w + y * top // (3 * h)) & top)
                   for c in range(channels)) for x in range(w)] for y in range(h)]


def palette_of(n):
    return [(RNG.randrange(256), RNG.randrange(256), RNG.randrange(256)) for _ in range(n)]


class Corpus:
    def __init__(self, folder):
        self.folder, self.entries, self.pixels = folder, [], bytearray()
        os.makedirs(folder, exist_ok=True)
        for f in os.listdir(folder):
            os.remove(os.path.join(folder, f))

    def add(self, name, data, alpha=False, orientation=False, lossy_webp=False):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)
        im = Image.open(io.BytesIO(data))
        mode = im.mode
        im.load()
        rgb = im.convert("RGB")
        raw = rgb.tobytes()
        entry = {"file": name, "mode": mode, "width": rgb.width, "height": rgb.height,
                 "rgb_sha256": hashlib.sha256(raw).hexdigest()}
        if len(raw) <= 3 * 50 * 40:
            entry["rgb_offset"] = len(self.pixels)
            self.pixels += raw
        if alpha:
            rgba = Image.open(io.BytesIO(data)).convert("RGBA")
            white = Image.new("RGB", rgba.size, (255, 255, 255))
            white.paste(rgba, mask=rgba.split()[3])
            entry["white_sha256"] = hashlib.sha256(white.tobytes()).hexdigest()
        if orientation:
            turned = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
            entry["oriented"] = {"width": turned.width, "height": turned.height,
                                 "rgb_sha256": hashlib.sha256(turned.tobytes()).hexdigest()}
        if lossy_webp:
            entry["lossy_webp"] = True
        self.entries.append(entry)


def saved(im, kind, **options):
    out = io.BytesIO()
    im.save(out, kind, **options)
    return out.getvalue()


def add_png(c):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    for color_type, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
        for depth in depths:
            px = samples(SMALL, channels[color_type], depth)
            plte = [(b"PLTE", b"".join(bytes(p) for p in palette_of(1 << depth)))] if color_type == 3 else []
            for interlace in (False, True):
                c.add(f"png-type{color_type}-{depth}bit{'-adam7' if interlace else ''}.png",
                      png(SMALL, color_type, depth, px, RNG, interlace, plte), alpha=color_type in (4, 6))
            if depth == 16 and color_type == 0:
                dark = [[(v % 600,) for (v,) in row] for row in px]
                c.add("png-type0-16bit-dark.png", png(SMALL, 0, 16, dark, RNG))
            if color_type in (0, 2):
                key = b"".join(s.to_bytes(2, "big") for s in px[3][4])
                # Pillow compares an unscaled key with scaled gray, and a 16-bit key with 8-bit colours.
                c.add(f"png-type{color_type}-{depth}bit-trns.png",
                      png(SMALL, color_type, depth, px, RNG, False, [(b"tRNS", key)]), alpha=depth in (1, 8))
            if color_type == 3:
                trns = [(b"tRNS", bytes(RNG.randrange(256) for _ in range(max(1, (1 << depth) * 3 // 4))))]
                c.add(f"png-type3-{depth}bit-trns.png",
                      png(SMALL, 3, depth, px, RNG, False, plte + trns), alpha=True)
    px8 = samples(SMALL, 1, 8)
    c.add("png-palette-short.png", png(SMALL, 3, 8, px8, RNG, False, [(b"PLTE", bytes(range(60)))]))
    px4 = samples(SMALL, 1, 4)
    c.add("png-palette-short-4bit.png", png(SMALL, 3, 4, px4, RNG, True, [(b"PLTE", bytes(range(9)))]))
    rgb = samples(SMALL, 3, 8)
    c.add("png-many-idat.png", png(SMALL, 2, 8, rgb, RNG, False, idat_parts=40))
    junk = [(b"gAMA", b"\0\0\xb1\x8f"), (b"cHRM", bytes(32)), (b"iCCP", b"bad\0\0not zlib"), (b"zTXt", b"x\0\0junk"),
            (b"pHYs", bytes(9)), (b"bKGD", bytes(6)), (b"tIME", bytes(7))]
    c.add("png-ancillary.png", png(SMALL, 2, 8, rgb, RNG, False, [junk[0], junk[4], junk[5], junk[6]]))
    for size in ((1, 1), (3, 1), (1, 5), (4, 4), (8, 9)):
        c.add(f"png-{size[0]}x{size[1]}-adam7.png", png(size, 2, 8, samples(size, 3, 8), RNG, True))
        c.add(f"png-{size[0]}x{size[1]}-1bit-adam7.png", png(size, 0, 1, samples(size, 1, 1), RNG, True))
    for value in (6, 3):
        c.add(f"png-exif{value}.png",
              png(SMALL, 2, 8, rgb, RNG, False, [(b"eXIf", exif_orientation(value, value == 3))]), orientation=True)
    frames = [picture(SMALL), picture(SMALL).rotate(180), picture(SMALL).transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
    c.add("png-animated.png", saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    c.add("png-animated-default.png",
          saved(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True))


def add_jpeg(c):
    small, wide = picture(SMALL), picture((46, 35))
    for quality in (25, 75, 96):
        for sampling in (0, 1, 2):
            c.add(f"jpeg-q{quality}-s{sampling}.jpg", saved(small, "JPEG", quality=quality, subsampling=sampling))
    for sampling in (0, 1, 2):
        c.add(f"jpeg-progressive-s{sampling}.jpg",
              saved(wide, "JPEG", quality=85, subsampling=sampling, progressive=True))
    c.add("jpeg-gray.jpg", saved(small.convert("L"), "JPEG", quality=85))
    c.add("jpeg-gray-progressive.jpg", saved(small.convert("L"), "JPEG", quality=85, progressive=True))
    for size in ((1, 1), (2, 2), (3, 5), (7, 9), (8, 8), (17, 1), (1, 17), (16, 16), (5, 40)):
        c.add(f"jpeg-{size[0]}x{size[1]}.jpg", saved(picture(size), "JPEG", quality=80))
    ppm = saved(wide, "PPM")
    for name, options in (("440", "-sample 1x2"), ("440-progressive", "-sample 1x2 -progressive"),
                          ("411", "-sample 4x1"), ("410", "-sample 4x2"), ("mixed", "-sample 2x2,2x1,1x2"),
                          ("chroma-finer", "-sample 1x1,2x2,1x1"), ("restart", "-restart 1"), ("rgb", "-rgb"),
                          ("gray-2x2", "-grayscale -sample 2x2"), ("optimized", "-optimize -quality 60")):
        data = subprocess.run(["cjpeg", *options.split()], input=ppm, capture_output=True, check=True).stdout
        c.add(f"jpeg-{name}.jpg", data)
    base = saved(wide, "JPEG", quality=90, subsampling=1)
    c.add("jpeg-rotated-422.jpg",
          subprocess.run(["jpegtran", "-rotate", "90"], input=base, capture_output=True, check=True).stdout)
    c.add("jpeg-no-jfif.jpg", jpeg_without(base, {0xE0}))
    c.add("jpeg-no-jfif-444.jpg", jpeg_without(saved(small, "JPEG", subsampling=0), {0xE0}))
    c.add("jpeg-adobe-ycc.jpg", jpeg_adobe(jpeg_without(base, {0xE0}), 1))
    c.add("jpeg-adobe-rgb.jpg", jpeg_adobe(jpeg_without(saved(small, "JPEG", subsampling=0), {0xE0}), 0))
    c.add("jpeg-jfif-adobe-rgb.jpg", jpeg_adobe(saved(small, "JPEG", subsampling=0), 0))
    c.add("jpeg-trailing.jpg", base + b"trailing bytes" * 9)
    c.add("jpeg-bad-icc.jpg", jpeg_insert(base, 0xE2, b"ICC_PROFILE\0\1\1 not a profile"))
    c.add("jpeg-comment.jpg", jpeg_insert(base, 0xFE, b"a comment \xff\xd9"))
    r, g, b = wide.split()
    cmyk = Image.merge("CMYK", (r, g, b, wide.convert("L")))
    for sampling in (0, 2):
        data = saved(cmyk, "JPEG", quality=88, subsampling=sampling)
        c.add(f"jpeg-cmyk-s{sampling}.jpg", data)
        c.add(f"jpeg-ycck-s{sampling}.jpg", jpeg_adobe(data, 2))
        c.add(f"jpeg-cmyk-no-adobe-s{sampling}.jpg", jpeg_without(data, {0xEE}))
    for value in range(1, 9):
        tagged = jpeg_insert(base, 0xE1, b"Exif\0\0" + exif_orientation(value, value % 2 == 0))
        c.add(f"jpeg-exif{value}.jpg", tagged, orientation=True)
    c.add("jpeg-large.jpg", saved(picture((331, 217)), "JPEG", quality=70))


def add_gif(c):
    im = picture(SMALL)
    w, h = SMALL
    for colors in (2, 3, 16, 64, 256):
        c.add(f"gif-{colors}-colors.gif", saved(im.quantize(colors), "GIF"))
    c.add("gif-interlaced.gif", saved(im.quantize(100), "GIF", interlace=1))
    c.add("gif-gray.gif", saved(im.convert("L"), "GIF"))
    c.add("gif-animated.gif", saved(im.quantize(32), "GIF", save_all=True,
                                    append_images=[im.rotate(180).quantize(32)], duration=100))
    flat = [RNG.randrange(8) for _ in range(w * h)]
    pal = palette_of(8)
    frame = dict(at=(0, 0), size=SMALL, indices=flat, bits=3)
    c.add("gif-87a.gif", gif(SMALL, [frame], pal, version=b"GIF87a"))
    c.add("gif-transparent.gif", gif(SMALL, [frame | dict(transparent=3)], pal), alpha=True)
    c.add("gif-local-palette.gif", gif(SMALL, [frame | dict(palette=palette_of(8))], pal))
    c.add("gif-only-local-palette.gif", gif(SMALL, [frame | dict(palette=palette_of(8))]))
    c.add("gif-no-palette.gif", gif(SMALL, [frame]))
    c.add("gif-short-palette.gif", gif(SMALL, [frame], palette_of(4)))
    c.add("gif-index-out-of-range.gif", gif(SMALL, [frame], palette_of(2)))
    c.add("gif-rows.gif", gif(SMALL, [frame | dict(interlace=True)], pal))
    c.add("gif-offset.gif", gif((50, 40), [frame | dict(at=(5, 9))], pal, background=2))
    c.add("gif-offset-transparent.gif",
          gif((50, 40), [frame | dict(at=(5, 9), transparent=6)], pal, background=2), alpha=True)
    c.add("gif-beyond-screen.gif", gif((20, 30), [frame | dict(at=(4, 2))], pal))
    c.add("gif-screen-0x0.gif", gif((0, 0), [frame], pal))
    c.add("gif-two-frames-offset.gif",
          gif((50, 40), [frame, frame | dict(at=(9, 9), palette=palette_of(8))], pal))


def add_bmp(c):
    im = picture(SMALL)
    w, h = SMALL
    c.add("bmp-24.bmp", saved(im, "BMP"))
    c.add("bmp-8.bmp", saved(im.quantize(200), "BMP"))
    c.add("bmp-gray.bmp", saved(im.convert("L"), "BMP"))
    c.add("bmp-1.bmp", saved(im.convert("1"), "BMP"))
    rgba = im.copy()
    rgba.putalpha(im.convert("L"))
    c.add("bmp-32-pillow.bmp", saved(rgba, "BMP"))
    px = im.load()
    for depth in (1, 4, 8):
        index = [[RNG.randrange(1 << depth) for _ in range(w)] for _ in range(h)]
        rows = [packed_row(r, depth) for r in index]
        c.add(f"bmp-palette-{depth}.bmp", bmp(SMALL, depth, rows, palette=palette_of(1 << depth)))
        c.add(f"bmp-palette-{depth}-os2.bmp", bmp(SMALL, depth, rows, header=12, palette=palette_of(1 << depth)))
        c.add(f"bmp-palette-{depth}-top-down.bmp",
              bmp(SMALL, depth, rows, palette=palette_of(1 << depth), top_down=True))
    bgr = [b"".join(bytes(px[x, y][::-1]) for x in range(w)) for y in range(h)]
    c.add("bmp-24-top-down.bmp", bmp(SMALL, 24, bgr, top_down=True))
    c.add("bmp-24-os2.bmp", bmp(SMALL, 24, bgr, header=12))
    c.add("bmp-24-v5.bmp", bmp(SMALL, 24, bgr, header=124))
    words = [[RNG.randrange(65536) for _ in range(w)] for _ in range(h)]
    rows16 = [b"".join(v.to_bytes(2, "little") for v in r) for r in words]
    c.add("bmp-16-555.bmp", bmp(SMALL, 16, rows16))
    c.add("bmp-16-565-masks.bmp", bmp(SMALL, 16, rows16, masks=(0xF800, 0x7E0, 0x1F)))
    c.add("bmp-16-555-masks.bmp", bmp(SMALL, 16, rows16, masks=(0x7C00, 0x3E0, 0x1F)))
    rows32 = [b"".join(bytes(px[x, y][::-1]) + bytes([RNG.randrange(256)]) for x in range(w)) for y in range(h)]
    c.add("bmp-32.bmp", bmp(SMALL, 32, rows32))
    c.add("bmp-32-masks.bmp", bmp(SMALL, 32, rows32, masks=(0xFF0000, 0xFF00, 0xFF)))
    c.add("bmp-32-alpha-v4.bmp",
          bmp(SMALL, 32, rows32, header=108, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)), alpha=True)
    c.add("bmp-32-rgba-v5.bmp",
          bmp(SMALL, 32, rows32, header=124, masks=(0xFF000000, 0xFF0000, 0xFF00, 0xFF)), alpha=True)
    rle = bytearray()
    for y in range(11):
        rle += bytes([5, 3 + y, 2, 1]) + (bytes([0, 5, 9, 8, 7, 6, 5, 0]) if y % 2 else bytes([5, 200])) + bytes([0, 0])
    # No delta codes and no literals of odd length: Pillow 9.4 misreads them.
    c.add("bmp-rle8.bmp",
          bmp((12, 11), 8, None, palette=palette_of(256), compression=1, raw=bytes(rle) + bytes([0, 1])))
    rle = bytearray()
    for y in range(11):
        rle += bytes([6, 0x3A + y]) + (bytes([0, 6, 0x98, 0x76, 0x54, 0]) if y % 2 else bytes([6, 0xC1])) + bytes(2)
    c.add("bmp-rle4.bmp",
          bmp((12, 11), 4, None, palette=palette_of(16), compression=2, raw=bytes(rle) + bytes([0, 1])))


def add_webp(c):
    im = picture(SMALL)
    rgba = im.copy()
    rgba.putalpha(im.convert("L").point(lambda v: 0 if v < 90 else v))
    c.add("webp-lossless.webp", saved(im, "WEBP", lossless=True))
    c.add("webp-lossless-alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True), alpha=True)
    c.add("webp-lossless-best.webp", saved(picture((150, 90)), "WEBP", lossless=True, quality=100, method=6))
    c.add("webp-lossless-smooth.webp",
          saved(picture((150, 90), False), "WEBP", lossless=True, quality=100, method=6))
    for colors in (1, 2, 3, 4, 5, 16, 17, 200):
        c.add(f"webp-lossless-{colors}-colors.webp",
              saved(im.quantize(colors).convert("RGB"), "WEBP", lossless=True, method=6))
    c.add("webp-lossless-gray.webp", saved(im.convert("L"), "WEBP", lossless=True))
    for size in ((1, 1), (2, 1), (1, 3), (65, 2)):
        c.add(f"webp-lossless-{size[0]}x{size[1]}.webp", saved(picture(size), "WEBP", lossless=True))
        c.add(f"webp-lossy-{size[0]}x{size[1]}.webp", saved(picture(size), "WEBP", quality=70), lossy_webp=True)
    for quality in (5, 50, 80, 98):
        c.add(f"webp-lossy-q{quality}.webp", saved(im, "WEBP", quality=quality), lossy_webp=True)
    c.add("webp-lossy-large.webp", saved(picture((331, 217)), "WEBP", quality=60, method=6), lossy_webp=True)
    c.add("webp-lossy-alpha.webp", saved(rgba, "WEBP", quality=75, exact=True), alpha=True, lossy_webp=True)
    frames = [rgba, im.rotate(180).convert("RGBA")]
    c.add("webp-animated-lossless.webp",
          saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True), alpha=True)
    c.add("webp-animated-lossy.webp",
          saved(im, "WEBP", save_all=True, append_images=[im.rotate(180)], quality=70), lossy_webp=True)
    moved = []
    for kind, body in riff_chunks(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)):
        if kind == b"VP8X":
            body = body[:4] + (49).to_bytes(3, "little") + (39).to_bytes(3, "little")
        if kind == b"ANMF":
            body = (2).to_bytes(3, "little") + (5).to_bytes(3, "little") + body[6:]
        moved.append((kind, body))
    c.add("webp-animated-offset.webp", riff(moved), alpha=True)
    exif = exif_orientation(6)
    c.add("webp-lossless-exif6.webp", saved(im, "WEBP", lossless=True, exif=exif), orientation=True)


def main():
    c = Corpus(sys.argv[1])
    RNG.seed("png")
    add_png(c)
    RNG.seed("jpeg")
    add_jpeg(c)
    RNG.seed("gif")
    add_gif(c)
    RNG.seed("bmp")
    add_bmp(c)
    RNG.seed("webp")
    add_webp(c)
    versions = {"python": sys.version.split()[0], "pillow": PIL.__version__,
                "libjpeg_turbo": features.version("libjpeg_turbo"), "webp": features.version("webp"),
                "zlib": features.version("zlib")}
    with open(os.path.join(c.folder, "pixels.rgb.gz"), "wb") as f:
        f.write(gzip.compress(bytes(c.pixels), 9, mtime=0))
    with open(os.path.join(c.folder, "corpus.json"), "w") as f:
        json.dump({"script": "tools/vision/make_corpus.py", "versions": versions, "images": c.entries}, f, indent=1)
        f.write("\n")
    print(len(c.entries), "pictures", versions)


if __name__ == "__main__":
    main()
