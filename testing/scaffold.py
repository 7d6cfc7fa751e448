"""``suite plugins new``: a working plugin package, written from the one in plugin_template/.

The template is a live package, so that the linter and the type checker read it; its import path and
its name are replaced in the copy. What only the copy needs (packaging, README, tests) stands here.
"""

import importlib.util
import keyword
import re
import sys
from pathlib import Path

from suite import __version__
from suite.core import registry
from suite.core.errors import DISTRIBUTION, SuiteError

TEMPLATE = Path(__file__).with_name("plugin_template")
TEMPLATE_MODULE = "suite.testing.plugin_template"
TEMPLATE_NAME = "my-domain"
NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")

PYPROJECT = f"""[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{TEMPLATE_NAME}"
version = "0.1.0"
description = "The domain {TEMPLATE_NAME} for suite."
requires-python = ">=3.11"
dependencies = ["{DISTRIBUTION}>={__version__}"]

[project.optional-dependencies]
dev = ["pytest>=9"]

# How the suite finds this package; what it provides stands in {TEMPLATE_MODULE}/suite-plugin.toml.
[project.entry-points."suite.plugins"]
{TEMPLATE_NAME} = "{TEMPLATE_MODULE}.plugin"

[tool.setuptools]
packages = ["{TEMPLATE_MODULE}"]

[tool.setuptools.package-data]
{TEMPLATE_MODULE} = ["*.toml"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

README = f"""# {TEMPLATE_NAME}

A domain for `suite`: words of eight letters, a reward for neighbours that differ, and a task.

    pip install -e '.[dev]'
    pytest
    suite list domains
    suite run --domain {TEMPLATE_NAME} --algo rloo
    suite plugins check {TEMPLATE_NAME}

| file | holds |
|---|---|
| `{TEMPLATE_MODULE}/suite-plugin.toml` | all names it provides, read without importing it |
| `{TEMPLATE_MODULE}/plugin.py` | one hook a kind: from a name and settings to the thing |
| `{TEMPLATE_MODULE}/codec.py` | words to tokens and back |
| `{TEMPLATE_MODULE}/contexts.py` | what samples are asked for, and what a base learns from |
| `{TEMPLATE_MODULE}/reward.py` | the score |
| `{TEMPLATE_MODULE}/task.py` | all of it put together, with rewards checked by hand |
"""

TESTS = f'''"""What {TEMPLATE_NAME} promises. Install the package before: `pip install -e .`"""

from pathlib import Path

import pytest
import suite
import torch
from suite.core.errors import SuiteError
from suite.core.records import Context
from suite.testing import check_distribution, check_reward

from {TEMPLATE_MODULE}.codec import ALPHABET, LetterCodec
from {TEMPLATE_MODULE}.contexts import REPEAT, Words
from {TEMPLATE_MODULE}.reward import Alternation


def test_the_conformance_kit_finds_nothing() -> None:
    """Everything that the manifest promises: shapes, determinism, known rewards and more."""
    results = check_distribution("{TEMPLATE_NAME}")

    assert len(results) > 10
    assert [result for result in results if not result.ok] == []


def test_the_reward_conforms_on_words_of_every_kind() -> None:
    samples = LetterCodec().encode(("AAAAAAAA", "ABABABAB", "AABBCCDD", "DCBAABCD"))
    context = Context(index=torch.zeros(4, dtype=torch.long))

    check_reward(Alternation(), samples, context, letters=len(ALPHABET))


def test_demonstrations_repeat_as_often_as_stated() -> None:
    """A letter repeats with chance REPEAT, or by luck among all letters."""
    words = Words().words
    share = (words[:, 1:] == words[:, :-1]).float().mean()

    assert float(share) == pytest.approx(REPEAT + (1 - REPEAT) / len(ALPHABET), abs=0.03)


def test_a_word_that_is_none_is_refused() -> None:
    with pytest.raises(SuiteError, match="'ABX' is not a word of {TEMPLATE_NAME}"):
        LetterCodec().encode(("ABX",))


def test_an_existing_algorithm_improves_on_the_base(tmp_path: Path) -> None:
    outcome = suite.run(
        task="{TEMPLATE_NAME}/alternate",
        algo="rloo",
        out=tmp_path / "run",
        settings={{"controls.enabled": False}},
    )

    tuned, base = (outcome.controls[name]["reward"] for name in ("tuned", "base"))
    assert tuned > base + 1.0
'''


def write_plugin(name: str, parent: Path) -> Path:
    """Write the package ``name`` below ``parent``.

    Returns:
        Its folder, ``parent / name``: installable, with tests that pass.

    Raises:
        SuiteError: the name cannot be a package's or is taken, or the folder is not empty.
    """
    package = name.replace("-", "_")
    _check_name(name, package)
    folder = parent / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SuiteError(
            f"'{folder}' exists and is not an empty folder; nothing was written.\n"
            "Choose another name, or another place with --path."
        )
    for path, text in _files(package).items():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            filled = text.replace(TEMPLATE_MODULE, package).replace(TEMPLATE_NAME, name)
            target.write_text(filled, encoding="utf-8")
        except OSError as error:
            raise SuiteError(
                f"cannot write '{target}': {error.strerror}.\nChoose another place with --path."
            ) from error
    return folder


def _files(package: str) -> dict[str, str]:
    """Every file of the new package, by its path, before names are replaced."""
    found = sorted(p for p in TEMPLATE.iterdir() if p.suffix in (".py", ".toml"))
    own = {f"{package}/{path.name}": path.read_text(encoding="utf-8") for path in found}
    tests = {f"tests/test_{package}.py": TESTS}
    return {"pyproject.toml": PYPROJECT, "README.md": README, **own, **tests}


def _check_name(name: str, package: str) -> None:
    if not NAME.fullmatch(name):
        raise SuiteError(
            f"'{name}' cannot be the name of a plugin package.\n"
            "A name is lower-case letters and digits, joined by '-': 'my-domain'.\n"
            "Choose one like that."
        )
    taken = None
    if keyword.iskeyword(package) or package in sys.stdlib_module_names:
        taken = "a word or a module of Python"
    elif name in {entry.name for entry in registry.entries("domain")}:
        taken = "a domain already"
    elif importlib.util.find_spec(package) is not None:
        taken = "an installed package already"
    if taken is not None:
        raise SuiteError(
            f"'{name}' cannot be the name of a new plugin: '{package}' is {taken}.\n"
            f"Choose another name, such as 'my-{name}'."
        )
