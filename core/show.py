"""What ``suite show NAME`` prints: one thing of any kind, with every setting it takes."""

from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from suite.core import registry
from suite.core.config import SECTIONS, canonical_domain
from suite.core.errors import SuiteError, unknown_name
from suite.core.factory_settings import MAKERS, settings_of
from suite.core.presets import resolve
from suite.core.registry import Entry
from suite.core.settings import TrainSettings

ORDER = ("domain", "task", "algorithm", "policy", "reward", "sampler", "claim")


def show(name: str) -> str:
    """Everything there is to know of ``name`` before running it.

    Raises:
        SuiteError: nothing has that name.
    """
    name = canonical_domain(name)
    found = [entry for entry in registry.entries() if entry.name == name]
    if not found:
        known = {entry.name for entry in registry.entries()}
        raise unknown_name("plugin entry", name, known, next_step="Run `suite list`.")
    found.sort(key=lambda e: ORDER.index(e.kind) if e.kind in ORDER else len(ORDER))
    return "\n\n".join(_one(entry) for entry in found)


def _one(entry: Entry) -> str:
    lines = [f"{entry.kind} {entry.name}", f"  {entry.help}", f"  from {entry.distribution}"]
    if entry.paper:
        lines.append(f"  paper {entry.paper} of docs/papers.md")
    for key, value in entry.facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        lines.append(f"  {key}: {text}")
    more = {"algorithm": _algorithm, "task": _task, "domain": _domain}
    lines += more.get(entry.kind, _settings)(entry)
    return "\n".join(lines)


def _settings(entry: Entry) -> list[str]:
    """Every setting with its default; how a task sets it, ``suite show TASK`` says."""
    if entry.kind not in MAKERS:
        return []
    try:
        found = settings_of(entry)
    except SuiteError as error:
        return [f"  settings: not known here: {' '.join(str(error).split())}"]
    where = f"[{entry.kind}]" if entry.kind in SECTIONS else "in the task"
    if found is None:
        return [f"  settings ({where}): any name is taken"]
    lines = [f"  settings ({where}){'' if found else ': none'}"]
    for one in found:
        value = "(required)" if one.default is None else f"= {one.default}"
        lines.append(f"    {one.name} {value}  {one.description}".rstrip())
    return lines


def _algorithm(entry: Entry) -> list[str]:
    recipe = resolve(entry.name)
    own = {k.partition(".")[2]: v for k, v in recipe.settings.items() if k.startswith("algo.")}
    algorithm = registry.make_algorithm(recipe.algorithm, own)
    lines = []
    if recipe.source:
        lines.append(f"  source: {recipe.source}")
    lines += [f"  departure: {text}" for text in recipe.departures]
    if len(recipe.chain) > 1:
        lines.append(f"  a preset of {recipe.algorithm}")
    lines.append(f"  converges to: {algorithm.target}")
    biased = algorithm.biased()
    if biased is not None:
        lines.append(f"  biased: {biased}")
    lines.append("  settings ([algo]; * set by the preset)")
    lines += _fields(type(algorithm), dict(algorithm), set(own))
    train = {k.partition(".")[2]: v for k, v in recipe.settings.items() if k.startswith("train.")}
    lines.append("  settings ([train]; * set by the preset)")
    lines += _fields(TrainSettings, {**TrainSettings().model_dump(), **train}, set(train))
    return lines


def _fields(model: type[BaseModel], values: dict[str, Any], own: set[str]) -> list[str]:
    lines = []
    for name, field in model.model_fields.items():
        default = "" if field.default is PydanticUndefined else f" (default {field.default})"
        mark = "*" if name in own else " "
        note = field.description or ""
        lines.append(f"   {mark}{name} = {values.get(name)}{default}  {note}".rstrip())
    return lines


def _task(entry: Entry) -> list[str]:
    task = registry.make_task(entry.name)
    lines = [f"  {task.summary}"]
    parts = {
        "contexts": task.contexts,
        "reward": task.reward,
        "held-out reward": task.held_out_reward,
        "environment": task.environment,
        "policy": task.policy,
    }
    lines += [f"  {name}: {use!r}" for name, use in parts.items() if use is not None]
    lines.append(f"  default algorithm: {task.default_algo}")
    if task.data:
        lines.append(f"  data: {task.data} (--data, or below SUITE_DATA)")
    lines += [f"  {key} = {value}" for key, value in task.settings.items()]
    for algo, settings in task.algo_settings.items():
        lines += [f"  with {algo}: {key} = {value}" for key, value in settings.items()]
    lines += [
        f"  known reward: {sample!r} scores {score:g}" for sample, score in task.known_rewards
    ]
    return lines


def _domain(entry: Entry) -> list[str]:
    domain = registry.make_domain(entry.name)
    tasks = [e.name for e in registry.entries("task") if e.name.startswith(f"{entry.name}/")]
    return [
        f"  {domain.summary}",
        f"  default task: {domain.default_task}",
        f"  tasks: {', '.join(tasks)}",
        f"  run it: suite run --domain {entry.name}",
    ]
