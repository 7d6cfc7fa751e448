"""A video of the policy before and after, at the end of a run.

``environment.video``: "auto" leaves one line in videos/log.txt where a video cannot be drawn, and
the run goes on; "required" refuses before anything is trained; "off" draws none.
"""

from pathlib import Path
from typing import Any

import torch

from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.rollout import rollout
from suite.domains.robotics.gym import GymEnvironment
from suite.domains.robotics.metrics import Episode, EpisodeCodec
from suite.domains.robotics.video import write_gif


def film(run: Any) -> None:
    """Draw an episode of the base and one of the tuned policy, from one start, into videos/."""
    environment, journal = run.environment, run.journal
    if not isinstance(environment, GymEnvironment) or environment.video == "off":
        return
    if journal is None or not run.processes.is_main:
        return
    folder: Path = journal.path.parent / "videos"
    folder.mkdir(exist_ok=True)
    try:
        for name, policy in (("before", run.base), ("after", run.policy)):
            write_gif(folder / f"{name}.gif", environment.id, _episode(run, policy))
    except (SuiteError, OSError) as error:  # a full disk or a broken codec costs no trained policy
        (folder / "log.txt").write_text(f"no video: {error}\n")


def _episode(run: Any, policy: Policy) -> torch.Tensor:
    """Observations [S, O] of one held-out episode, as the simulator gave them."""
    if not isinstance(run.codec, EpisodeCodec):
        raise SuiteError(
            "the task has no codec of episodes, so nothing tells what was observed.\n"
            "Name the codec 'robotics/episode' in the task, or set environment.video = 'off'."
        )
    first = torch.zeros(1, dtype=torch.long)
    streams = run.streams(0, "video", first)
    record = rollout(policy, run.contexts.held_out(first), streams, environment=run.environment)
    episode = run.codec.decode(record.sample)[0]
    assert isinstance(episode, Episode)
    return episode.observations.cpu()
