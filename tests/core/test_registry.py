"""The door to plugins: who owns a name, what is loaded, and what a broken plugin may break."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.core import registry
from suite.core.errors import SuiteError

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
BOOM = 'raise RuntimeError("boom at import")\n'
RUN_PLUGIN = """
from suite.core.hooks import hookimpl

seen = []


@hookimpl
def suite_make_tracker(name, config):
    return object()


@hookimpl
def suite_before_update(run, step):
    seen.append(step)
    if step == 13:
        raise ValueError("unlucky")
"""
TRACKER = (
    'module = "{package}.plugin"\n[[provides]]\nkind = "tracker"\nname = "{package}"\nhelp = "t"\n'
)


def provides(kind: str, name: str, extra: str = "") -> str:
    row = f'[[provides]]\nkind = "{kind}"\nname = "{name}"\nhelp = "h"\n{extra}'
    return 'module = "{package}.plugin"\n' + row


# --- what exists --------------------------------------------------------------------------------


def test_the_suite_provides_its_own_plugins_through_manifests() -> None:
    kinds = {entry.kind for entry in registry.entries() if entry.built_in}

    assert {"policy", "reward", "algorithm", "task", "domain"} <= kinds
    assert [p for p in registry.broken() if p.distribution == "reward-suite"] == []


def test_an_installed_plugin_is_found_without_importing_it(site: Any) -> None:
    folder = site.install("far-away", plugin=BOOM)

    entry = registry.find("reward", "far_away/score")

    assert (entry.distribution, entry.module) == ("far-away", "far_away.plugin")
    assert entry.manifest == folder / "suite-plugin.toml"
    assert not entry.built_in
    assert not any(name.startswith("far_away") for name in sys.modules)


def test_an_unknown_name_says_what_exists(site: Any, refusal: Refusal) -> None:
    site.install("far-away")

    message = refusal(lambda: registry.find("reward", "far_away/scor"))

    assert message.startswith("no reward named 'far_away/scor'. Did you mean 'far_away/score'?\n")
    assert message.endswith("\nRun `suite list rewards`.")


def test_an_unknown_name_mentions_the_plugins_that_could_not_be_read(
    site: Any, refusal: Refusal
) -> None:
    """The name may well be theirs."""
    site.install("garbled", manifest="module = ")

    assert refusal(lambda: registry.find("reward", "garbled/score")).endswith(
        "Some plugins could not be read (garbled): run `suite plugins list`."
    )


def test_an_unknown_kind_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: registry.entries("rewards")).startswith(
        "no kind of plugin named 'rewards'. Did you mean 'reward'?"
    )


def test_a_clash_names_both_distributions_and_stops_only_that_name(
    site: Any, refusal: Refusal
) -> None:
    both = provides("reward", "twin") + "[[provides]]\nkind = 'reward'\nname = 'x'\nhelp = 'h'\n"
    site.install("one-pack", manifest=both, plugin=PLUGIN)
    site.install("two-pack", manifest=provides("reward", "twin"), plugin=PLUGIN)

    message = refusal(lambda: registry.make_reward("twin", {"target": 0.0}))

    assert message == (
        "reward 'twin' is provided more than once: by one-pack (one_pack.plugin) and two-pack "
        "(two_pack.plugin).\nUninstall one of them, or ask its author for another name."
    )
    assert registry.make_reward("x", {"target": 0.0}) is not None
    assert [e.distribution for e in registry.entries() if e.name == "twin"] == [
        "one-pack",
        "two-pack",
    ]
    assert [p.distribution for p in registry.broken()] == ["one-pack, two-pack"]


def test_an_api_out_of_range_harms_nobody_else(site: Any) -> None:
    site.install("old", manifest='api = "<1"\n' + provides("reward", "old/score"))
    site.install("new", plugin=PLUGIN)

    (plugin,) = registry.broken()

    assert plugin.distribution == "old"
    assert "asks for plugin api <1; this suite has api 1" in plugin.traceback
    assert registry.make_reward("new/score", {"target": 0.0}) is not None


def test_an_entry_point_that_disagrees_with_its_manifest_is_broken(site: Any) -> None:
    site.install("split", module="split.other")

    (plugin,) = registry.broken()

    assert (
        "says module 'split.plugin', but split is registered as 'split.other'" in plugin.traceback
    )


def test_a_role_is_played_by_the_suites_own_entry_first(site: Any) -> None:
    site.install("rival", manifest=provides("algorithm", "a-rival", "role = 'trained_on'\n"))

    own = registry.by_role("algorithm", "trained_on")

    assert own is not None
    assert own.built_in
    assert {e.distribution for e in registry.entries("algorithm") if e.role == "trained_on"} == {
        "rival",
        "reward-suite",
    }
    assert registry.by_role("algorithm", "nobody's") is None


# --- building -----------------------------------------------------------------------------------


def test_asking_for_a_name_imports_its_plugin_alone(site: Any) -> None:
    site.install("wanted", plugin=PLUGIN)
    site.install("other", plugin=BOOM)

    reward = registry.make_reward("wanted/score", {"target": 2.0})

    assert reward.target == 2.0  # type: ignore[attr-defined]
    assert "other.plugin" not in sys.modules
    assert registry.broken() == []


def test_a_plugin_that_raises_stops_only_the_run_that_asked(site: Any, refusal: Refusal) -> None:
    site.install("bad", plugin=BOOM)
    site.install("good", plugin=PLUGIN)

    message = refusal(lambda: registry.make_reward("bad/score", {}))

    assert message == (
        "reward 'bad/score' cannot be used: importing the plugin 'bad.plugin' of bad failed with "
        "RuntimeError: boom at import\nRun `suite plugins list` for the traceback."
    )
    (plugin,) = registry.broken()
    assert (plugin.distribution, plugin.module) == ("bad", "bad.plugin")
    assert 'plugin.py", line 1' in plugin.traceback
    assert registry.make_reward("good/score", {"target": 0.0}) is not None


def test_a_plugin_that_exits_at_import_is_a_broken_one(site: Any, refusal: Refusal) -> None:
    site.install("quits", plugin="import sys\nsys.exit(3)\n")

    assert "failed with SystemExit: 3" in refusal(lambda: registry.make_reward("quits/score", {}))


def test_a_broken_promise_names_the_plugin(site: Any, refusal: Refusal) -> None:
    site.install("mute", plugin=PLUGIN.replace("return Score(**config)", "return None"))

    assert "promises reward 'mute/score', but the plugin 'mute.plugin' of mute answers" in refusal(
        lambda: registry.make_reward("mute/score", {"target": 0.0})
    )


def test_a_plugin_without_the_hook_at_all_breaks_its_promise_too(
    site: Any, refusal: Refusal
) -> None:
    site.install("empty", plugin="")

    assert "answers suite_make_reward with nothing" in refusal(
        lambda: registry.make_reward("empty/score", {})
    )


def test_a_hook_that_does_not_exist_is_an_error(site: Any, refusal: Refusal) -> None:
    site.install("typo", plugin=PLUGIN.replace("suite_make_reward", "suite_make_rewards"))

    assert "unknown hook 'suite_make_rewards'" in refusal(
        lambda: registry.make_reward("typo/score", {})
    )


def test_the_wrong_noun_is_refused(site: Any, refusal: Refusal) -> None:
    site.install("odd", plugin=PLUGIN.replace("return Score(**config)", "return 3"))

    assert refusal(lambda: registry.make_reward("odd/score", {"target": 0.0})) == (
        "the plugin 'odd.plugin' of odd built reward 'odd/score' as a int.\n"
        "Wanted: a suite.core.reward.Reward.\nRun `suite plugins check odd`."
    )


def test_a_preset_is_not_code(refusal: Refusal) -> None:
    preset = next(entry for entry in registry.entries("algorithm") if entry.preset is not None)

    message = refusal(lambda: registry.make_algorithm(preset.name, {}))

    assert message.startswith(f"algorithm '{preset.name}' is a preset, a file of settings")


# --- run hooks ----------------------------------------------------------------------------------


def test_run_hooks_reach_loaded_plugins_only_and_in_a_fixed_order(site: Any) -> None:
    for name in ("zeta", "alpha", "never"):
        site.install(name, plugin=RUN_PLUGIN, manifest=TRACKER)
    for name in ("zeta", "alpha"):
        registry.make_tracker(name, {})
    order: list[str] = []
    for name in ("zeta", "alpha"):
        sys.modules[f"{name}.plugin"].seen = _Names(order, name)  # type: ignore[attr-defined]

    registry.run_hooks("suite_before_update", run=None, step=1)

    assert order == ["alpha", "zeta"]
    assert "never.plugin" not in sys.modules


class _Names:
    """Stands for a plugin's list; notes the plugin's name at every append."""

    def __init__(self, order: list[str], name: str) -> None:
        self.order, self.name = order, name

    def append(self, _: object) -> None:
        self.order.append(self.name)


def test_an_exception_of_a_run_hook_names_its_plugin(site: Any) -> None:
    site.install("alpha", plugin=RUN_PLUGIN, manifest=TRACKER)
    registry.make_tracker("alpha", {})

    with pytest.raises(ValueError, match="unlucky") as caught:
        registry.run_hooks("suite_before_update", run=None, step=13)

    assert caught.value.__notes__ == [
        "raised in the hook suite_before_update of the plugin 'alpha.plugin'"
    ]


def test_a_run_hook_takes_exactly_the_arguments_of_its_specification() -> None:
    import inspect

    from suite.core import hooks

    specified = {
        name: set(inspect.signature(function).parameters)
        for name, function in vars(hooks).items()
        if name.startswith("suite_") and not name.startswith("suite_make_")
    }
    assert specified == registry.RUN_HOOKS
    with pytest.raises(AssertionError, match="suite_before_update takes"):
        registry.run_hooks("suite_before_update", run=None)


def test_every_kind_has_a_factory_hook_and_a_typed_door() -> None:
    from suite.core import hooks
    from suite.core.manifest import KINDS

    for kind in KINDS:
        assert hasattr(hooks, f"suite_make_{kind}")
        assert callable(getattr(registry, f"make_{kind}"))


# --- a local plugin -----------------------------------------------------------------------------


def test_a_local_plugin_counts_only_when_it_is_opted_in(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "suite_local.py").write_text(PLUGIN)
    manifest = provides("reward", "mine").format(package="x").replace("x.plugin", "suite_local")
    (tmp_path / "suite_local.toml").write_text(manifest)
    registry.reset()
    path_before = list(sys.path)
    try:
        assert "no reward named 'mine'" in refusal(lambda: registry.find("reward", "mine"))
        registry.use_local(tmp_path)
        registry.use_local(tmp_path)
        assert registry.make_reward("mine", {"target": 1.0}) is not None
        assert sys.path == path_before
    finally:
        registry.reset()
        sys.modules.pop("suite_local", None)
    with pytest.raises(SuiteError):
        registry.find("reward", "mine")


# --- listing in a process of its own ------------------------------------------------------------


def test_listing_imports_no_torch_and_shows_the_broken(site: Any) -> None:
    site.install("imports-torch", plugin="import torch\n" + PLUGIN)
    site.install("raises", plugin=BOOM)
    site.install("garbled", manifest="module = 3\n")
    code = (
        "import sys; from suite.core import registry\n"
        "names = {entry.name for entry in registry.entries()}\n"
        "assert {'imports_torch/score', 'raises/score'} <= names, names\n"
        "assert [p.distribution for p in registry.broken()] == ['garbled'], registry.broken()\n"
        "print(*sorted({n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site.folder)!r}); {code}"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    loaded = {name for name in done.stdout.split() if "editable" not in name and name[0] != "_"}
    assert loaded <= {"suite", "sitecustomize", "usercustomize"}, loaded
