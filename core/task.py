"""The Task noun and its neighbours: values, not code. One file a task, one value a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DATA = "<data>"  # stands for the file of --data in a Use's settings


class Use:
    """A plugin by name with the settings to build it: ``Use("protein/charge", target=3.0)``."""

    def __init__(self, name: str, /, **config: Any) -> None:
        self.name = name
        self.config: Mapping[str, Any] = config

    def __repr__(self) -> str:
        settings = "".join(f", {key}={value!r}" for key, value in self.config.items())
        return f"Use({self.name!r}{settings})"

    def updated(self, **config: Any) -> "Use":
        """The same plugin with some settings changed."""
        return Use(self.name, **{**self.config, **config})


@dataclass(frozen=True, kw_only=True)
class Task:
    """A domain's question.

    Attributes:
        name: "<domain>/<task>"; summary: one sentence.
        contexts, reward, policy: what is asked, how answers are scored, who answers by default;
            reward is None where an environment rewards each decision itself.
        held_out_reward: scores what training never sees; None only where nothing can be learnt
            about the reward by climbing it (an exact reward on enumerable spaces).
        environment: stands between decisions, or None.
        codec: turns native objects into Samples and back; None where samples are tensors.
        metrics: what a person of the field would look at.
        known_rewards: hand-checked (native object, score) pairs, scored by one test, each in its
            own training context in turn, or all in the one that known_context names.
        settings: defaults by config key ("train.num_steps"); algo_settings: the same, an algorithm.
        default_algo: what ``suite run --task NAME`` runs.
        base: settings of the base's training on the contexts' demonstrations, or None where the
            policy's initial weights are the base.
        data: the file that ``--data`` stands for, below $SUITE_DATA, or None where the task takes
            none; every setting that is DATA becomes its path.
        template: the native object whose letters ``--fix`` keeps, or None.
    """

    name: str
    summary: str
    contexts: Use
    policy: Use
    reward: Use | None = None
    held_out_reward: Use | None = None
    environment: Use | None = None
    codec: Use | None = None
    metrics: tuple[Use, ...] = ()
    known_rewards: tuple[tuple[Any, float], ...] = ()
    known_context: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    algo_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    default_algo: str = ""
    base: Mapping[str, Any] | None = None
    data: str | None = None
    template: str | None = None

    @property
    def domain(self) -> str:
        """The part of the name before the slash."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A field of use: its default task and what one of its samples is.

    Attributes:
        name: as typed after ``--domain``; aliases: other spellings.
        summary: what a sample, a token and the units are.
        default_task: what ``--domain NAME`` runs.
    """

    name: str
    summary: str
    default_task: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One side of a claim: a method and the configurations that may be tried for it.

    Attributes:
        label: what the table calls it.
        algo: preset or algorithm name.
        overrides: config keys that hold for every configuration.
        grid: configurations tried on the tuning seed, each a mapping of config keys.
    """

    label: str
    algo: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    grid: tuple[Mapping[str, Any], ...] = ({},)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A published method tied to a measured comparison, committed before its first result.

    Attributes:
        name: a slug; paper: its row in papers.jsonl; statement: the claim in one sentence.
        task: where it is measured; method, baseline: the two arms, with grids of equal size.
        metric: a key of the final evaluation ("held_out"); direction: "higher" or "lower" is
        better. minimum_effect: the smallest paired difference that counts, in the metric's unit.
        match: a metric on which the arms are matched before they are compared, or None. seeds: run
        seeds, paired; tuning_seed: the seed on which grids are tried. minutes: wall time on two
        cores for all arms and seeds. departures: how this differs from the paper's experiment.
    """

    name: str
    paper: int
    statement: str
    task: str
    method: Arm
    baseline: Arm
    metric: str
    direction: Literal["higher", "lower"]
    minimum_effect: float
    seeds: tuple[int, ...]
    tuning_seed: int
    minutes: float
    match: str | None = None
    departures: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
