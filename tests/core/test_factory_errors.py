"""What a factory refuses: missing packages and settings that are the user's to mend."""

from collections.abc import Callable
from typing import Any

import pytest

from suite.core import registry

Refusal = Callable[[Callable[[], object]], str]

PLUGIN = """
from suite.core.hooks import hookimpl


@hookimpl
def suite_make_reward(name, config):
    from suite.core.records import Scores
    from suite.core.reward import Reward

    class Score(Reward):
        def __init__(self, *, target, scale=1.0):
            self.target = target

        def __call__(self, samples, context):
            return Scores.all_valid(samples.tokens.float().sum(1) - self.target)

    return Score(**config)
"""
TRACKER = (
    'module = "{package}.plugin"\n[[provides]]\nkind = "tracker"\nname = "{package}"\nhelp = "t"\n'
)


def provides(kind: str, name: str, extra: str = "") -> str:
    row = f'[[provides]]\nkind = "{kind}"\nname = "{name}"\nhelp = "h"\n{extra}'
    return 'module = "{package}.plugin"\n' + row


NEEDS = "from suite.core.hooks import hookimpl\n@hookimpl\ndef suite_make_reward(name, config):\n"
EXTRAS = "extras = ['fancy', 'more']\n"


@pytest.mark.parametrize("place", ["factory", "module"])
def test_a_missing_extra_prints_the_pip_line_of_its_own_distribution(
    site: Any, refusal: Refusal, place: str
) -> None:
    line = "import package_nobody_has.part\n"
    source = line if place == "module" else f"{NEEDS}    {line}"
    site.install("needy", plugin=source, manifest=provides("reward", "needy/score", EXTRAS))

    assert refusal(lambda: registry.make_reward("needy/score", {})) == (
        "reward 'needy/score' needs the package 'package_nobody_has', which is not installed.\n"
        "Run `pip install 'needy[fancy,more]'`."
    )


def test_a_module_of_its_own_that_is_missing_is_not_an_extra(site: Any, refusal: Refusal) -> None:
    manifest = provides("reward", "needy/score", EXTRAS)
    site.install("needy", plugin="import needy.gone\n", manifest=manifest)

    assert "failed with ModuleNotFoundError: No module named 'needy.gone'" in refusal(
        lambda: registry.make_reward("needy/score", {})
    )


def test_a_missing_package_without_extras_is_the_authors_fault(site: Any) -> None:
    site.install("needy", plugin=f"{NEEDS}    import package_nobody_has\n")

    with pytest.raises(ModuleNotFoundError):
        registry.make_reward("needy/score", {})


def test_an_unknown_setting_says_which_exist(site: Any, refusal: Refusal) -> None:
    site.install("pack", plugin=PLUGIN)

    assert refusal(lambda: registry.make_reward("pack/score", {"tagret": 1.0})) == (
        "no setting of reward 'pack/score' named 'tagret'. Did you mean 'target'?\n"
        "Known: scale, target.\nRun `suite show pack/score` for the settings of this reward."
    )


def test_a_missing_setting_is_named(site: Any, refusal: Refusal) -> None:
    site.install("pack", plugin=PLUGIN)

    assert refusal(lambda: registry.make_reward("pack/score", {"scale": 1.0})) == (
        "reward 'pack/score' needs a value for the setting 'target'.\n"
        "Given: scale.\nRun `suite show pack/score` for the settings of this reward."
    )


def test_a_type_error_inside_a_plugin_is_not_blamed_on_the_user(site: Any) -> None:
    """The callable that lacks an argument does not take the settings that were given."""
    source = PLUGIN.replace("self.target = target", "(lambda *, inner: inner)()")
    site.install("buggy", plugin=source)

    with pytest.raises(TypeError, match="inner"):
        registry.make_reward("buggy/score", {"target": 1.0})


VALIDATED = """
from pydantic import BaseModel, ConfigDict, Field
from suite.core.hooks import hookimpl


class ValidatedTracker(BaseModel):
    model_config = ConfigDict(extra="forbid")
    width: int = Field(1, ge=1)
    depth: int = 1


@hookimpl
def suite_make_tracker(name, config):
    return ValidatedTracker(**config)
"""


def test_a_value_out_of_range_names_the_setting(site: Any, refusal: Refusal) -> None:
    site.install("checked", plugin=VALIDATED, manifest=TRACKER)

    assert refusal(lambda: registry.make_tracker("checked", {"width": 0})) == (
        "tracker 'checked': width = 0 is not possible: input should be greater than or equal to 1."
        "\nRun `suite show checked` for the settings of this tracker."
    )


def test_an_unknown_field_of_a_model_says_which_exist(site: Any, refusal: Refusal) -> None:
    site.install("checked", plugin=VALIDATED, manifest=TRACKER)

    assert refusal(lambda: registry.make_tracker("checked", {"widht": 2})).startswith(
        "no setting of tracker 'checked' named 'widht'. Did you mean 'width'?\nKnown: depth, width."
    )


BARE = """
from suite.core.hooks import hookimpl
from suite.core.metric import Codec


class Bare(Codec):
    def encode(self, natives):
        return None

    def decode(self, samples):
        return ()


def one(length):
    return Bare()


@hookimpl
def suite_make_codec(name, config):
    return Bare(**config) if name == "bare/none" else one(*config.values())
"""


@pytest.mark.parametrize(("name", "known"), [("none", "none"), ("one", "length")])
def test_a_setting_of_a_thing_that_takes_no_more_is_an_unknown_setting(
    site: Any, refusal: Refusal, name: str, known: str
) -> None:
    """Python says "takes no arguments", or how many positional ones it takes."""
    site.install("bare", plugin=BARE, manifest=provides("codec", f"bare/{name}"))
    given = {"length": 3, "x": 1} if known == "length" else {"x": 1}
    assert refusal(lambda: registry.make_codec(f"bare/{name}", given)) == (
        f"no setting of codec 'bare/{name}' named 'x'.\nKnown: {known}.\n"
        f"Run `suite show bare/{name}` for the settings of this codec."
    )


def test_the_micro_contexts_take_no_settings(refusal: Refusal) -> None:
    said = refusal(lambda: registry.make_contexts("micro/unconditioned", {"x": 1}))
    assert said.startswith("no setting of contexts 'micro/unconditioned' named 'x'.\nKnown: none.")


def test_too_many_arguments_inside_a_plugin_are_its_own_fault(site: Any) -> None:
    source = BARE.replace("return Bare()", "return Bare(length)")
    site.install("bare", plugin=source, manifest=provides("codec", "bare/one"))
    with pytest.raises(TypeError, match="takes no arguments"):
        registry.make_codec("bare/one", {"length": 3})
