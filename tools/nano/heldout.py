"""Writes held-out conversations as one text, for measuring what quantising a model loses.

    python3 heldout.py OUT.txt.gz [TOKENS]

Rendered by the chat template, control tokens by their names, [EOS] after each conversation. Conversations without pictures,
from a stream of random numbers that training never sees, until there are TOKENS tokens (100,000 by default). The same bytes
on every run.
"""
import gzip
import sys

import chat
import world
from tokenizer import VOCABULARY, Tokenizer

SPLIT = "heldout"
KINDS = ["text", "text", "text", "memory", "tools", "tools", "swarm", "subagent"]
LONGEST = 640           # as in training


def main():
    out, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    tokenizer = Tokenizer(VOCABULARY)
    documents, tokens, index = [], 0, 0
    while tokens < wanted:
        s = world.sample(index, SPLIT, KINDS[index % len(KINDS)])
        index += 1
        segments = chat.render_training(s["messages"], s["tools"], s["thinking"])
        count = len(tokenizer.encode_segments(segments)[0])
        if count <= LONGEST:
            documents.append("".join(x.text for x in segments))
            tokens += count
    with gzip.GzipFile(filename="", mode="wb", fileobj=open(out, "wb"), mtime=0) as f:
        f.write("".join(d + "[EOS]" for d in documents).encode())
    print(f"{len(documents)} conversations, {tokens} tokens")


if __name__ == "__main__":
    main()
