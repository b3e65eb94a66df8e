"""Teaches the finished kimi-nano the skills of lesson.py and writes the tensors that changed.

    python3 teach.py OUT.safetensors [--steps 2400]
    python3 teach.py OUT.safetensors --measure 50

Most weights stay: the embeddings, the routed experts and their router, the vision tower. Only the attention's projections and
the shared experts of the last layers learn, so that OUT is small; laid over the bundled checkpoint it makes the taught model.
Half of the conversations are those of world.py, so that what the model could do before stays. With --measure nothing is
learnt: held-out conversations of the lesson and of world.py are answered greedily by the bundled and by the taught model.

One process with one thread; data and order follow from the seed. See train.py for the two settings of the environment that
make it about twice as fast.
"""
import argparse
import collections
import math
import os
import random
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import data
import evaluate
import export
import lesson
import world
from tokenizer import CHECKPOINT, VOCABULARY, Tokenizer
from train import BF16, look, orthogonal

POOL = 320
TASKS = 6                           # of the lesson
SHARED = (3, 4)                     # layers whose shared experts learn


def parts(model):
    """The tensors that learn, by their names in a checkpoint."""
    out = {}
    for i, layer in enumerate(model.layers):
        p = f"language_model.model.layers.{i}"
        for n in export.PROJECTIONS:
            out[f"{p}.self_attn.{n}.weight"] = getattr(layer.self_attn, n)
        if i in SHARED:
            for n in ("gate_proj", "up_proj", "down_proj"):
                out[f"{p}.mlp.shared_experts.{n}.weight"] = getattr(layer.mlp.shared_experts, n)
    return out


def lay_over(model, path):
    for name, value in export.read_safetensors(path).items():
        parts(model)[name].data.copy_(value)
    return model


def conversation(index):
    """One half new, one half old; of the old ones a third with pictures."""
    r = random.Random(f"{lesson.SEED}:mix:{index}")
    if r.random() < 0.55:
        return lesson.sample(index)
    kind = r.choice(["text", "text", "text", "tools", "tools", "tools", "memory", "swarm", "subagent", "picture", "picture", "picture",
                     "two_pictures", "video"])
    return world.sample(index, "lesson", kind)


def batches(tokenizer, budget):
    """Endless batches of nearly equal length and cost."""
    pool = 0
    while True:
        encoded = []
        for index in range(pool * POOL, (pool + 1) * POOL):
            s = conversation(index)
            ids, learn, where = data.encode(s, tokenizer)
            if len(ids) <= data.LONGEST:
                encoded.append((ids, learn, where, s["media"]))
        ready, batch = [], []
        for e in sorted(encoded, key=lambda e: len(e[0])):
            if batch and data.cost(len(e[0]), len(batch) + 1, batch + [e]) > budget:
                ready.append(batch)
                batch = []
            batch.append(e)
        ready.append(batch)
        random.Random(f"{lesson.SEED}:batches:{pool}").shuffle(ready)
        pool += 1
        for b in ready:
            yield pool, *data.collate(b)


def teach(model, args):
    tokenizer, learnt = Tokenizer(VOCABULARY), list(parts(model).values())
    reader = nn.Linear(model.text["hidden_size"], sum(len(n) + 1 for _, n in data.AUX))      # look() names shapes; unused here
    for p in model.parameters():
        p.requires_grad_(False)
    for p in learnt:
        p.requires_grad_(True)
    momentum = [torch.zeros_like(p) for p in learnt]
    begin, mean, step, last = time.time(), 0.0, 0, 0.0
    for pool, ids, learn, groups in batches(tokenizer, args.budget):
        progress = step / args.steps
        if step == args.steps:
            break
        ids, learn = torch.from_numpy(ids), torch.from_numpy(learn)
        media = None
        if groups:
            with torch.no_grad():
                media = look(model, reader, groups)[:2]
        hidden = model.hidden(ids, media, BF16)
        pick = learn[:, 1:].reshape(-1).nonzero().squeeze(1)
        logits = model.logits(hidden[:, :-1].flatten(0, 1)[pick], BF16).float()
        loss = F.cross_entropy(logits, ids[:, 1:].reshape(-1)[pick])
        for p in learnt:
            p.grad = None
        loss.backward()
        nn.utils.clip_grad_norm_(learnt, 1.0)
        rate = args.rate * min(1, (step + 1) / 60) * max(1 - progress, 0.01)
        with torch.no_grad():
            for p, m in zip(learnt, momentum):
                m.mul_(0.95).add_(p.grad)
                p.add_(orthogonal(p.grad + 0.95 * m), alpha=-rate * 0.2 * math.sqrt(max(p.shape)))
        step += 1
        mean = loss.item() if mean == 0 else 0.97 * mean + 0.03 * loss.item()
        if time.time() - last > 20:
            last = time.time()
            print(f"step {step} conversations {pool * POOL} loss {mean:.4f} seconds {last - begin:.0f}", flush=True)
    tensors = {name: export.bf16(p) for name, p in parts(model).items()}
    print(f"{step} steps, {pool * POOL} conversations, {export.write_safetensors(args.out, tensors)} tensor bytes")


def heldout(per_task):
    """The same number of held-out samples of every task: the lesson's, then world.py's."""
    table, index = collections.defaultdict(list), 0
    while len(table) < TASKS or any(len(t) < per_task for t in table.values()):
        s = lesson.sample(index, "eval")
        if len(table[s["task"]]) < per_task:
            table[s["task"]].append(s)
        index += 1
    return dict(sorted(table.items())) | evaluate.cases(per_task)


def measure(args):
    tokenizer, table = Tokenizer(VOCABULARY), heldout(args.measure)
    flat = [s for samples in table.values() for s in samples]
    before = evaluate.measure(export.load(CHECKPOINT), tokenizer, flat)
    after = evaluate.measure(lay_over(export.load(CHECKPOINT), args.out), tokenizer, flat)
    shown, tally = collections.Counter(), collections.defaultdict(lambda: [0, 0, 0])
    for s, (was, *_), (right, reasoning, content, calls) in zip(flat, before, after):
        for key in (s["task"], "new, mean" if s["task"].startswith("lesson") else "old, mean"):
            tally[key] = [a + b for a, b in zip(tally[key], (was, right, 1))]
        if not right and shown[s["task"]] < args.wrong:
            shown[s["task"]] += 1
            print(f"{s['task']}: {[m['content'] for m in s['messages'][:-1]]}\n   expected {evaluate.expected(s['messages'][-1])}"
                  f"\n   got {reasoning!r} {content!r} {calls}")
    print(f"{'task':24} {'bundled':>8} {'taught':>8} {'n':>5}")
    for task, (was, right, n) in sorted(tally.items()):
        print(f"{task:24} {100 * was / n:6.0f} % {100 * right / n:6.0f} % {n:5}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--steps", type=int, default=2400)
    p.add_argument("--budget", type=int, default=2900, help="cost of a batch in text positions")
    p.add_argument("--rate", type=float, default=4e-3)
    p.add_argument("--measure", type=int, default=0, help="held-out conversations per task")
    p.add_argument("--wrong", type=int, default=0, help="show this many wrong answers per task")
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if args.measure:
        return measure(args)
    torch.manual_seed(lesson.SEED)
    teach(export.load(CHECKPOINT), args)


if __name__ == "__main__":
    main()
