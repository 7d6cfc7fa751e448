"""``--policy run:FOLDER`` and ``--policy NAME:FOLDER``: a policy with the weights of a folder.

Settings are read when a run is resolved and written into its config.toml, weights once it is built;
from then on the run keeps both itself, and the folder may go.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.task import DATA, Task, Use
from suite.core.toml import load

if TYPE_CHECKING:
    from suite.core.build import Built
    from suite.core.config import Config
    from suite.core.policy import Policy

SECTION = "saved_policy"  # of config.toml: name, and settings as JSON, which knows null
RUN = "run"
FIXED = "fixed"  # position -> letter: what --fix sets, and what a policy tuned under it keeps


def split_name(asked: str) -> tuple[str, Path | None]:
    """'NAME:FOLDER' in two; no folder where there is no colon.

    Raises:
        SuiteError: nothing follows the colon.
    """
    name, colon, folder = asked.partition(":")
    if colon and not folder:
        raise SuiteError(
            f"--policy {asked} names no folder after the colon.\n"
            "Write run:FOLDER, NAME:FOLDER, or the name alone."
        )
    return name, Path(folder).expanduser() if colon else None


def find_saved(own: Use, asked: str | None, recorded: Mapping[str, Any] | None) -> Use | None:
    """What the policy in a folder was made of; None where --policy names no folder.

    Args:
        own: the task's policy, whose settings hold for an ecosystem's model of the same plugin.
        asked: --policy.
        recorded: the section of a config.toml that found it before.

    Raises:
        SuiteError: the folder holds no policy, or that of another family.
    """
    name, folder = split_name(asked or "")
    if folder is None:
        return None
    if recorded is not None:
        return Use(str(recorded["name"]), **json.loads(recorded["settings"]))
    if name == RUN:
        return _policy_of_run(folder)
    pretrained = shorthand(name)
    if pretrained is not None:
        model = str(folder.resolve() if folder.is_dir() else folder)  # else an id
        return (own if own.name == pretrained else Use(pretrained)).updated(model=model)
    if reads_folder(name):
        return Use(name, folder=str(folder))
    from suite.core.policy_files import read_settings  # loads torch

    return Use(name, **read_settings(folder, registry.find("policy", name).name))


def reads_folder(name: str) -> bool:
    """Whether a family's factory takes a folder of its own format as the setting ``folder``."""
    return bool(registry.find("policy", name).facts.get("reads_folder", False))


def shorthand(name: str) -> str | None:
    """The policy that opens ``name:FOLDER-OR-ID`` of an ecosystem's format as its ``model``."""
    entries = registry.entries("policy")
    return next((one.name for one in entries if one.facts.get("shorthand") == name), None)


def record(saved: Use | None) -> dict[str, str] | None:
    """The section of config.toml."""
    if saved is None:
        return None
    return {"name": saved.name, "settings": json.dumps(dict(saved.config), sort_keys=True)}


def _policy_of_run(folder: Path) -> Use:
    document = _config_of_run(folder)
    own = registry.make_task(document["task"]).policy
    return choose(own, document.get("policy_name"), document.get(SECTION)).updated(
        **document.get("policy", {})
    )


def _config_of_run(folder: Path) -> dict[str, Any]:
    if not (folder / "config.toml").is_file():
        raise SuiteError(
            f"'{folder}' holds no run.\nName the folder of a run: --policy run:FOLDER. For what "
            "`suite export` wrote, write --policy NAME:FOLDER."
        )
    return load(folder / "config.toml")


def choose(own: Use, asked: str | None, recorded: Mapping[str, Any] | None = None) -> Use:
    """The policy asked for: a task's ``own``, a plugin's, or one with a folder's weights."""
    if asked is None or asked == "tiny":
        return own
    saved = find_saved(own, asked, recorded)
    if saved is not None:
        return saved
    return own if asked == own.name else Use(asked)


def fix_of_run(asked: str | None, task: Task) -> str | None:
    """The --fix of the run that --policy names, on the same task: its policy still keeps it."""
    name, folder = split_name(asked or "")
    if name != RUN or folder is None:
        return None
    document = _config_of_run(folder)
    fix: str | None = document.get("fix") if document.get("task") == task.name else None
    return fix


# --- built --------------------------------------------------------------------------------------


def check_shape(policy: "Policy", name: str, config: "Config") -> None:
    """Refuse a saved policy whose samples are not of the size that the task asks for.

    Raises:
        SuiteError: the task's own policy is of that plugin, and draws samples of another size.
    """
    own, task = config.task.policy, config.task.name
    if shorthand(split_name(config.policy or "")[0]) is not None:
        return  # a model of an ecosystem's makes what it makes
    if registry.find("policy", name).module != registry.find("policy", own.name).module:
        return  # another family: nothing tells what both would call the size of a sample
    settings = {k: (config.data if v == DATA else v) for k, v in own.config.items()}
    wanted = registry.make_policy(own.name, settings).sample_shape
    found = policy.sample_shape
    if all(found[key] == wanted[key] for key in found.keys() & wanted.keys()):
        return
    raise SuiteError(
        f"the policy of '{config.policy}' draws samples of {_sizes(found)}; the task '{task}' asks "
        f"for {_sizes(wanted)}.\nName a policy that was tuned on this task, or the task it fits."
    )


def _sizes(shape: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {value}" for key, value in shape.items())


def load_saved(built: "Built") -> bool:
    """Give the run's policy the weights of the folder that --policy names, if it names one.

    Raises:
        SuiteError: there are none, or they do not fit.
    """
    name, folder = split_name(built.config.policy or "")
    if folder is None:
        return False
    if name == RUN:
        _load_run(built.run.policy, folder)
    elif shorthand(name) is None and not reads_folder(name):
        built.run.policy.load(folder)
    return True


def _load_run(policy: "Policy", folder: Path) -> None:
    from safetensors.torch import load_file

    from suite.core.checkpoint import newest_good
    from suite.core.policy_files import fill

    path, _ = newest_good(folder / "checkpoints")
    if path is None:
        raise SuiteError(
            f"'{folder}' holds no checkpoint.\nName the folder of a run: --policy run:FOLDER."
        )
    fill(policy, load_file(path / "policy.safetensors"), folder)
