"""The hooks that a plugin may answer. ``from suite.core.hooks import hookimpl``.

Two sorts. A *factory* hook builds the thing that a manifest promises; it is called on the one
plugin that owns the name, and must not answer None for a name it promised. A *run* hook is called
on every plugin that the process has loaded; what it returns is not read, and it must not change
what it is shown.

Settings arrive as a mapping. A factory that passes them on to a constructor
(``return Reward(**config)``) gets errors for unknown ones for free: see core/factory_errors.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from suite.core.algorithm import Algorithm, Experience
    from suite.core.contexts import Contexts
    from suite.core.environment import Environment
    from suite.core.metric import Codec, Metric
    from suite.core.outside import Launcher, Tracker
    from suite.core.policy import Policy
    from suite.core.records import Scores, Trajectory
    from suite.core.reward import Reward
    from suite.core.sampler import Sampler
    from suite.core.task import Claim, Domain, Task

PROJECT = "suite"  # pluggy's marker: only functions marked by this hookimpl are hook answers

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

# --- factories ----------------------------------------------------------------------------------


@hookspec(firstresult=True)
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy | None":
    """Build the policy called ``name``."""


@hookspec(firstresult=True)
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward | None":
    """Build the reward called ``name``."""


@hookspec(firstresult=True)
def suite_make_environment(name: str, config: Mapping[str, Any]) -> "Environment | None":
    """Build the environment called ``name``."""


@hookspec(firstresult=True)
def suite_make_algorithm(name: str, config: Mapping[str, Any]) -> "Algorithm | None":
    """Build the algorithm called ``name``."""


@hookspec(firstresult=True)
def suite_make_sampler(name: str, config: Mapping[str, Any]) -> "Sampler | None":
    """Build the sampler called ``name``."""


@hookspec(firstresult=True)
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts | None":
    """Build the contexts called ``name``."""


@hookspec(firstresult=True)
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric | None":
    """Build the metric called ``name``."""


@hookspec(firstresult=True)
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec | None":
    """Build the codec called ``name``."""


@hookspec(firstresult=True)
def suite_make_domain(name: str) -> "Domain | None":
    """The domain called ``name``."""


@hookspec(firstresult=True)
def suite_make_task(name: str) -> "Task | None":
    """The task called ``name``."""


@hookspec(firstresult=True)
def suite_make_claim(name: str) -> "Claim | None":
    """The claim called ``name``."""


@hookspec(firstresult=True)
def suite_make_launcher(name: str, config: Mapping[str, Any]) -> "Launcher | None":
    """Build the launcher called ``name``."""


@hookspec(firstresult=True)
def suite_make_tracker(name: str, config: Mapping[str, Any]) -> "Tracker | None":
    """Build the tracker called ``name``."""


# --- a run --------------------------------------------------------------------------------------


# Steps count from 1, as in metrics.jsonl. Base and controls are trained without hooks.


@hookspec
def suite_on_run_start(run: Any) -> None:
    """Everything is built, the self-checks have passed, nothing is updated yet."""


@hookspec
def suite_after_collect(run: Any, step: int, experience: "Experience") -> None:
    """The step's experience is complete and journaled."""


@hookspec
def suite_after_reward(run: Any, step: int, trajectory: "Trajectory", scores: "Scores") -> None:
    """Samples of a collect were scored; once for every batch that the algorithm asked for.

    An algorithm that scores inside its updates (pathwise) has no record to show, and no call.
    """


@hookspec
def suite_before_update(run: Any, step: int) -> None:
    """Before the first update of the step."""


@hookspec
def suite_after_update(run: Any, step: int, metrics: Mapping[str, float]) -> None:
    """After the last update of the step, with the numbers that go to the metrics file."""


@hookspec
def suite_on_checkpoint(run: Any, step: int, path: Path) -> None:
    """A checkpoint of ``step`` whole steps, or more, is complete on disk, at ``path``."""


@hookspec
def suite_on_run_end(run: Any, outcome: str) -> None:
    """A run that was started is over: "finished", "stopped" (a budget, Ctrl-C) or "failed"."""
