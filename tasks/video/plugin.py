"""The video tasks: one module a task, each with one TASK value."""

import importlib
from typing import TYPE_CHECKING

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.task import Task


@hookimpl
def suite_make_task(name: str) -> "Task":
    """The task called ``name``: the module of that name beside this file."""
    module = importlib.import_module(f"suite.tasks.video.{name.partition('/')[2]}")
    task: Task = module.TASK
    return task
