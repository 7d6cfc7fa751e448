"""Settings of a thing as its factory's refusal tells them, and as ``suite show`` prints them."""

from typing import Any

import pytest

from suite.core import registry
from suite.core.factory_settings import MAKERS, settings_of
from suite.core.show import show

PLUGIN = """
from pydantic import BaseModel, ConfigDict, Field

from suite.core.config_model import parse_config
from suite.core.errors import SuiteError
from suite.core.hooks import hookimpl
from suite.core.records import Scores
from suite.core.reward import Reward

BUILT = []


class Score(Reward):
    '''A score.

    Args:
        target: what to reach, in metres.
    '''

    def __init__(self, *, target, scale=1.5):
        BUILT.append(self)

    def __call__(self, samples, context):
        return Scores.all_valid(samples.tokens.float().sum(1))


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    target: float = Field(description="what to reach")
    scale: float = Field(1.5, gt=0, description="times this")
    sizes: list[int] = Field(default_factory=lambda: [3])


def score(**config):
    from pack.other import score as build

    return build(**config)


def anything(**config):
    return Score(target=config.get("goal", 0.0))


def modelled(**config):
    return Score(target=parse_config(Settings, {"scale": 7.0, **config}, "reward").target)


def checked(**config):
    return Score(target=Settings(**config).target)


def named(**config):
    settings = {"target": 3.0, **config}
    return Score(**settings)


def told(**config):
    try:
        return Score(**config)
    except TypeError as error:
        raise SuiteError(f"my own words: {error}") from error


MADE = {"told": told, "class": Score, "namesake": score, "anything": anything, "model": modelled}
MADE |= {"raw": checked, "named": named}


@hookimpl
def suite_make_reward(name, config):
    return MADE[name.partition("/")[2]](**config)
"""
OTHER = "def score(height, width=2):\n    raise AssertionError('nothing is built')\n"
NAMES = ("named", "told", "class", "namesake", "anything", "model", "raw")
ROW = '[[provides]]\nkind = "reward"\nname = "pack/{}"\nhelp = "h"\n'


@pytest.fixture
def pack(site: Any) -> None:
    rows = "".join(ROW.format(name) for name in NAMES)
    folder = site.install("pack", plugin=PLUGIN, manifest='module = "pack.plugin"\n' + rows)
    (folder / "other.py").write_text(OTHER)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("class", [("target", None, "what to reach, in metres."), ("scale", "1.5", "")]),
        ("named", [("target", "3.0", "what to reach, in metres."), ("scale", "1.5", "")]),
        ("told", [("target", None, "what to reach, in metres."), ("scale", "1.5", "")]),
        ("namesake", [("height", None, ""), ("width", "2", "")]),
        ("anything", None),
        (
            "model",
            [
                ("target", None, "what to reach"),
                ("scale", "7.0", "times this"),
                ("sizes", "[3]", ""),
            ],
        ),
        (
            "raw",
            [
                ("target", None, "what to reach"),
                ("scale", "1.5", "times this"),
                ("sizes", "[3]", ""),
            ],
        ),
    ],
)
def test_settings_are_those_of_what_refuses(
    pack: None, name: str, wanted: list[tuple[str, str | None, str]] | None
) -> None:
    """A class, a function under a namesake, one that takes anything, and models, ours and raw.

    The factory's own defaults (7.0, 3.0) stand before those of the model and of the class.
    """
    found = settings_of(registry.find("reward", f"pack/{name}"))
    told = None if found is None else [(s.name, s.default, s.description) for s in found]
    assert told == wanted


def test_show_prints_a_setting_a_line_with_its_section(pack: None) -> None:
    assert show("pack/class").endswith(
        "  settings ([reward])\n    target (required)  what to reach, in metres.\n    scale = 1.5"
    )
    assert show("pack/anything").endswith("  settings ([reward]): any name is taken")


def test_show_says_settings_of_every_kind_that_takes_some() -> None:
    """Every policy, reward, contexts, environment, sampler, metric and codec of the suite."""
    entries = [e for e in registry.entries() if e.built_in and e.kind in MAKERS]
    assert {entry.kind for entry in entries} == set(MAKERS)
    silent = [e.name for e in entries if "  settings (" not in show(e.name)]
    assert silent == []


def test_the_settings_of_the_tiny_policy_are_those_of_its_size() -> None:
    text = show("discrete_diffusion/tiny")
    assert "    length (required)" in text
    assert "    width = 48  " in text
    assert "    width = 16  " in show("discrete_diffusion/micro")
