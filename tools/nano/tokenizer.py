"""Byte-pair tokenizer in the tiktoken file format with Kimi's pre-tokenization, and the trainer of its small vocabulary."""
import base64
import collections
import os
import re
import sys
import unicodedata

CHECKPOINT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "kimi-nano", "src", "main",
                                           "resources", "org", "kimi4j", "nano", "checkpoint"))
VOCABULARY = os.path.join(CHECKPOINT, "tiktoken.model")        # the vocabulary every script works with
RESERVED = 256                                              # special tokens follow the base vocabulary
NAMED = {0: "[BOS]", 1: "[EOS]", 2: "<|im_end|>", 3: "<|im_user|>", 4: "<|im_assistant|>", 6: "<|start_header_id|>",
         7: "<|end_header_id|>", 9: "[EOT]", 10: "<|im_system|>", 11: "<|tool_calls_section_begin|>",
         12: "<|tool_calls_section_end|>", 13: "<|tool_call_begin|>", 14: "<|tool_call_argument_begin|>",
         15: "<|tool_call_end|>", 17: "<|im_middle|>", 18: "<|media_begin|>", 19: "<|media_content|>",
         20: "<|media_end|>", 21: "<|media_pad|>", 22: "<think>", 23: "</think>", 254: "[UNK]", 255: "[PAD]"}
NOT_SPECIAL = {11, 12, 13, 14, 15, 22, 23}                  # special: false in tokenizer_config.json
HAN = [(0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029),
       (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFA6D), (0xFA70, 0xFAD9), (0x16FE2, 0x16FE3),
       (0x16FF0, 0x16FF1), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1),
       (0x2CEB0, 0x2EBE0), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x323AF)]
WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def _pattern():
    """The regex of the specification, written with explicit character ranges because `re` has no \\p{..}."""
    classes = collections.defaultdict(list)

    def add(key, c):
        runs = classes[key]
        if runs and runs[-1][1] == c - 1:
            runs[-1][1] = c
        else:
            runs.append([c, c])

    han = set()
    for low, high in HAN:
        han.update(range(low, high + 1))
    for c in range(sys.maxunicode + 1):
        if 0xD800 <= c < 0xE000:
            continue
        cat = unicodedata.category(chr(c))
        if cat[0] == "L":
            add("L", c)
        if cat[0] == "N":
            add("N", c)
        if c not in han:
            if cat in ("Lu", "Lt", "Lm", "Lo") or cat[0] == "M":
                add("upper", c)
            if cat in ("Ll", "Lm", "Lo") or cat[0] == "M":
                add("lower", c)
    text = lambda runs: "".join(re.escape(chr(a)) + ("-" + re.escape(chr(b)) if b > a else "") for a, b in runs)
    letter, number, upper, lower = (text(classes[k]) for k in ("L", "N", "upper", "lower"))
    tail = "(?:'[sS\u017f]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?"
    return re.compile("|".join([
        f"[{text(HAN)}]+",
        f"[^\r\n{letter}{number}]?[{upper}]*[{lower}]+{tail}",
        f"[^\r\n{letter}{number}]?[{upper}]+[{lower}]*{tail}",
        f"[{number}]{{1,3}}",
        f" ?[^{WHITE}{letter}{number}]+[\r\n]*",
        f"[{WHITE}]*[\r\n]+",
        f"[{WHITE}]+(?![^{WHITE}])",
        f"[{WHITE}]+"]))


PATTERN = _pattern()


def byte_order():
    """Single bytes take ranks 0..255 with printable characters first, as in the official file."""
    printable = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b <= 255]
    return printable + [b for b in range(256) if b not in printable]


def train(texts, base_size):
    """Learns base_size - 256 merges. Digits are never merged: sums are easier to learn digit by digit."""
    counts = collections.Counter()
    for t in texts:
        counts.update(p for p in PATTERN.findall(t) if not p[0].isnumeric())
    words = [[bytes([b]) for b in p.encode()] for p in counts]
    weight = list(counts.values())
    ranks = {bytes([b]): i for i, b in enumerate(byte_order())}
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, w in enumerate(words):
        for pair in zip(w, w[1:]):
            pairs[pair] += weight[i]
            where[pair].add(i)
    while len(ranks) < base_size:
        best = max(pairs, key=lambda p: (pairs[p], p))
        token = best[0] + best[1]
        ranks[token] = len(ranks)
        for i in list(where[best]):
            w = words[i]
            for pair in zip(w, w[1:]):
                pairs[pair] -= weight[i]
            merged, k = [], 0
            while k < len(w):
                if k + 1 < len(w) and (w[k], w[k + 1]) == best:
                    merged.append(token)
                    k += 2
                else:
                    merged.append(w[k])
                    k += 1
            words[i] = merged
            for pair in zip(merged, merged[1:]):
                pairs[pair] += weight[i]
                where[pair].add(i)
        del pairs[best], where[best]
    return ranks


def save(ranks, path):
    with open(path, "w") as f:
        for token, rank in sorted(ranks.items(), key=lambda x: x[1]):
            f.write(base64.b64encode(token).decode() + f" {rank}\n")


class Tokenizer:
    def __init__(self, path):
        self.ranks = {}
        for line in open(path):
            token, rank = line.split()
            self.ranks[base64.b64decode(token)] = int(rank)
        self.base = len(self.ranks)
        self.vocab_size = self.base + RESERVED
        self.names = {self.base + k: NAMED.get(k, f"<|reserved_token_{self.base + k}|>") for k in range(RESERVED)}
        self.ids = {v: k for k, v in self.names.items()}
        self.bytes_of = {v: k for k, v in self.ranks.items()}
        self.cache = {}

    def special(self, name):
        return self.ids[name]

    def _piece(self, piece):
        got = self.cache.get(piece)
        if got is None:
            parts = [bytes([b]) for b in piece.encode()]
            while len(parts) > 1:
                best, at = min((self.ranks.get(parts[i] + parts[i + 1], 1 << 30), i) for i in range(len(parts) - 1))
                if best == 1 << 30:
                    break
                parts[at:at + 2] = [parts[at] + parts[at + 1]]
            got = self.cache[piece] = [self.ranks[p] for p in parts]
        return got

    def encode(self, text):
        """Plain text: special strings are not recognised."""
        out = []
        for p in PATTERN.findall(text):
            out += self._piece(p)
        return out

    def encode_segments(self, segments, media_tokens=()):
        """ids, and for every id whether it is to be learnt and the media item it belongs to (or -1).

        Neighbouring plain segments are one run of text, as they would be in the rendered string."""
        ids, learn, media = [], [], []
        run, run_learn = "", False

        def flush():
            nonlocal run
            new = self.encode(run)
            ids.extend(new)
            learn.extend([run_learn] * len(new))
            media.extend([-1] * len(new))
            run = ""

        for s in segments:
            if not s.special:
                run, run_learn = run + s.text, s.learn
                continue
            flush()
            n = media_tokens[s.media] if s.media >= 0 else 1
            ids.extend([self.ids[s.text]] * n)
            learn.extend([s.learn] * n)
            media.extend([s.media] * n)
        flush()
        return ids, learn, media

    def decode(self, ids, skip_special=False):
        out = b""
        for i in ids:
            out += self.bytes_of[i] if i < self.base else b"" if skip_special else self.names[i].encode()
        return out.decode("utf-8", "replace")


def main():
    """python3 tokenizer.py OUT [BASE_SIZE]: learn the vocabulary on generated conversations."""
    import chat
    import world
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 1280
    texts = []
    for i in range(24000):
        s = world.sample(i, "vocabulary")
        run = ""
        for seg in chat.render_training(s["messages"], s["tools"], s["thinking"], s["media"]):
            if seg.special:
                texts.append(run)
                run = ""
            else:
                run += seg.text
    ranks = train(texts, size)
    save(ranks, sys.argv[1])
    tokenizer = Tokenizer(sys.argv[1])
    total = sum(len(tokenizer.encode(t)) for t in texts)
    assert all(tokenizer.decode(tokenizer.encode(t)) == t for t in texts[:3000])
    print(f"{len(ranks)} tokens, {total / 24000:.1f} text tokens per conversation, {sum(map(len, texts)) / total:.2f} characters per token")


if __name__ == "__main__":
    main()
