"""From what the user typed to one resolved configuration.

Layers, later ones win: defaults of the classes, the preset, the task, the task's settings for this
algorithm, the --config file, --set, the named options. Unknown sections and keys are errors with a
suggestion, before anything is loaded.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite.core import registry
from suite.core.catalog import fact_names, provides
from suite.core.document import (
    ControlsSettings,
    check_device,
    check_document,
    check_least,
    check_used,
)
from suite.core.errors import SuiteError, unknown_name
from suite.core.presets import Recipe, resolve
from suite.core.saved_policy import SECTION, find_saved, fix_of_run, record
from suite.core.settings import TrainSettings
from suite.core.task import Task, Use
from suite.core.toml import dumps, load

SECTIONS = (
    "algo", "train", "policy", "reward", "held_out_reward", "contexts", "environment", "sampler",
    "controls", "base", "tracker",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a user may ask of ``run``; None and empty mean the default.

    Attributes:
        task, domain: one of them; algo: an algorithm or preset; policy, sampler: by name.
        settings: by "section.key"; config: a TOML file of them.
        reward: "file.py:function", or a reward's name; reward_cmd: a shell command.
        fix: positions that stay as the task's template has them, "1-10,45".
        tracker: who else hears the numbers; local: a suite_local.py, or its folder.
    """

    task: str | None = None
    domain: str | None = None
    algo: str | None = None
    policy: str | None = None
    sampler: str | None = None
    config: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    device: str | None = None
    precision: str | None = None
    processes: int | None = None
    data: str | None = None
    fix: str | None = None
    reward: str | None = None
    reward_cmd: str | None = None
    max_reward_calls: int | None = None
    controls: bool | None = None
    tracker: str | None = None
    local: str | Path | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    """One run, resolved: every name and every setting that is not a class default.

    Attributes:
        saved: what the policy in the folder that --policy names was made of.
    """

    task: Task
    recipe: Recipe
    sections: Mapping[str, Mapping[str, Any]]
    seed: int = 0
    device: str = "cpu"
    precision: str = "fp32"
    processes: int = 1
    data: str | None = None
    fix: str | None = None
    policy: str | None = None
    saved: Use | None = None
    sampler: str | None = None
    reward: str | None = None
    reward_cmd: str | None = None
    tracker: str | None = None
    local: str | None = None

    def section(self, name: str) -> dict[str, Any]:
        """The settings of one section."""
        return dict(self.sections.get(name, {}))

    @property
    def train(self) -> TrainSettings:
        """The trainer's settings, checked."""
        from suite.core.config_model import parse_config

        return parse_config(TrainSettings, self.section("train"), "train")

    def to_toml(self) -> str:
        """The file that repeats this run."""
        head: dict[str, Any] = {
            "task": self.task.name,
            "algo_name": self.recipe.name,
            "policy_name": self.policy,
            "sampler_name": self.sampler,
            "seed": self.seed,
            "device": self.device,
            "precision": self.precision,
            "processes": self.processes,
            "data": self.data,
            "fix": self.fix,
            "reward_file": self.reward,
            "reward_command": self.reward_cmd,
            "tracker_name": self.tracker,
            "local_plugin": self.local,
            SECTION: record(self.saved),
        }
        return dumps({**head, **{k: dict(v) for k, v in self.sections.items() if v}})

    def use(self, base: Use | None, section: str) -> Use | None:
        """A task's plugin with this run's settings over the task's own."""
        return None if base is None else base.updated(**self.section(section))


def resolve_request(request: Request) -> Config:
    """Names and settings of one run.

    Raises:
        SuiteError: an unknown name, section or key; neither task nor domain; data that is missing.
    """
    document = load(request.config) if request.config is not None else {}
    check_document(document, (*SECTIONS, SECTION))
    local = _local(request.local or document.get("local_plugin"))
    task = _task(request, document)
    algo = request.algo or document.get("algo_name") or task.default_algo
    if not algo:
        raise SuiteError(
            f"the task '{task.name}' names no default algorithm.\n"
            "Add --algo NAME; `suite list algorithms` shows them."
        )
    recipe = _recipe(algo)
    flat = _layers(task, recipe, document, request)
    sections = _sections(flat)
    sampler = request.sampler or document.get("sampler_name")
    reward = request.reward or document.get("reward_file")
    reward_cmd = request.reward_cmd or document.get("reward_command")
    own_reward = reward_cmd is not None or (reward is not None and not provides("reward", reward))
    tracker = request.tracker or document.get("tracker_name")
    if tracker is not None:
        registry.find("tracker", tracker)
    check_used(sections, task, sampler=sampler, own_reward=own_reward, tracker=tracker)
    _check_values(sections)
    device = _pick(request.device, document.get("device"), "cpu")
    check_device(device)
    data = _data(task, request.data or document.get("data"))
    policy = request.policy or document.get("policy_name")
    recorded = None if request.policy else document.get(SECTION)
    kept = fix_of_run(policy, task) if recorded is None else None
    return Config(
        task=task,
        recipe=recipe,
        sections=sections,
        seed=check_least("seed", _pick(request.seed, document.get("seed"), 0)),
        device=device,
        precision=_precision(_pick(request.precision, document.get("precision"), "fp32")),
        processes=check_least("processes", _pick(request.processes, document.get("processes"), 1)),
        data=data,
        fix=request.fix or document.get("fix") or kept,
        policy=policy,
        saved=find_saved(task.policy, policy, recorded),
        sampler=sampler,
        reward=reward,
        reward_cmd=reward_cmd,
        tracker=tracker,
        local=local,
    )


def _local(path: str | Path | None) -> str | None:
    """Add the local plugin before any name is looked up; absolute, for a resume elsewhere."""
    if path is None:
        return None
    registry.use_local(Path(path))
    return str(Path(path).resolve())


def _pick(given: Any, written: Any, default: Any) -> Any:
    if given is not None:
        return given
    return default if written is None else written


def _data(task: Task, given: str | None) -> str | None:
    """The task's data file: what was given, else the one below $SUITE_DATA."""
    if task.data is None:
        if given is not None:
            raise SuiteError(
                f"the task '{task.name}' takes no data, and --data {given} was given.\n"
                "Drop --data, or name a task that reads it: `suite list tasks`."
            )
        return None
    folder = os.environ.get("SUITE_DATA")
    path = given or (str(Path(folder) / task.data) if folder else None)
    if path is None:
        raise SuiteError(
            f"the task '{task.name}' needs its data file, {task.data}.\n"
            "Add --data FILE, or set SUITE_DATA to the folder that holds it."
        )
    if not Path(path).is_file():
        raise SuiteError(f"no data file '{path}'.\nCheck --data or SUITE_DATA.")
    return path


def _precision(name: str) -> str:
    if name not in ("fp32", "bf16"):
        raise SuiteError(f"no precision named '{name}'.\nKnown: bf16, fp32.\nChoose one of them.")
    return name


def _task(request: Request, document: Mapping[str, Any]) -> Task:
    name = request.task or (None if request.domain else document.get("task"))
    if name is not None:
        task = registry.make_task(name)
        if request.domain is not None and task.domain != canonical_domain(request.domain):
            raise SuiteError(
                f"--task {name} and --domain {request.domain} ask for different things.\n"
                "Keep one of them."
            )
        return task
    domain = request.domain or document.get("domain")
    if domain is None:
        raise SuiteError(
            "neither a task nor a domain was named.\n"
            "Add --domain NAME or --task NAME; `suite list` shows them."
        )
    return registry.make_task(registry.make_domain(canonical_domain(domain)).default_task)


def canonical_domain(name: str) -> str:
    """A domain's own name for any of its spellings ("math" for "maths")."""
    for entry in registry.entries("domain"):
        if name in fact_names(entry, "aliases", ()):
            return entry.name
    return name


def _layers(
    task: Task, recipe: Recipe, document: Mapping[str, Any], request: Request
) -> dict[str, Any]:
    flat: dict[str, Any] = {**recipe.settings, **task.settings}
    for link in recipe.chain:
        flat.update(task.algo_settings.get(link, {}))
    for section in SECTIONS:
        flat.update({f"{section}.{k}": v for k, v in document.get(section, {}).items()})
    flat.update(request.settings)
    if request.max_reward_calls is not None:
        flat["train.max_reward_calls"] = request.max_reward_calls
    if request.controls is not None:
        flat["controls.enabled"] = request.controls
    return flat


def _sections(flat: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in flat.items():
        section, _, key = name.partition(".")
        if section not in SECTIONS:
            raise unknown_name("config section", section, SECTIONS, next_step=f"Correct '{name}'.")
        sections.setdefault(section, {})[key] = value
    return sections


def _check_values(sections: Mapping[str, Mapping[str, Any]]) -> None:
    """The sections that core reads itself, before anything is loaded."""
    from suite.core.config_model import parse_config

    parse_config(TrainSettings, sections.get("train", {}), "train")
    parse_config(TrainSettings, sections.get("base", {}), "base")
    parse_config(ControlsSettings, sections.get("controls", {}), "controls")


def _recipe(name: str) -> Recipe:
    """The algorithm asked for; a sampler's name in its place is explained."""
    samplers = {entry.name for entry in registry.entries("sampler")}
    if name in samplers - {entry.name for entry in registry.entries("algorithm")}:
        raise SuiteError(
            f"'{name}' is a sampler, and not an algorithm: it picks among draws and trains "
            f"nothing.\nAdd --sampler {name} to an algorithm that learns from one: "
            f"{', '.join(off_policy_algorithms())}.\n"
            f"Or draw from a finished run: `suite sample FOLDER --sampler {name}`."
        )
    return resolve(name)


def off_policy_algorithms() -> list[str]:
    """Names of the algorithms that may learn from a sampler's draws."""
    found = []
    for entry in registry.entries("algorithm"):
        try:
            recipe = resolve(entry.name)
            own = {k[5:]: v for k, v in recipe.settings.items() if k.startswith("algo.")}
            algorithm = registry.make_algorithm(recipe.algorithm, own)
        except SuiteError:
            continue  # a broken plugin is nothing to recommend
        if algorithm.off_policy:
            found.append(entry.name)
    return found
