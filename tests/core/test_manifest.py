"""Manifests are read strictly: what is wrong is named with its file and place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from suite.core.manifest import API_VERSION, api_contains, check_api, read_manifest

Refusal = Callable[[Callable[[], object]], str]

FULL = """module = "my_package.plugin"
api = ">=1,<2"

[[provides]]
kind = "algorithm"
name = "fast"
help = "A fast form of slow."
extras = ["protein", "text"]
devices = ["cuda"]
role = "trained_on"
preset = "presets/fast.toml"
paper = 16

[provides.facts]
requires = ["scores", "pathwise"]
family = "tokens"
width = 3

[[provides]]
kind = "reward"
name = "my/score"
help = "A score."
"""
SHORT = 'module = "a.plugin"\n\n[[provides]]\nkind = "reward"\nname = "b"\nhelp = "c"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "suite-plugin.toml"
    path.write_text(text)
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    preset = tmp_path / "presets" / "fast.toml"
    preset.parent.mkdir()
    preset.write_text("")

    manifest = read_manifest(write(tmp_path, FULL))

    fast, score = manifest.provides
    assert (manifest.module, manifest.api) == ("my_package.plugin", ">=1,<2")
    assert (fast.kind, fast.name, fast.help) == ("algorithm", "fast", "A fast form of slow.")
    assert (fast.extras, fast.devices) == (("protein", "text"), ("cuda",))
    assert (fast.role, fast.preset, fast.paper) == ("trained_on", preset, 16)
    assert fast.facts == {"requires": ("scores", "pathwise"), "family": "tokens", "width": 3}
    assert (score.extras, score.role, score.preset, score.paper) == ((), None, None, None)


def test_the_shortest_manifest_asks_for_the_first_api(tmp_path: Path) -> None:
    manifest = read_manifest(write(tmp_path, SHORT))

    assert manifest.api == ">=1,<2"
    check_api(manifest)


def test_an_unknown_key_names_file_place_and_what_was_meant(
    tmp_path: Path, refusal: Refusal
) -> None:
    path = write(tmp_path, SHORT + 'extra = ["protein"]\n')

    assert refusal(lambda: read_manifest(path)) == (
        "no manifest key named 'extra'. Did you mean 'extras'?\n"
        "Known: devices, extras, facts, help, kind, name, paper, preset, role.\n"
        f"Correct 'extra' in {path}, [[provides]] number 1."
    )


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            'module = "a.plugin"',
            'modul = "a.plugin"',
            "no manifest key named 'modul'. Did you mean",
        ),
        ('module = "a.plugin"\n', "", "the top level: key 'module': is missing."),
        ('module = "a.plugin"', 'module = "a-b"', "key 'module': 'a-b' is not a name"),
        ('kind = "reward"', 'kind = "rewards"', "no kind of plugin named 'rewards'. Did you mean"),
        ('name = "b"', 'name = "b c"', "number 1: key 'name': 'b c' is not a name"),
        ('name = "b"', "name = 3", "key 'name': must be a string of one line, got 3."),
        ('help = "c"', 'help = ""', "key 'help': must be a string of one line, got ''."),
        ('help = "c"', 'help = "c"\nextras = "x"', "'extras': must be a list of strings, got 'x'."),
        ('help = "c"', 'help = "c"\npaper = true', "'paper': must be a whole number, got True."),
        ('help = "c"', 'help = "c"\npreset = "p.toml"', "key 'preset': there is no file"),
        ('help = "c"', 'help = "c"\nfacts = {a = {}}', "'facts.a': must be text, a number or a"),
        ("[[provides]]", "[provides]", "key 'provides': needs at least one [[provides]] table."),
        ('help = "c"', "help = c", "is not valid TOML"),
    ],
)
def test_a_fault_is_named(
    tmp_path: Path, refusal: Refusal, before: str, after: str, problem: str
) -> None:
    assert before in SHORT
    path = write(tmp_path, SHORT.replace(before, after))

    message = refusal(lambda: read_manifest(path))

    assert problem in message
    assert str(path) in message


def test_a_name_promised_twice_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    path = write(tmp_path, SHORT + SHORT.partition("\n\n")[2])

    assert "number 2: key 'name': the reward 'b' is already provided" in refusal(
        lambda: read_manifest(path)
    )


def test_a_missing_file_is_an_error(tmp_path: Path, refusal: Refusal) -> None:
    assert "cannot read the plugin manifest" in refusal(lambda: read_manifest(tmp_path / "no.toml"))


@pytest.mark.parametrize(
    ("api", "version", "inside"),
    [
        (">=1,<2", 1, True),
        (">=1,<2", 2, False),
        (">= 2", 1, False),
        ("==1", 1, True),
        ("!=1", 1, False),
        (">0, <=3", 3, True),
    ],
)
def test_api_ranges_are_intersections_of_comparisons(api: str, version: int, inside: bool) -> None:
    assert api_contains(api, version) is inside


def test_an_api_out_of_range_says_which_range_and_which_version(
    tmp_path: Path, refusal: Refusal
) -> None:
    path = write(tmp_path, SHORT.replace("\n\n", '\napi = ">=7,<8"\n\n', 1))
    manifest = read_manifest(path)

    assert refusal(lambda: check_api(manifest)) == (
        f"{path} asks for plugin api >=7,<8; this suite has api {API_VERSION}.\n"
        f"Install a version of the plugin that was made for api {API_VERSION}."
    )


def test_an_api_that_is_no_range_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    manifest = read_manifest(write(tmp_path, SHORT.replace("\n\n", '\napi = "~1.0"\n\n', 1)))

    assert "'~1.0' is not a range of whole numbers" in refusal(lambda: check_api(manifest))
