"""Several seeds of one request: folders, and their parsing."""

from dataclasses import replace
from pathlib import Path

from suite.core.api import default_folder, run_config
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.outcome import Outcome
from suite.core.progress import Progress


def parse_seeds(text: str) -> list[int]:
    """'0-4' or '0,3,5' or both, '0-2,7', to a list.

    Raises:
        SuiteError: it is neither.
    """
    seeds: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.partition("-")
            seeds += range(int(first), int(last) + 1) if dash else [int(first)]
    except ValueError:
        seeds = []
    if not seeds:
        raise SuiteError(f"--seeds '{text}' is not a list of seeds.\nExamples: 0-4, or 0,3,5.")
    twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
    if twice:
        raise SuiteError(f"--seeds '{text}' names seed {twice[0]} twice.\nName each seed once.")
    return seeds


def run_seeds(
    request: Request, seeds: list[int], out: Path | None, progress: Progress
) -> list[Outcome]:
    """One run a seed, each in a folder of its own below ``out``."""
    outcomes = []
    for seed in seeds:
        config = resolve_request(replace(request, seed=seed))
        folder = default_folder(config) if out is None else out / f"seed{seed}"
        progress.say(f"seed {seed}: {folder}")
        outcomes.append(run_config(config, folder, progress))
    return outcomes
