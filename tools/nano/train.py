"""Trains kimi-nano.

    python3 train.py --out DIR [--minutes 46] [--vision-minutes 3] [--processes 2]

First the vision tower and projector learn to name what is drawn in every cell of a picture (labels that only the generator
knows; the reading head is thrown away). Then everything is trained together on conversations, with the loss on what the
assistant says. Matrices are updated by Muon, everything else by AdamW. The routed experts are trained as INT4 for the last
part. Checkpoints are written every few minutes; running the same command again continues.

Every process works on its own batches with one thread. The parameters lie in shared memory; gradients are averaged there and
every process updates its share of the parameters. Much time goes into memory allocation and kernel compilation: an allocator
that keeps its pages (LD_PRELOAD=libjemalloc.so.2 MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1) and a larger kernel cache
(ONEDNN_PRIMITIVE_CACHE_CAPACITY=8192) make it about twice as fast.
"""
import argparse
import math
import os
import time

import torch
import torch.multiprocessing as mp
import torch.nn as nn
import torch.nn.functional as F

import data
import world
from model import KimiNano
from positions import add_position_heads, frozen
from tokenizer import VOCABULARY, Tokenizer

BF16 = torch.bfloat16


def orthogonal(g):
    """Newton-Schulz iteration: the nearest matrix with all singular values about 1; works on stacks of matrices."""
    x = g.to(BF16)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2)
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True).to(BF16) + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return (x.transpose(-1, -2) if tall else x).float()


def is_matrix(name, p):
    if name.endswith("mlp.gate") or any(k in name for k in ("embed_tokens", "lm_head", "pos_emb", "reader")):
        return False
    return p.ndim >= 2


class Shared:
    """Parameters, gradient buffers and the update of one process's share of them."""

    def __init__(self, named, processes, muon_lr, adam_lr, decay=0.02):
        self.muon_lr, self.adam_lr, self.decay, self.processes = muon_lr, adam_lr, decay, processes
        self.named = named
        self.barrier = mp.get_context("fork").Barrier(processes)
        self.keep = {}                                              # weights that stay: index -> (mask, values)
        self.grads = [[torch.zeros_like(p).share_memory_() for _, p in named] for _ in range(processes)]

    def join(self, rank):
        """Called once in every process: the shares are balanced by the work they cause."""
        self.rank = rank
        cost = lambda n, p: p.numel() * (10 if is_matrix(n, p) else 1)
        load, self.mine = [0] * self.processes, []
        for i in sorted(range(len(self.named)), key=lambda i: (-cost(*self.named[i]), i)):
            k = load.index(min(load))
            load[k] += cost(*self.named[i])
            if k == rank:
                self.mine.append(i)
        self.matrices = [i for i in self.mine if is_matrix(*self.named[i])]
        self.momentum = {i: torch.zeros_like(self.named[i][1]) for i in self.matrices}
        rest = [self.named[i][1] for i in self.mine if i not in self.momentum] or [torch.zeros(1)]
        self.adam = torch.optim.AdamW(rest, lr=self.adam_lr, betas=(0.9, 0.98), weight_decay=0.0, eps=1e-9)

    def zero(self):
        for _, p in self.named:
            p.grad = None

    @torch.no_grad()
    def step(self, factor):
        for buffer, (_, p) in zip(self.grads[self.rank], self.named):
            buffer.zero_() if p.grad is None else buffer.copy_(p.grad)
        self.barrier.wait()
        for i in self.mine:
            self.named[i][1].grad = sum(g[i] for g in self.grads) / self.processes
        for group in self.adam.param_groups:
            group["lr"] = self.adam_lr * factor
        self.adam.step()
        lr = self.muon_lr * factor
        for i in self.matrices:
            p, m = self.named[i][1], self.momentum[i]
            m.mul_(0.95).add_(p.grad)
            u = orthogonal(p.grad + 0.95 * m)
            p.mul_(1 - lr * self.decay).add_(u, alpha=-lr * 0.2 * math.sqrt(max(p.shape[-2:])))
        for i, (mask, value) in self.keep.items():
            p = self.named[i][1]
            p.copy_(torch.where(mask, value, p))
        self.barrier.wait()


def look(model, reader, groups):
    """Rows for all media of a batch, their positions, and the loss of naming what is in every cell."""
    rows, where, losses, cells = [], [], [], 0
    for (t, h, w), patches, position, labels in groups:
        x = (torch.from_numpy(patches).float() / 255 - 0.5) / 0.5
        y = model.vision(x, t, h, w, BF16).flatten(0, 1)
        rows.append(y)
        if position is not None:
            where.append(torch.from_numpy(position))
        if labels.max() >= 0:
            target, start, out = torch.from_numpy(labels), 0, reader(y)
            for k, (_, names) in enumerate(data.AUX):
                n = len(names) + 1
                losses.append(F.cross_entropy(out[:, start:start + n], target[:, k], reduction="sum"))
                start += n
            cells += len(y)
    naming = sum(losses) / max(cells, 1) if losses else torch.zeros(())
    return (torch.cat(where) if where else None), torch.cat(rows), naming


def typical_text(rows=24, length=100):
    """[rows, length] ids of conversations without pictures"""
    tokenizer, out, index = Tokenizer(VOCABULARY), [], 0
    while len(out) < rows:
        s = world.sample(index, "positions", "text" if index % 2 else "tools")
        ids = data.encode(s, tokenizer)[0]
        if len(ids) >= length:
            out.append(ids[:length])
        index += 1
    return torch.tensor(out)


def train_vision(rank, args, model, reader, shared, clock, say):
    begin, step = time.time(), 0
    for index, groups in data.pictures(rank * 10_000_000):
        if rank == 0:
            clock[0] = (time.time() - begin) / (60 * args.vision_minutes)
        shared.barrier.wait()
        progress = clock[0].item()
        if progress >= 1:
            break
        shared.zero()
        _, _, loss = look(model, reader, groups)
        loss.backward()
        shared.step(min(1, (step + 1) / 50) * (1 - 0.85 * progress))
        step += 1
        if step % 50 == 0:
            say(f"vision step {step} pictures {step * 64 * args.processes} loss {loss.item():.4f} seconds {time.time() - begin:.0f}")


def train_all(rank, args, model, reader, shared, clock, say):
    path = os.path.join(args.out, "last.pt")
    state = {"step": 0, "pool": rank, "elapsed": 0.0, "tokens": 0, "learnt": 0}
    mine = os.path.join(args.out, f"last-{rank}.pt")
    if os.path.exists(mine):
        saved = torch.load(mine)
        shared.momentum, state = saved["momentum"], saved["state"]
        shared.adam.load_state_dict(saved["adam"])
    elif rank == 0:
        add_position_heads(model, typical_text())
    shared.barrier.wait()
    shared.keep = {i: (mask, shared.named[i][1].detach().clone()) for i, (n, _) in enumerate(shared.named)
                   for mask in [frozen(model).get(n)] if mask is not None and i in shared.mine}

    def save():
        torch.save({"momentum": shared.momentum, "adam": shared.adam.state_dict(), "state": state}, mine + ".new")
        if rank == 0:
            torch.save({"model": model.state_dict(), "reader": reader.state_dict(), "state": state}, path + ".new")
            os.replace(path + ".new", path)
        os.replace(mine + ".new", mine)
        shared.barrier.wait()

    moe = model.moe_layers()
    begin, last_save, last_log = time.time() - state["elapsed"], time.time(), time.time()
    mean, naming_mean = 0.0, 0.0
    loads = shared.loads
    for pool, ids, learn, groups in data.conversations(state["pool"], args.processes, Tokenizer(VOCABULARY), args.budget):
        state["elapsed"] = time.time() - begin
        if rank == 0:
            clock[0] = state["elapsed"] / (60 * args.minutes)
            clock[1] = time.time() - last_save > 150
        shared.barrier.wait()
        progress = clock[0].item()
        if progress >= 1 or state["step"] >= args.max_steps:
            break
        if clock[1].item():
            save()
            last_save = time.time()
        for m in moe:
            m.int4 = progress >= args.int4_from
        ids, learn = torch.from_numpy(ids), torch.from_numpy(learn)
        shared.zero()
        where, rows, naming = look(model, reader, groups) if groups else (None, None, torch.zeros(()))
        hidden = model.hidden(ids, None if where is None else (where, rows), BF16)
        pick = learn[:, 1:].reshape(-1).nonzero().squeeze(1)
        logits = model.logits(hidden[:, :-1].flatten(0, 1)[pick], BF16).float()
        loss = F.cross_entropy(logits, ids[:, 1:].reshape(-1)[pick])
        (loss + 0.3 * naming).backward()
        nn.utils.clip_grad_norm_([p for _, p in shared.named], 1.0)
        for i, m in enumerate(moe):
            loads[rank, i] = m.load
        shared.step(min(1, (state["step"] + 1) / 60) * max(1 - progress, 0.01))
        if rank == 0:                                               # load balancing moves only the selection bias
            with torch.no_grad():
                for i, m in enumerate(moe):
                    load = loads[:, i].sum(0)
                    m.e_score_correction_bias += 0.003 * max(1 - progress, 0.02) * torch.sign(load.mean() - load)
        state["step"] += 1
        state["pool"] = pool
        state["tokens"] += ids.numel()
        state["learnt"] += len(pick)
        mean = loss.item() if mean == 0 else 0.97 * mean + 0.03 * loss.item()
        naming_mean = 0.97 * naming_mean + 0.03 * float(naming)
        if rank == 0 and state["step"] % 20 == 0:
            now, spread = time.time(), (loads.sum(0).amax(-1) / loads.sum(0).mean(-1)).max()
            say(f"step {state['step']} conversations {pool * 320} tokens {state['tokens'] * args.processes} loss {mean:.4f} "
                f"naming {naming_mean:.3f} load {spread:.2f} seconds {state['elapsed']:.0f} ({(now - last_log) / 20:.2f} per step)")
            last_log = now
    save()
    say(f"done: {state}")


def run(rank, args, model, reader, stages, clock):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)                          # moments of rare tokens decay to denormals, which are slow
    torch.manual_seed(world.SEED + rank)
    log = open(os.path.join(args.out, "log.txt"), "a")

    def say(text):
        if rank == 0:
            print(text, flush=True)
            log.write(text + "\n")
            log.flush()

    for stage, shared in stages:
        shared.join(rank)
        stage(rank, args, model, reader, shared, clock, say)
        if stage is train_vision and rank == 0:
            torch.save({"vision": model.vision.state_dict(), "reader": reader.state_dict()}, os.path.join(args.out, "vision.pt"))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    p.add_argument("--minutes", type=float, default=46)
    p.add_argument("--vision-minutes", type=float, default=3)
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--budget", type=int, default=2900, help="cost of a batch per process in text positions")
    p.add_argument("--muon-lr", type=float, default=6e-3)
    p.add_argument("--adam-lr", type=float, default=3e-3)
    p.add_argument("--vision-lr", type=float, default=1e-2)
    p.add_argument("--int4-from", type=float, default=0.68)
    p.add_argument("--max-steps", type=int, default=10 ** 9)
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(world.SEED)
    os.makedirs(args.out, exist_ok=True)
    model = KimiNano(Tokenizer(VOCABULARY).vocab_size)
    reader = nn.Linear(model.text["hidden_size"], sum(len(n) + 1 for _, n in data.AUX))
    eyes, path, stages = os.path.join(args.out, "vision.pt"), os.path.join(args.out, "last.pt"), []
    if os.path.exists(eyes):
        saved = torch.load(eyes)
        model.vision.load_state_dict(saved["vision"])
        reader.load_state_dict(saved["reader"])
    if os.path.exists(path):
        saved = torch.load(path)
        model.load_state_dict(saved["model"])
        reader.load_state_dict(saved["reader"])
    model.share_memory()
    reader.share_memory()
    head = [("reader." + n, q) for n, q in reader.named_parameters()]
    if not os.path.exists(eyes) and args.vision_minutes > 0:
        stages.append((train_vision, Shared(list(model.vision.named_parameters()) + head, args.processes, args.vision_lr, args.adam_lr)))
    stages.append((train_all, Shared(list(model.named_parameters()) + head, args.processes, args.muon_lr, args.adam_lr)))
    stages[-1][1].loads = torch.zeros(args.processes, len(model.moe_layers()), model.text["n_routed_experts"]).share_memory_()
    clock = torch.zeros(2, dtype=torch.float64).share_memory_()
    workers = [mp.get_context("fork").Process(target=run, args=(r, args, model, reader, stages, clock)) for r in range(args.processes)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()


if __name__ == "__main__":
    main()
