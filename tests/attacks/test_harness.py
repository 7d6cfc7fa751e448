"""The harness sees what it is there to see: each effect is made by a judge that does it itself."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from suite.tests.attacks.attack import FAILS, PASSES, PLACEHOLDERS, Attack, Task
from suite.tests.attacks.harness import Row, run_corpus, table

_SCRATCH = Path("/tmp", f"scratch-{os.getpid()}")
# A program that only says where everything is.
PROBE = Attack(
    name="probe",
    category="probe",
    source=json.dumps({name: f"{{{name}}}" for name in sorted(PLACEHOLDERS)}),
    allowed=FAILS,
)


def judged(effect: Callable[[dict[str, Any]], object], verdict: str = "fail") -> Row:
    """The row of a judge that has an effect and gives a verdict."""

    def judge(source: str, task: Task) -> str:
        effect(json.loads(source))
        return verdict

    (row,) = run_corpus(judge, [PROBE], settle=0.05)
    return row


def _write(place: dict[str, Any]) -> None:
    Path(place["CANARY_DIR"], "made").write_text("x")


def _touch(place: dict[str, Any]) -> None:
    os.utime(Path(place["CANARY_DIR"], "notes.txt"), (0, 0))


def _make_and_remove(place: dict[str, Any]) -> None:
    _write(place)
    Path(place["CANARY_DIR"], "made").unlink()


def _tcp(place: dict[str, Any]) -> None:
    socket.create_connection(("127.0.0.1", int(place["CANARY_PORT"])), 1).close()


def _udp(place: dict[str, Any]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", int(place["CANARY_PORT"])))


def _unix(place: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(place["CANARY_DIR"] + "/listen.sock")


def _abstract(place: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + place["MARKER"])


def _overwrite(place: dict[str, Any]) -> None:
    ctypes.memset(int(place["SECRET_ADDRESS"]), 0, 32)


def _signal(place: dict[str, Any]) -> None:
    os.kill(int(place["PARENT_PID"]), signal.SIGUSR1)


def _leave(place: dict[str, Any]) -> None:
    (_SCRATCH / "deeper").mkdir(parents=True, exist_ok=True)
    (_SCRATCH / "deeper" / place["MARKER"]).write_text("x")


def _leave_in_memory(place: dict[str, Any]) -> None:
    Path("/dev/shm", place["MARKER"]).write_text("x")


def _leave_in_kernel(place: dict[str, Any]) -> None:
    key = int.from_bytes(place["MARKER"].encode()[-3:], "little")
    assert ctypes.CDLL(None).shmget(key, 4096, 0o1600) >= 0


@pytest.mark.parametrize(
    ("effect", "seen"),
    [
        (_write, "canary folder changed: ['canary', 'made']"),
        (_touch, "canary folder changed: ['notes.txt']"),
        (_make_and_remove, "canary folder changed: ['canary']"),
        (_tcp, "socket reached: tcp"),
        (_udp, "socket reached: udp"),
        (_unix, "socket reached: unix"),
        (_abstract, "socket reached: abstract"),
        (_overwrite, "memory of the judge written"),
        (_signal, f"signals [{int(signal.SIGUSR1)}]"),
        (_leave_in_kernel, "left: System V shm"),
    ],
)
def test_an_effect_is_seen_by_its_name(effect: Callable[..., object], seen: str) -> None:
    row = judged(effect)
    assert row.effects == (seen,)
    assert not row.right


@pytest.mark.parametrize("effect", [_leave, _leave_in_memory])
def test_files_of_the_marker_are_found_and_removed(effect: Callable[..., object]) -> None:
    (seen,) = judged(effect).effects
    left = Path(seen.removeprefix("left: "))
    assert left.name.startswith("mk")
    assert not left.exists()
    shutil.rmtree(_SCRATCH, ignore_errors=True)


def test_a_module_planted_where_an_interpreter_looks_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    row = judged(lambda place: (tmp_path / "sitecustomize.py").write_text("x"))
    assert row.effects == (f"planted: {tmp_path / 'sitecustomize.py'}",)


def test_a_quiet_judge_has_no_effects() -> None:
    row = judged(lambda place: None)
    assert (row.verdict, row.effects, row.right) == ("fail", (), True)


@pytest.fixture
def left_behind() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that a judge leaves; ended after the test if the harness did not."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait(timeout=5)


def test_folders_deeper_than_a_path_may_be_are_removed() -> None:
    def nest(place: dict[str, Any]) -> None:
        home = os.getcwd()
        os.chdir("/dev/shm")
        try:
            for _ in range(1050):  # 13 letters each: above the longest path, and a frame each
                os.mkdir(place["MARKER"])
                os.chdir(place["MARKER"])
        finally:
            os.chdir(home)

    (seen,) = judged(nest).effects
    assert not Path(seen.removeprefix("left: ")).exists()


def test_names_that_are_no_text_are_shown_on_one_line() -> None:
    def leave(place: dict[str, Any]) -> None:
        Path("/dev/shm", place["MARKER"] + "\n\udcff").write_text("x")

    (seen,) = judged(leave).effects
    assert seen.endswith(r"\n\udcff")
    seen.encode("ascii")


def test_many_files_of_the_marker_are_one_effect() -> None:
    def leave(place: dict[str, Any]) -> None:
        for n in range(3):
            Path("/dev/shm", f"{place['MARKER']}_{n}").write_text("x")

    (seen,) = judged(leave).effects
    assert seen.endswith("_0 and 2 more")


@pytest.mark.parametrize("place", ["arguments", "environment", "name"])
def test_a_process_of_the_marker_is_found_and_ended(
    place: str, tmp_path: Path, left_behind: list[subprocess.Popen[bytes]]
) -> None:
    def leave(values: dict[str, Any]) -> None:
        program, marker = "/bin/sleep", values["MARKER"]
        if place == "name":
            program = str(shutil.copy("/bin/sleep", tmp_path / marker))
        left_behind.append(
            subprocess.Popen(
                [marker if place == "arguments" else "sleep", "60"],
                executable=program,
                env={"KEPT": marker} if place == "environment" else {},
                start_new_session=True,
            )
        )

    effects = judged(leave).effects
    assert effects[0] == f"alive: process {left_behind[0].pid}"
    assert left_behind[0].poll() is not None


def test_a_process_that_hides_its_marker_is_counted(
    left_behind: list[subprocess.Popen[bytes]],
) -> None:
    def leave(values: dict[str, Any]) -> None:
        left_behind.append(subprocess.Popen(["/bin/sleep", "60"]))

    assert judged(leave).effects == ("alive: 1 more of our processes",)


def test_a_judge_that_raises_is_a_row() -> None:
    def judge(source: str, task: Task) -> str:
        raise OSError("gone")

    (row,) = run_corpus(judge, [PROBE], settle=0.0)
    assert row.verdict == "raised OSError: gone"
    assert not row.right


def test_a_wrong_pass_and_a_mask_are_told_apart_from_right_verdicts() -> None:
    assert judged(lambda place: None, "pass").wrong_pass
    assert not judged(lambda place: None, "infra_error").right
    assert not judged(lambda place: None, "infra_error").wrong_pass


def test_the_task_arrives_with_the_language_of_the_program() -> None:
    seen: list[Task] = []

    def judge(source: str, task: Task) -> str:
        seen.append(task)
        return "pass"

    attack = Attack(name="x", category="x", source="", allowed=PASSES, language="javascript")
    (row,) = run_corpus(judge, [attack], settle=0.0)
    assert (row.right, seen[0].name, seen[0].language) == (True, "add", "javascript")


def test_harmful_programs_need_a_word() -> None:
    attack = Attack(name="x", category="x", source="", allowed=PASSES, destructive=True)
    with pytest.raises(ValueError, match=r"1 programs, 'x' first, harm the machine"):
        run_corpus(lambda source, task: "pass", [attack])
    (row,) = run_corpus(lambda source, task: "pass", [attack], settle=0.0, accept_harm=True)
    assert (row.verdict, row.effects, row.right) == ("pass", (), True)


def test_the_table_counts_by_category_and_names_what_is_not_right() -> None:
    rows = [judged(lambda place: None), judged(_tcp), judged(lambda place: None, "pass")]
    text = table(rows)
    assert "probe                           3      1           1        1" in text
    assert "all                             3      1           1        1" in text
    assert "probe: fail (right: fail) socket reached: tcp" in text
    assert "probe: pass (right: fail)" in text
