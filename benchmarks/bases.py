"""Whether the bases of the embedded defaults were trained long enough.

The held-out likelihood of a base beside that of the same recipe run for four times as many updates,
whose learning rate falls four times slower. One JSON line a domain; nats a sample, lower is
better. A base within 3 % was trained honestly.

    python benchmarks/bases.py coding logic      # or no names: every domain of the quick table
"""

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any

import torch

from suite.core import bench
from suite.core.base import base_run, load_base
from suite.core.build import Built, build
from suite.core.config import Request, resolve_request
from suite.core.contexts import Contexts
from suite.core.policy import Policy
from suite.core.progress import Silent
from suite.core.randomness import Streams
from suite.core.trainer import Trainer

LONGER = 4
ROWS = 512
DRAWS = 8  # of a bound that is drawn; equal streams for both policies


def main() -> None:
    """Measure the named domains."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("domains", nargs="*")
    for name in bench.checked(parser.parse_args().domains):
        print(json.dumps(measured(name)), flush=True)


def measured(domain: str) -> dict[str, Any]:
    """The line of one domain."""
    built = build(resolve_request(Request(domain=domain)))
    if built.config.task.base is None:
        return {"domain": domain, "skipped": "the base is the policy's initial weights"}
    if type(built.run.contexts).held_out_demonstrations is Contexts.held_out_demonstrations:
        return {"domain": domain, "skipped": "no demonstrations are held out"}
    initial = {key: value.clone() for key, value in built.run.policy.state_dict().items()}
    load_base(built, Silent())
    short = held_out_nll(built, built.run.policy)
    built.run.policy.load_state_dict(initial)
    started = time.monotonic()
    train_longer(built, {**built.config.task.base, **built.config.section("base")})
    long = held_out_nll(built, built.run.policy)
    return {
        "domain": domain,
        "nll": round(short, 3),
        "nll of a run 4 times longer": round(long, 3),
        "worse by": round((short - long) / abs(long), 4),
        "seconds of the longer run": round(time.monotonic() - started, 1),
        "torch": torch.__version__,
    }


def train_longer(built: Built, settings: Mapping[str, Any]) -> None:
    """The base's recipe with LONGER times its updates."""
    run, algorithm = base_run(built, {**settings, "num_steps": LONGER * settings["num_steps"]})
    Trainer(run, algorithm).train()


@torch.no_grad()
def held_out_nll(built: Built, policy: Policy) -> float:
    """Mean of minus the log-likelihood of demonstrations that no base was trained on, nats."""
    contexts = built.run.contexts
    index = torch.arange(min(ROWS, getattr(contexts, "num_held_out_demonstrations", ROWS)))
    context, samples = contexts.held_out_demonstrations(index)
    streams = Streams(0, 0, "bases", list(range(len(samples))), device=built.run.device)
    policy.eval()
    return float(policy.nll(samples, context, streams, draws=DRAWS).mean())


if __name__ == "__main__":
    main()
