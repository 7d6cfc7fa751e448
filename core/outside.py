"""What a run asks of things outside of it: who starts its processes, and who else hears of it.

Launchers and trackers are any objects with these methods; they need not inherit.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Launcher(Protocol):
    """Starts the processes of one run: ``python -m suite.core.worker FOLDER``, each as a rank."""

    def launch(self, folder: Path, processes: int) -> None:
        """Run the prepared folder on ``processes`` workers, and return when all have ended.

        Each finds RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in its environment.

        Raises:
            SuiteError: a worker failed.
        """


class Tracker(Protocol):
    """Hears the numbers of a run (a dashboard, a table); the run's folder does not depend on it.

    Called in this order, by the main process alone: ``start`` once, ``log`` with steps that never
    decrease, ``finish`` once, however the run ends. A resumed run starts anew.
    """

    def start(self, folder: Path, config: Mapping[str, Any], step: int) -> None:
        """A run begins, or goes on: numbers of steps after ``step`` will be told (again).

        Args:
            folder: the run's.
            config: its config.toml.
            step: how many are done; 0 in a new run.
        """

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Numbers after ``step`` steps: "train/loss", "eval/held_out"; they may be nan."""

    def finish(self, outcome: str) -> None:
        """The run is over: "finished", "stopped" or "failed"."""
