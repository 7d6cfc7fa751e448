"""The Python API. The command line is its client: what it can do, a script can do.

>>> import suite
>>> outcome = suite.run(domain="protein", algo="drakes", out="runs/first")
>>> print(outcome.last_line)
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from suite.core.config import Config, Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.outcome import Outcome, outcome_of
from suite.core.progress import Progress, Silent
from suite.core.run_folder import RunFolder


def run(
    *,
    task: str | None = None,
    domain: str | None = None,
    algo: str | None = None,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Outcome:
    """Fine-tune a policy against a task's reward and write a run folder.

    Args:
        task: what to improve, or
        domain: its default task.
        algo: how; the task's default if None.
        out: the run's folder; made up below ``runs/`` if None.
        settings: by "section.key", as ``--set`` takes them.
        progress: who hears of phases and steps.
        options: the other fields of ``suite.core.config.Request`` (seed, policy, data ...).

    Raises:
        SuiteError: the request cannot be served; the message says what to do.
    """
    try:
        request = Request(task=task, domain=domain, algo=algo, settings=settings or {}, **options)
    except TypeError as error:
        raise SuiteError(f"run() does not take that option: {error}.") from None
    return run_config(resolve_request(request), out, progress or Silent())


def run_config(config: Config, out: str | Path | None, progress: Progress) -> Outcome:
    """Run a resolved configuration."""
    from suite.core.execute import start

    return start(config, Path(out) if out else default_folder(config), progress)


def default_folder(config: Config) -> Path:
    """runs/<task>-<algo>-seed<k>, with the time where that is taken."""
    name = f"{config.task.name.replace('/', '-')}-{config.recipe.name}-seed{config.seed}"
    path = Path("runs") / name
    if path.exists():
        path = path.with_name(f"{name}-{datetime.now():%Y%m%d-%H%M%S}")
    return path


def resume(folder: str | Path, *, progress: Progress | None = None) -> Outcome:
    """Go on with an interrupted run."""
    from suite.core.execute import resume as go_on

    return go_on(Path(folder), progress or Silent())


def load_run(folder: str | Path) -> Outcome:
    """A run's outcome, from its folder."""
    return outcome_of(RunFolder.open(Path(folder)))


def export(run: str | Path, folder: str | Path, *, base: bool = False) -> str:
    """Write a run's policy (or its base) to a new folder, in its family's own format.

    Returns:
        What ``run(policy=...)`` takes: "NAME:FOLDER".

    Raises:
        SuiteError: there is no such run, or the folder is in use or cannot be written.
    """
    from suite.core.export import export as write

    return write(Path(run), Path(folder), base=base)


def evaluate(folder: str | Path, *, num_samples: int = 256, base: bool = False) -> dict[str, Any]:
    """Measure a run's policy (or its base) on the held-out contexts; the panel's numbers."""
    from suite.core.execute import policy_of
    from suite.core.panel import evaluate as measure

    built, _ = policy_of(Path(folder))
    built.run.settings = built.run.settings.model_copy(update={"eval_samples": num_samples})
    policy = built.run.base if base else built.run.policy
    return dict(measure(built.run, policy, metrics=built.metrics, codec=built.codec).numbers)


def sample(
    folder: str | Path, *, num_samples: int = 16, seed: int = 0, sampler: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Draw fresh samples of a run's policy: one mapping a sample with text, reward and parts.

    Args:
        folder: the run's folder.
        num_samples: how many.
        seed: of the draw.
        sampler: a Sampler's name ("best_of_n"); the policy alone if None.
        settings: the sampler's settings by key.
    """
    from suite.core.execute import policy_of
    from suite.core.sampling import draw

    built, _ = policy_of(Path(folder))
    return draw(built, num_samples=num_samples, seed=seed, sampler=sampler, settings=settings or {})
