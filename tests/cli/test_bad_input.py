"""Bad input: exit code 2, a message that says what was asked, what exists and the next step.

Each case also checks that nothing is left behind: the output folder is free for the next try.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from suite.core import api
from suite.core.errors import SuiteError
from suite.core.run_folder import RunFolder

Suite = Callable[..., Result]

# arguments after a short micro/unmasking run; what the message must hold
REFUSED: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("--algo", "drake"), ("no algorithm named 'drake'", "'drakes'", "suite list algorithms")),
    (("--algo", "best_of_n"), ("is a sampler", "--sampler best_of_n", "raft")),
    (("--policy", "tinny"), ("no policy named 'tinny'", "micro/token", "suite list policies")),
    (("--policy", "run:nowhere"), ("'nowhere' holds no run", "--policy run:FOLDER")),
    (("--set", "algoo.beta=1"), ("config section named 'algoo'", "'algo'")),
    (("--set", "algo.betta=1"), ("config key in [algo] named 'betta'", "'beta'", "suite show")),
    (("--set", "algo.beta=-1"), ("algo.beta = -1", "greater than or equal to 0", "suite show")),
    (("--set", "algo.beta=high"), ("algo.beta = 'high'", "valid number")),
    (("--set", "train.num_steps=1.5"), ("train.num_steps = 1.5", "valid integer")),
    (("--set", "beta=1"), ("section.key=value", "Example")),
    (("--set", "algo.beta"), ("section.key=value", "Example")),
    (("--set", "policy.lenght=3"), ("'lenght'", "'length'")),
    (("--set", "reward.x=3"), ("no setting of reward 'micro/table' named 'x'", "Known")),
    (("--set", "controls.x=3"), ("config key in [controls] named 'x'", "enabled, only")),
    (("--set", "controls.only=['bas']"), ("controls.only", "'best_of_n'")),
    (("--set", "environment.x=3"), ("[environment] would not be read", "Drop")),
    (("--set", "sampler.n=3"), ("[sampler] would not be read", "--sampler NAME")),
    (("--set", "base.num_steps=3"), ("[base] would not be read", "Drop")),
    (("--sampler", "best_of_n"), ("'rloo' learns from its own samples only", "raft", "Or drop")),
    (("--algo", "raft", "--sampler", "bestofn"), ("no sampler named", "'best_of_n'")),
    (("--data", "x.csv"), ("takes no data", "--data x.csv", "Drop --data")),
    (("--fix", "1"), ("has no template", "Drop --fix")),
    (("--seeds", "a-b"), ("--seeds 'a-b'", "Examples: 0-4")),
    (("--seeds", "4-0"), ("--seeds '4-0'", "Examples: 0-4")),
    (("--seeds", "1,1"), ("names seed 1 twice",)),
    (("--seeds", "0-1", "--seed", "1"), ("--seed and --seeds", "Keep one")),
    (("--seed", "-1"), ("seed = -1", "lowest is 0")),
    (("--seed", "x"), ("--seed", "'x' is not a valid integer")),
    (("--device", "tpu"), ("no device named 'tpu'", "Known: cpu")),
    (("--device", "cuda:99"), ("'cuda:99' is not there", "suite doctor")),
    (("--precision", "fp8"), ("no precision named 'fp8'", "bf16, fp32")),
    (("--max-reward-calls", "0"), ("--max-reward-calls", "x>=1")),
    (("--domain", "protein"), ("ask for different things", "Keep one")),
    (("--config", "none.toml"), ("no file 'none.toml'", "--config")),
    (("--reward", "score.txt:f"), ("file.py:function", "Example")),
    (("--reward", "none.py:f"), ("no file 'none.py'", "--reward")),
    (("--reward", "a.py:f", "--reward-cmd", "cat"), ("both --reward and --reward-cmd", "Keep")),
]


@pytest.mark.parametrize(("arguments", "wanted"), REFUSED, ids=lambda case: " ".join(case)[:40])
def test_a_mistake_is_told_with_the_next_step_and_leaves_the_folder_free(
    suite: Suite,
    short: tuple[str, ...],
    tmp_path: Path,
    arguments: tuple[str, ...],
    wanted: tuple[str, ...],
) -> None:
    out = tmp_path / "out"
    result = suite(*short, *arguments, "--out", out)
    assert result.exit_code == 2, result.output
    assert [text for text in wanted if text not in result.output] == [], result.output
    assert "Traceback" not in result.output
    mended = suite(*short, "--set", "train.num_steps=1", "--out", out)
    assert mended.exit_code == 0, mended.output


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("runn",), ("no command named 'runn'", "'run'", "suite --help")),
        (("run",), ("neither a task nor a domain", "suite list")),
        (("run", "--domain", "protien"), ("no domain named 'protien'", "'protein'")),
        (("run", "--task", "micro/tokn"), ("no task named 'micro/tokn'", "'micro/token'")),
        (("show", "rlooo"), ("'rlooo'", "'rloo'", "suite list")),
        (("list", "tasskes"), ("'tasskes'", "'tasks'")),
        (("audit", "micro/tokn"), ("no task or reward named", "'micro/token'")),
        (("audit", "micro/cartpole"), ("scored by its environment", "suite list tasks")),
        (("claim", "show", "x"), ("no claim named 'x'", "raft-sft")),
        (("plugins", "check", "x"), ("no plugin distribution named 'x'", "reward-suite")),
        (("plugins", "new", "9 bad"), ("'9 bad'", "my-domain")),
    ],
    ids=lambda case: " ".join(case)[:40],
)
def test_an_unknown_name_is_told_with_what_exists(
    suite: Suite, arguments: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    result = suite(*arguments)
    assert result.exit_code == 2, result.output
    assert [text for text in wanted if text not in result.output] == [], result.output


@pytest.mark.parametrize("command", ["resume", "eval", "sample", "report", "compare"])
@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_a_run_is_refused(suite: Suite, command: str, folder: str) -> None:
    result = suite(command, folder)
    assert result.exit_code == 2, result.output
    assert f"'{folder}'" in result.output
    assert "suite run" in result.output


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a = [\n", "cannot be read as TOML"),
        ("algo = 3\n", "Write [algo]"),
        ("seed = 'x'\n", "a whole number"),
        ("seed = true\n", "a whole number"),
        ("sead = 1\n", "Did you mean 'seed'?"),
        ("algo_name = ['x']\n", "a string"),
        ("processes = 0\n", "the lowest is 1"),
        ("[algo]\nbeta = -1\n", "algo.beta = -1"),
    ],
)
def test_a_wrong_config_file_is_refused(
    suite: Suite, short: tuple[str, ...], tmp_path: Path, text: str, wanted: str
) -> None:
    (tmp_path / "run.toml").write_text(text)
    result = suite(*short, "--config", "run.toml", "--out", "out")
    assert result.exit_code == 2, result.output
    assert wanted in result.output


def test_an_algorithm_that_the_policy_cannot_serve_names_what_is_missing(suite: Suite) -> None:
    result = suite("run", "--task", "micro/token", "--algo", "drakes", "--out", "out")
    assert result.exit_code == 2
    assert "'drakes' asks for pathwise" in result.output
    fits = next(line for line in result.output.splitlines() if "that fit" in line)
    assert "rloo" in fits
    assert "drakes" not in fits


def test_a_budget_below_the_first_step_is_refused(suite: Suite, short: tuple[str, ...]) -> None:
    result = suite(*short, "--max-reward-calls", "1", "--out", "out")
    assert result.exit_code == 2, result.output
    assert "1 reward calls do not pay" in result.output


@pytest.mark.parametrize(
    "wrong",
    [
        ("--task", "micro/token", "--algo", "drakes"),  # a capability that the policy lacks
        (
            "--algo",
            "rloo",
            "--sampler",
            "best_of_n",
        ),  # not its own samples
        ("--set", "algo.nonsense=1"),
        ("--set", "contexts.x=1"),
        ("--set", "policy.letters=-1"),
        ("--reward", "absent.py:score"),
    ],
    ids=" ".join,
)
def test_a_refused_run_leaves_nothing_behind(
    suite: Suite, short: tuple[str, ...], tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    result = suite(*short, *wrong, "--out", "out")
    assert result.exit_code == 2, result.output
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_in_use_is_refused_and_kept(
    suite: Suite, short: tuple[str, ...], copied: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*")}
    result = suite(*short, "--out", copied)
    assert result.exit_code == 2
    assert "is in use" in result.output
    assert f"suite resume {copied}" in result.output
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*")} == before


def test_a_failed_run_that_has_measured_something_is_kept(
    suite: Suite, short: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    folder = RunFolder.create(out)
    folder.write_json("run.json", {"schema": 1, "status": "failed"})
    (out / "journal.jsonl").write_text("{}\n")
    assert "is in use" in suite(*short, "--out", out).output
    assert (out / "journal.jsonl").read_text() == "{}\n"


@pytest.mark.parametrize(("name", "wanted"), [("file", "is a file"), ("file/run", "written")])
def test_an_output_folder_that_cannot_be_made_is_refused(
    suite: Suite, short: tuple[str, ...], tmp_path: Path, name: str, wanted: str
) -> None:
    (tmp_path / "file").write_text("mine")
    result = suite(*short, "--out", tmp_path / name)
    assert result.exit_code == 2, result.output
    assert wanted in result.output
    assert "Choose another --out" in result.output
    assert (tmp_path / "file").read_text() == "mine"


def test_no_write_permission_is_told(
    suite: Suite, short: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere, so the refusal is made; another user meets the real one."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.geteuid() == 0:

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "mkdir", refuse)
    result = suite(*short, "--out", closed / "run")
    assert result.exit_code == 2, result.output
    assert "cannot be written: Permission denied" in result.output


def test_a_fault_of_ours_is_one_line_and_exit_code_1(
    suite: Suite, short: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("of\nours")

    monkeypatch.setattr(api, "run_config", broken)
    result = suite(*short, "--out", "out")
    assert result.exit_code == 1
    assert result.output.startswith("internal error: KeyError")
    assert len(result.output.splitlines()) == 1
    with pytest.raises(KeyError):
        suite("--debug", *short, "--out", "out")


def test_debug_shows_the_traceback_behind_a_users_error(
    suite: Suite, short: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        try:
            raise IndexError("too many indices")
        except IndexError as error:
            raise SuiteError("the reward cannot score this.\nName another task.") from error

    monkeypatch.setattr(api, "run_config", refused)
    plain, debug = (suite(*flag, *short, "--out", "out") for flag in ((), ("--debug",)))
    assert plain.exit_code == debug.exit_code == 2
    assert "Traceback" not in plain.output
    assert "IndexError: too many indices" in debug.output
    assert debug.output.endswith(plain.output)
