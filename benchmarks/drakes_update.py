"""One DRAKES update, ours against the published estimator on the same network: time and memory.

An update is a sample of B strings, its path KL to the reference, and the backward pass of
-reward + alpha KL. The variants are children of one run, each in a process of its own:

exact      relaxed_rollout with the exact KL of every step, from the logits of the sampling pass
subset     the same with the prefix's KL on 4 random steps, reweighted (unbiased)
stored     the same numbers as exact from a plain loop that keeps every activation
published  the estimator as published, written here from its formula: T forwards to sample, and
           T further forwards of the policy and T of the reference, all with gradient

Seconds are CPU time of the one thread, which other work on the machine disturbs less than wall
time; both are printed. Activation memory is the peak of the resident set during updates minus what
is resident after imports, model build and one update of a toy that imports what torch leaves for
later (Linux: VmHWM, reset before the first update). At the small size most of that are the plans
that oneDNN keeps for each batch size, so ``tensor_mib`` counts tensors alone: the most bytes that
storages made during an update held at once. A forward counts as 1 for B rows: ours asks
only for rows whose letters changed. Prints one JSON line a variant and one that compares them.

    python benchmarks/drakes_update.py [small] [large]
"""

import json
import platform
import re
import statistics
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, is_tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from suite.core import relaxed
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig
from suite.plugins.policies.discrete_diffusion.policy import DiscreteDiffusion


@dataclass(frozen=True, kw_only=True)
class Size:
    """A problem: L positions, T steps, K of them relaxed, B rows, and the network's width."""

    length: int
    steps: int
    last: int
    rows: int
    width: int
    repeats: int


SIZES = {
    "small": Size(length=50, steps=32, last=12, rows=8, width=36, repeats=15),
    "large": Size(length=200, steps=128, last=50, rows=8, width=64, repeats=3),
}
LETTERS = 4
SUBSET = 4  # prefix steps in the KL of ``subset``
ALPHA, TEMPERATURE = 1e-3, 1.0  # as published for DNA
NEVER = -1e6  # the published stand-in for log 0


def reward(letters: Tensor) -> Tensor:
    """A smooth motif score of relaxed letters [B, L, 4], [B]; cheap beside the network."""
    motif = torch.linspace(-1.0, 1.0, 6 * LETTERS).view(1, 6, LETTERS).transpose(1, 2)
    found = torch.nn.functional.conv1d(letters.transpose(1, 2), motif)
    return found.logsumexp(dim=(1, 2))


# --- ours ----------------------------------------------------------------------------------------


def our_update(policy: DiscreteDiffusion, reference: DiscreteDiffusion, size: Size, run: int,
               subset: int | None) -> Tensor:  # fmt: skip
    """The loss of one update through core's relaxed rollout."""
    generator = torch.Generator().manual_seed(run)
    prefix = size.steps - size.last
    chosen = None if subset is None else torch.randperm(prefix, generator=generator)[:subset]
    rollout = relaxed.relaxed_rollout(
        policy,
        Context(index=torch.zeros(size.rows, dtype=torch.long)),
        Streams(0, run, "benchmark", range(size.rows)),
        last=size.last,
        temperature=TEMPERATURE,
        reference=reference,
        kl_steps=chosen,
    )
    assert rollout.sample.relaxed is not None
    return (ALPHA * rollout.kl - reward(rollout.sample.relaxed)).mean()


def stored_update(
    policy: DiscreteDiffusion, reference: DiscreteDiffusion, size: Size, run: int
) -> Tensor:
    """The loss of ``our_update`` from a loop without checkpoints."""
    streams = Streams(0, run, "benchmark", range(size.rows))
    state = policy.start(Context(index=torch.zeros(size.rows, dtype=torch.long)), streams)
    kl = torch.zeros(size.rows)
    for index in range(size.steps):
        t = torch.full((size.rows,), index)
        law = policy.step(state, t)
        with torch.no_grad():
            reference_law = reference.step(state, t)
        kl = kl + law.kl(reference_law)
        if index < size.steps - size.last:
            state = policy.advance(state, t, law.sample(streams))
        else:
            state = policy.advance(state, t, law.rsample(streams, temperature=TEMPERATURE))
    relaxed_letters = policy.relaxed_finish(state).relaxed
    assert relaxed_letters is not None
    return (ALPHA * kl - reward(relaxed_letters)).mean()


# --- as published --------------------------------------------------------------------------------


def subs_log_p(policy: DiscreteDiffusion, state: Tensor, time_left: Tensor) -> Tensor:
    """log p over letters and mask in relaxed states [B, L, V + 1]: one-hot where not masked."""
    rows, length, width = state.shape
    present = torch.ones(rows, length, dtype=torch.bool)
    label = torch.zeros(rows, dtype=torch.long)
    logits = policy.denoiser(state, time_left, present, label, {})
    logits = torch.nn.functional.pad(logits, (0, 1), value=NEVER)
    log_p = torch.log_softmax(logits, dim=-1)
    letter = state.argmax(dim=-1)
    copied = torch.full_like(log_p, NEVER).scatter(-1, letter.unsqueeze(-1), 0.0)
    return torch.where((letter != width - 1).unsqueeze(-1), copied, log_p)


def published_update(
    policy: DiscreteDiffusion, reference: DiscreteDiffusion, size: Size, run: int
) -> Tensor:
    """The loss of one update as published (DRAKES, arXiv:2410.13643, and its code).

    Sampling: q = p (m_t - m_s) over letters, m_s for the mask; hard steps take argmax(q / E), the
    last K take softmax((log q - log E) / tau), and x_s = c x_t + (1 - c) y with c = 1 - x_t[mask].
    KL: sum over t, i, v of c (p_ref - p + p log(p / p_ref)) x_t[v] / m_t, from new forwards.
    """
    generator = torch.Generator().manual_seed(run)
    times = torch.linspace(1.0, 1e-5, size.steps + 1)
    state = torch.zeros(size.rows, size.length, LETTERS + 1)
    state[..., LETTERS] = 1.0
    visited = []
    for step in range(size.steps):
        visited.append(state)
        with torch.set_grad_enabled(step >= size.steps - size.last):
            chances = times[step], times[step + 1]
            state = published_step(policy, state, chances, size, step, generator)
    total = torch.zeros(())
    for step, seen in enumerate(visited):
        now = times[step].expand(size.rows)
        log_p = subs_log_p(policy, seen, now)
        log_ref = subs_log_p(reference, seen, now)  # with gradient: no no_grad in the source
        copy = 1.0 - seen[..., LETTERS:]
        p = log_p.exp()
        integrand = copy * (log_ref.exp() - p + p * (log_p - log_ref)) * seen
        total = total + integrand.sum() / times[step]
    letters = torch.nn.functional.one_hot(state.argmax(dim=-1), LETTERS + 1)
    straight = (state + (letters - state).detach())[..., :LETTERS]
    return ALPHA * total / size.rows - reward(straight).mean()


def published_step(
    policy: DiscreteDiffusion,
    state: Tensor,
    chances: tuple[Tensor, Tensor],
    size: Size,
    step: int,
    generator: torch.Generator,
) -> Tensor:
    """One sampling step between two mask chances (before, after)."""
    before, after = chances
    log_p = subs_log_p(policy, state, before.expand(size.rows))
    log_q = log_p + (before - after).log()
    log_q = torch.cat([log_q[..., :LETTERS], after.log().expand_as(log_q[..., :1])], dim=-1)
    exponential = torch.empty_like(log_q).exponential_(generator=generator)
    perturbed = log_q - exponential.log()
    copy = 1.0 - state[..., LETTERS:]
    if step < size.steps - size.last:
        hard = torch.nn.functional.one_hot(perturbed.argmax(dim=-1), LETTERS + 1)
        return copy * state + (1.0 - copy) * hard
    return copy * state + (1.0 - copy) * torch.softmax(perturbed / TEMPERATURE, dim=-1)


# --- measuring -----------------------------------------------------------------------------------


def resident_mib(field: str) -> float:
    """A memory field of this process: VmRSS now, VmHWM the peak since its reset."""
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1)) / 1024.0


class LiveTensors(TorchDispatchMode):
    """Bytes in storages that operations made and nobody has let go of, now and at most."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}
        self.now = self.peak = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # the signature is torch's
        known = {id(t.untyped_storage()) for t in tree_leaves((args, kwargs)) if is_tensor(t)}
        out = func(*args, **(kwargs or {}))
        for tensor in filter(is_tensor, tree_leaves(out)):
            storage = tensor.untyped_storage()
            if id(storage) not in self.sizes and id(storage) not in known:
                self._follow(storage)
        return out

    def _follow(self, storage: torch.UntypedStorage) -> None:
        key = id(storage)
        self.sizes[key] = storage.nbytes()
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self.now -= self.sizes.pop(key)


def count_rows(model: DiscreteDiffusion, counts: dict[str, int], name: str) -> None:
    """Count forwards of a denoiser, in batches of B rows, with and without gradient."""

    def hook(module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> None:
        key = f"{name}_{'with' if torch.is_grad_enabled() else 'without'}_gradient"
        counts[key] = counts.get(key, 0) + len(inputs[0])

    model.denoiser.register_forward_pre_hook(hook)


Update = Callable[[DiscreteDiffusion, DiscreteDiffusion, Size, int], Tensor]
UPDATES: dict[str, Update] = {
    "exact": lambda policy, reference, size, run: our_update(policy, reference, size, run, None),
    "subset": lambda policy, reference, size, run: our_update(policy, reference, size, run, SUBSET),
    "stored": stored_update,
    "published": published_update,
}


def build(size: Size, *, freeze: bool) -> tuple[DiscreteDiffusion, DiscreteDiffusion]:
    """A policy and a reference with other weights."""
    config = DiffusionConfig(
        length=size.length, letters=LETTERS, num_steps=size.steps, width=size.width, layers=5
    )
    policy = DiscreteDiffusion(config)
    reference = DiscreteDiffusion(config.model_copy(update={"seed": 1}))
    if freeze:
        reference.requires_grad_(requires_grad=False)
    return policy, reference


def measure(variant: str, size: Size) -> dict[str, object]:
    """Run one variant in this process."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # less noise on a busy machine
    freeze = variant != "published"  # the source does not freeze its reference
    update = UPDATES[variant]
    toy = Size(length=16, steps=3, last=2, rows=1, width=4, repeats=0)
    update(*build(toy, freeze=freeze), toy, 0).backward()
    policy, reference = build(size, freeze=freeze)
    before = resident_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    counts: dict[str, int] = {}
    cpu, wall = [], []
    for run in range(size.repeats + 1):
        if run == size.repeats:
            count_rows(policy, counts, "policy")
            count_rows(reference, counts, "reference")
        start = time.process_time(), time.perf_counter()
        policy.zero_grad(set_to_none=True)
        update(policy, reference, size, run).backward()
        cpu.append(time.process_time() - start[0])
        wall.append(time.perf_counter() - start[1])
    activation = round(resident_mib("VmHWM") - before, 1)
    forwards = {name: count / size.rows for name, count in sorted(counts.items())}
    policy.zero_grad(set_to_none=True)
    with LiveTensors() as live:
        update(policy, reference, size, 0).backward()
    low, median, high = statistics.quantiles(cpu[1:], n=4)  # the first warms up
    return {
        "median_s": round(median, 4),
        "quartiles_s": [round(low, 4), round(high, 4)],
        "median_wall_s": round(statistics.median(wall[1:]), 4),
        "activation_mib": activation,
        "tensor_mib": round(live.peak / 2**20, 1),
        "forwards": forwards,
        "parameters": sum(weight.numel() for weight in policy.parameters()),
    }


def compare(name: str) -> None:
    """Run every variant of one size in a child process, and print."""
    size = SIZES[name]
    found = {}
    for variant in UPDATES:
        command = [sys.executable, __file__, "--child", name, variant]
        child = subprocess.run(command, check=True, capture_output=True, text=True)
        found[variant] = json.loads(child.stdout)
        shape = {"L": size.length, "T": size.steps, "K": size.last, "B": size.rows}
        line = {"benchmark": "drakes_update", "size": name, "variant": variant, **shape}
        print(json.dumps({**line, **found[variant]}), flush=True)
    published = found["published"]["median_s"]
    kept = found["stored"]
    summary = {
        "benchmark": "drakes_update",
        "size": name,
        "exact_speedup": round(published / found["exact"]["median_s"], 2),
        "subset_speedup": round(published / found["subset"]["median_s"], 2),
        "exact_memory_share": round(found["exact"]["activation_mib"] / kept["activation_mib"], 3),
        "exact_tensor_share": round(found["exact"]["tensor_mib"] / kept["tensor_mib"], 3),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": 1,
    }
    print(json.dumps(summary), flush=True)


def main() -> None:
    """Compare the sizes that are named, or both."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure(sys.argv[3], SIZES[sys.argv[2]])))
        return
    for name in sys.argv[1:] or SIZES:
        compare(name)


if __name__ == "__main__":
    main()
