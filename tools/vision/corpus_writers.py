"""Writers for the encodings that Pillow reads but does not write: every PNG depth, odd GIF and BMP layouts, RIFF."""

import struct
import zlib


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered_rows(rows, bpp, rng):
    """PNG filtering; a random filter per row, so that all five occur."""
    out = bytearray()
    previous = bytes(len(rows[0])) if rows else b""
    for row in rows:
        kind = rng.randrange(5)
        out.append(kind)
        for i, value in enumerate(row):
            a = row[i - bpp] if i >= bpp else 0
            b = previous[i]
            c = previous[i - bpp] if i >= bpp else 0
            guess = (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]
            out.append((value - guess) & 255)
        previous = row
    return bytes(out)


def packed_row(samples, depth):
    """One row of samples at 1, 2, 4, 8 or 16 bits."""
    if depth == 16:
        return b"".join(struct.pack(">H", s) for s in samples)
    if depth == 8:
        return bytes(samples)
    out, bits, n = bytearray(), 0, 0
    for s in samples:
        bits, n = (bits << depth) | s, n + depth
        if n == 8:
            out.append(bits)
            bits, n = 0, 0
    if n:
        out.append(bits << (8 - n))
    return bytes(out)


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(size, color_type, depth, pixels, rng, interlace=False, before=(), idat_parts=1, after=()):
    """pixels[y][x] is a tuple of samples; before and after are chunks (kind, body) around IDAT."""
    width, height = size
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color_type]
    bpp = max(1, channels * depth // 8)
    data = b""
    for x0, y0, dx, dy in ADAM7 if interlace else ((0, 0, 1, 1),):
        rows = []
        for y in range(y0, height, dy):
            samples = [s for x in range(x0, width, dx) for s in pixels[y][x]]
            if samples:
                rows.append(packed_row(samples, depth))
        data += filtered_rows(rows, bpp, rng)
    packed = zlib.compress(data, 9)
    out = b"\x89PNG\r\n\x1a\n"
    out += png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlace)))
    for kind, body in before:
        out += png_chunk(kind, body)
    step = -(-len(packed) // idat_parts)
    for i in range(0, len(packed), step):
        out += png_chunk(b"IDAT", packed[i : i + step])
    for kind, body in after:
        out += png_chunk(kind, body)
    return out + png_chunk(b"IEND", b"")


def exif_orientation(value, big_endian=False):
    """A TIFF block whose first directory has the tags make (padding) and orientation."""
    e = ">" if big_endian else "<"
    head = (b"MM" if big_endian else b"II") + struct.pack(e + "HI", 42, 8)
    make = struct.pack(e + "HHI4s", 0x010F, 2, 4, b"abc\0")
    orientation = struct.pack(e + "HHIHH", 0x0112, 3, 1, value, 0)
    return head + struct.pack(e + "H", 2) + make + orientation + struct.pack(e + "I", 0)


def jpeg_insert(data, marker, body):
    """The JPEG with one more segment behind SOI."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


def jpeg_without(data, markers):
    """The JPEG without the header segments of these kinds."""
    out, i = bytearray(data[:2]), 2
    while data[i + 1] != 0xDA:
        n = struct.unpack(">H", data[i + 2 : i + 4])[0] + 2
        if data[i + 1] not in markers:
            out += data[i : i + n]
        i += n
    return bytes(out) + data[i:]


def jpeg_adobe(data, transform):
    """The JPEG with an Adobe marker of this colour transform instead of the one it has."""
    body = b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform)
    return jpeg_insert(jpeg_without(data, {0xEE}), 0xEE, body)


def gif_lzw(indices, bits):
    """Uncompressed-style LZW: a clear code often enough that the code size never grows."""
    clear, size = 1 << bits, bits + 1
    acc, n, out, run = 0, 0, bytearray(), 0
    codes = []
    for i in indices:
        if run == 0:
            codes.append(clear)
        codes.append(i)
        run = (run + 1) % ((1 << bits) - 2 or 1)
    codes.append(clear + 1)
    for code in codes:
        acc |= code << n
        n += size
        while n >= 8:
            out.append(acc & 255)
            acc >>= 8
            n -= 8
    if n:
        out.append(acc)
    blocks = bytearray([bits])
    for i in range(0, len(out), 255):
        part = out[i : i + 255]
        blocks.append(len(part))
        blocks += part
    return bytes(blocks) + b"\0"


def gif(screen, frames, palette=None, background=0, version=b"GIF89a"):
    """frames: dicts with at, size, indices, bits, and optionally palette, transparent, interlace."""

    def table(colors):
        return b"".join(bytes(c) for c in colors)

    def code(colors):
        return {2: 0, 4: 1, 8: 2, 16: 3, 32: 4, 64: 5, 128: 6, 256: 7}[len(colors)]

    out = version + struct.pack("<HH", *screen)
    out += bytes([0x80 | code(palette) if palette else 0, background, 0]) + (table(palette) if palette else b"")
    out += b"\x21\xfe\x05hello\0"
    for f in frames:
        if "transparent" in f:
            out += b"\x21\xf9\x04" + bytes([0x05, 10, 0, f["transparent"]]) + b"\0"
        local = f.get("palette")
        flags = (0x80 | code(local) if local else 0) | (0x40 if f.get("interlace") else 0)
        out += b"\x2c" + struct.pack("<HHHH", *f["at"], *f["size"]) + bytes([flags]) + (table(local) if local else b"")
        rows = [f["indices"][y * f["size"][0] : (y + 1) * f["size"][0]] for y in range(f["size"][1])]
        if f.get("interlace"):
            rows = [rows[y] for s, d in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(s, len(rows), d)]
        out += gif_lzw([i for row in rows for i in row], f["bits"])
    return out + b"\x3b"


def bmp(size, bits, rows, header=40, palette=(), masks=None, top_down=False, compression=None, raw=None):
    """rows[y] is the packed row without its padding, top row first; raw replaces all rows."""
    width, height = size
    body = raw
    if body is None:
        ordered = rows if top_down else rows[::-1]
        body = b"".join(r + bytes(-len(r) % 4) for r in ordered)
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
        table = b"".join(bytes((b, g, r)) for r, g, b in palette)
        extra = b""
    else:
        kind = compression if compression is not None else (3 if masks else 0)
        head = struct.pack(
            "<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, kind, len(body), 2835, 2835,
            len(palette), 0)
        table = b"".join(bytes((b, g, r, 0)) for r, g, b in palette)
        extra = b""
        if masks:
            extra = b"".join(struct.pack("<I", m) for m in masks)
        if header > 40:
            head = (head + extra).ljust(header, b"\0")
            extra = b""
    start = 14 + len(head) + len(extra) + len(table)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + extra + table + body


def riff_chunks(data):
    i, out = 12, []
    while i + 8 <= len(data):
        n = struct.unpack("<I", data[i + 4 : i + 8])[0]
        out.append((data[i : i + 4], data[i + 8 : i + 8 + n]))
        i += 8 + n + (n & 1)
    return out


def riff(chunks):
    body = b"WEBP" + b"".join(k + struct.pack("<I", len(b)) + b + bytes(len(b) & 1) for k, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
