"""Presets: named forms of an algorithm, as TOML files of settings."""

from dataclasses import dataclass, field
from typing import Any

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.toml import load

KEYS = {"extends", "paper", "source", "departures", "algo", "train", "summary"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An algorithm and the settings that a name stands for.

    Attributes:
        name: what was asked for; algorithm: the class behind it.
        settings: by "section.key", the preset's over those that it extends.
        source: where the formula stands; departures: how ours differs.
        chain: the names from the algorithm to ``name``.
    """

    name: str
    algorithm: str
    settings: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    paper: int | None = None
    departures: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()


def resolve(name: str) -> Recipe:
    """Follow ``extends`` from a preset's name down to its algorithm.

    Raises:
        SuiteError: the name is unknown, the file has unknown keys, or the chain never ends.
    """
    entry = registry.find("algorithm", name)
    if entry.preset is None:
        return Recipe(name=name, algorithm=name, chain=(name,))
    document = load(entry.preset)
    unknown = set(document) - KEYS
    if unknown or "extends" not in document:
        raise SuiteError(
            f"the preset {entry.preset.name} of {entry.distribution} is wrong: it needs 'extends' "
            f"and knows {', '.join(sorted(KEYS))}; found {', '.join(sorted(document))}."
        )
    if document["extends"] == name:
        raise SuiteError(f"the preset '{name}' extends itself.\nName its algorithm in 'extends'.")
    parent = resolve(document["extends"])
    own = {
        f"{section}.{key}": value
        for section in ("algo", "train")
        for key, value in document.get(section, {}).items()
    }
    return Recipe(
        name=name,
        algorithm=parent.algorithm,
        settings={**parent.settings, **own},
        source=document.get("source", parent.source),
        paper=document.get("paper", entry.paper),
        departures=tuple(document.get("departures", ())),
        chain=(*parent.chain, name),
    )
