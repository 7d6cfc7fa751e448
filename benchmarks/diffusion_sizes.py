"""How long the tiny discrete-diffusion policies take, a network each: one JSON line a network.

64 rows of 56 residues on 8 backbones; CPU seconds of one thread, medians after a warm-up. ``step``
is one step's law and its gradient, ``bound`` a draw of the bound and its gradient (with the
encoder), ``rollout`` 32 steps, ``drakes`` an update with T = 32 and K = 8.

    python benchmarks/diffusion_sizes.py
"""

import json
import statistics
import time
from collections.abc import Callable

import torch

from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.registry import make_policy
from suite.core.relaxed import relaxed_rollout
from suite.core.rollout import rollout

ROWS, LENGTH, BACKBONES = 64, 56, 8


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds after one warm-up."""
    taken = []
    for _ in range(repeats + 1):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return round(statistics.median(taken[1:]), 4)


def streams() -> Streams:
    """The same draws for every measurement."""
    return Streams(0, 0, "benchmark", range(ROWS))


def measure(network: str) -> dict[str, object]:
    """All four times of one network."""
    policy: Policy = make_policy("discrete_diffusion/tiny", {"length": LENGTH, "network": network})
    generator = torch.Generator().manual_seed(0)
    walk = 1.9 * torch.randn(BACKBONES, LENGTH, 1, 3, generator=generator).cumsum(1)
    backbone = walk + torch.randn(BACKBONES, LENGTH, 4, 3, generator=generator)
    rows = backbone.repeat_interleave(ROWS // BACKBONES, 0)
    context = Context(index=torch.arange(ROWS), data={"backbone": rows})
    state = {k: v.detach() for k, v in policy.start(context, streams()).items()}
    first, samples = torch.zeros(ROWS, dtype=torch.long), rollout(policy, context, streams()).sample
    reference = policy.reference_copy()

    def drakes() -> None:
        rolled = relaxed_rollout(
            policy, context, streams(), last=8, temperature=0.5, reference=reference
        )
        assert rolled.sample.relaxed is not None
        (rolled.sample.relaxed[..., 0].sum() + rolled.kl.sum()).backward()

    return {
        "benchmark": "diffusion_sizes",
        "network": network,
        "parameters": sum(weight.numel() for weight in policy.parameters()),
        "step_s": seconds(lambda: policy.step(state, first).entropy().sum().backward(), 7),
        "bound_s": seconds(lambda: policy.nll(samples, context, streams()).sum().backward(), 7),
        "rollout_s": seconds(lambda: rollout(policy, context, streams()), 3),
        "drakes_s": seconds(drakes, 3),
        "torch": torch.__version__,
    }


def main() -> None:
    """Measure every network."""
    torch.set_num_threads(1)
    for network in ("cnn", "transformer", "backbone"):
        print(json.dumps(measure(network)), flush=True)


if __name__ == "__main__":
    main()
