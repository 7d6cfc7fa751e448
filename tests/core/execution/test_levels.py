"""The ladder: what is promised is tried, limits are checked, and nothing degrades in silence."""

import platform
from pathlib import Path
from typing import Any

import pytest

from suite.core.doctor import doctor
from suite.core.errors import SuiteError
from suite.core.execution import bubblewrap, launch, levels, probe, session, wire
from suite.core.execution.levels import Level, best_level, isolation_record, require_level
from suite.core.execution.limits import Limits
from suite.core.execution.program import Program
from suite.core.execution.sandbox import Sandbox


@pytest.mark.parametrize("name", ["cpu_seconds", "wall_seconds", "memory_mb", "output_bytes"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "2", True])
def test_a_limit_that_is_no_number_above_zero_is_one_clear_error(name: str, value: Any) -> None:
    with pytest.raises(SuiteError, match=rf"limit {name} = .*\nThe default is"):
        Limits(**{name: value})


def test_doctor_and_record_tell_of_every_level() -> None:
    told = dict(doctor())
    for level in Level:
        assert told[f"isolation {level.name}"].startswith(("works", "does not work: "))
    assert isolation_record()["best"] == best_level().name


def test_a_level_that_the_machine_lacks_stops_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(levels, "why_not", lambda level: "no such thing" if level == 3 else None)
    with pytest.raises(SuiteError, match="L3 was asked for, and does not work here: no such thing"):
        require_level(Level.L3)
    assert best_level() is Level.L2


def test_without_anything_above_l0_a_sandbox_must_be_asked_for_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(levels, "why_not", lambda level: None if level == 0 else "no")
    with pytest.raises(SuiteError, match="ask for level L0 by name"):
        Sandbox()
    Sandbox(Level.L0, workers=1).close()


def test_another_system_has_l0_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    levels._probe.cache_clear()
    monkeypatch.setattr("sys.platform", "darwin")
    assert "needs Linux, and this is darwin" in (levels.why_not(Level.L1) or "")
    levels._probe.cache_clear()


def test_a_missing_bubblewrap_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert "apt-get install bubblewrap" in (probe.probe(3) or "")


def test_the_probe_sees_a_guard_without_effect(tmp_path: Path) -> None:
    """Its attempts succeed where nothing forbids them, so their failing says something."""
    launcher = launch.Launcher(0)
    opened = session.Session(launcher, Program(source=probe.ATTEMPTS, entry="probe"), Limits(), "")
    try:
        (tmp_path / "secret").write_text("secret")
        opened.load()
        # Its own number in the verifier's place, so that nothing here is signalled or traced.
        arguments = [1, 0, str(tmp_path), 9, 1]
        done, _, _ = opened.call(0, wire.encode((arguments, {}))).value
        opened.finish()
    finally:
        opened.close()
        launcher.stop()
    assert {"write a file outside", "read a file outside", "open a socket"} <= set(done)
    assert {"start a process", "execute a program"} <= set(done)


def test_a_machine_without_a_seccomp_table_stops_the_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from suite.core.execution import seccomp

    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="no seccomp table for riscv64"):
        seccomp.build(runtime=False, alone=True)


@pytest.mark.parametrize("step", ["landlock.restrict", "seccomp.install", "drop_capabilities"])
def test_a_filter_that_fails_to_apply_is_infra_error_and_the_program_never_runs(
    step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The launcher's code is replaced by one whose step raises, as a kernel would."""
    where, _, name = step.rpartition(".")
    module = f"suite.core.execution.{where or 'syscalls'}"
    broken = launch.BOOT.replace(
        "zygote.main()",
        f"import importlib\n"
        f"def refused(*_): raise OSError(1, 'refused by test')\n"
        f"setattr(importlib.import_module({module!r}), {name!r}, refused)\nzygote.main()",
    )
    monkeypatch.setattr(launch, "BOOT", broken)
    monkeypatch.setattr("suite.core.execution.sandbox.require_level", lambda level: level)
    with Sandbox(Level.L1, workers=1) as sandbox:
        [run] = sandbox.run([Program(source="print('ran')", stdin=("",))])
    assert run.verdict == "infra_error"
    assert run.results == ()
    assert "isolation failed: PermissionError" in (run.detail or "")
    assert "refused by test" in (run.detail or "")
