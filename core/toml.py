"""TOML out (the standard library reads it but does not write it), and values typed after --set."""

import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError


def dumps(document: Mapping[str, Any]) -> str:
    """Plain keys first, then one [section] a mapping; None is left out."""
    lines = [f"{k} = {_value(v)}" for k, v in document.items() if _plain(v)]
    for key, section in document.items():
        if isinstance(section, Mapping) and section:
            lines += ["", f"[{key}]"]
            lines += [f"{_key(k)} = {_value(v)}" for k, v in section.items() if v is not None]
    return "\n".join(lines).lstrip("\n") + "\n"


def _plain(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    return json.dumps(str(value), ensure_ascii=False)


def load(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SuiteError: it is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise SuiteError(f"no file '{path}'.\nCheck the path given to --config.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SuiteError(f"'{path}' cannot be read as TOML: {error}.\nMend that line.") from None


def parse_assignment(text: str) -> tuple[str, Any]:
    """'algo.beta=0.05' to ("algo.beta", 0.05); what is not a TOML value is a string.

    Raises:
        SuiteError: there is no '=' or no section.
    """
    key, sign, value = text.partition("=")
    key = key.strip()
    if not sign or "." not in key:
        raise SuiteError(
            f"--set {text!r} is not of the form section.key=value.\n"
            "Example: --set algo.beta=0.05 --set train.num_steps=50."
        )
    if value.strip() in ("null", "none", "None"):
        return key, None
    try:
        return key, tomllib.loads(f"x = {value.strip()}")["x"]
    except tomllib.TOMLDecodeError:
        return key, value.strip()
