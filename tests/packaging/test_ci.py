"""The parts of .ci/run that can go wrong without failing: what it runs and what it reports."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest


def shell_function(repository: Path, name: str) -> str:
    """The text of one function of .ci/run."""
    script = (repository / ".ci" / "run").read_text()
    (text,) = re.findall(rf"^{name}\(\) {{\n.*?^}}$", script, re.M | re.S)
    return str(text)


def bash(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as strictly as .ci/run does."""
    command = [str(shutil.which("bash")), "-euo", "pipefail", "-c", script]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environment or None
    )


def test_the_command_that_runs_is_the_text_of_the_readme(repository: Path) -> None:
    function = shell_function(repository, "readme_command")
    done = bash(f"{function}\nreadme_command tests", repository)
    assert done.stdout.strip() == "python -m pip install -e '.[all,dev]' && python -m pytest"


def test_of_several_marked_blocks_only_the_one_asked_for_is_read(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text(
        "```bash\nfirst\n```\n<!-- command:main -->\n```bash\nmain one\n```\n"
        "<!-- command:tests -->\n\n```bash\ntests one && \\\n  tests two\n```\n```\nlast\n```\n"
    )
    function = shell_function(repository, "readme_command")
    done = bash(f"{function}\nreadme_command tests", tmp_path)
    assert done.stdout == "tests one && \\\n  tests two\n"


@pytest.mark.parametrize(("apt_works", "said"), [(True, "installed"), (False, "not available")])
def test_the_outcome_for_chromium_is_what_happened(
    repository: Path, tmp_path: Path, apt_works: bool, said: str
) -> None:
    """On a machine without it, whose apt-get installs it or fails."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "tail", "timeout", "touch", "chmod"):
        (programs / name).symlink_to(str(shutil.which(name)))
    installs = f"touch {programs}/chromium; chmod +x {programs}/chromium"
    scripts = {"apt-get": installs if apt_works else "echo no network; exit 100", "id": "echo 0"}
    for name, body in scripts.items():
        (programs / name).write_text(f"#!{programs}/sh\n{body}\n")
        (programs / name).chmod(0o755)

    function = shell_function(repository, "browser")
    done = bash(f"work={tmp_path}\n{function}\nbrowser", tmp_path, PATH=str(programs))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"chromium: {said}"


@pytest.mark.parametrize("status", [0, 3])
def test_a_failing_phase_is_remembered_and_the_next_one_runs(
    repository: Path, tmp_path: Path, status: int
) -> None:
    """`set -e` must hold inside a phase: `false` in the middle ends it."""
    script = "\n".join(
        [
            "failed=(); times=()",
            shell_function(repository, "phase"),
            f"one() {{ (exit {status}); echo one went on; }}",
            "two() { echo two; }",
            'phase "first" one; echo "status $phase_status"',
            'phase "second" two; echo "failed: ${failed[*]:-}"',
        ]
    )
    done = bash(script, tmp_path)
    assert ("one went on" in done.stdout) is (status == 0)
    assert f"status {status}\n" in done.stdout
    assert "\ntwo\n" in done.stdout
    assert ("first (exit status 3)" in done.stdout) is (status == 3)


@pytest.mark.parametrize("has_git", [True, False])
def test_the_commit_picks_the_cells_that_are_repeated(
    repository: Path, tmp_path: Path, has_git: bool
) -> None:
    """Without git, a fixed word does; one thread, so that numbers repeat."""
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {
        "git": "echo 0a1b2c" if has_git else "echo no repository >&2; exit 128",
        "python": 'echo "$OMP_NUM_THREADS $1 <$2> $3 $4"; exit 5',
    }
    for name, body in scripts.items():
        (programs / name).write_text(f"#!{shutil.which('sh')}\n{body}\n")
        (programs / name).chmod(0o755)
    function = shell_function(repository, "claims")
    done = bash(f"{function}\nclaims", tmp_path, PATH=str(programs))
    commit = "0a1b2c" if has_git else "no commit"
    assert done.stdout == f"1 scripts/repeat_claims.py <{commit}> --count 2\n"
    assert done.returncode == 5
