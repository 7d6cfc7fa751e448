"""The table of ``suite bench quick``: from stored measurements, paired, stale ones named."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from suite.cli import main
from suite.core import bench
from suite.core.bench import Measurement, line_of, quick_table, read
from suite.core.claim_key import key_of
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError


def stored(folder: Path, seed: int, tuned: float, base: float, **changed: str) -> None:
    import json

    key = key_of(resolve_request(Request(domain="protein", seed=seed)))
    made = Measurement(
        seed=seed,
        method="drakes",
        numbers={"tuned": tuned, "base": base, "best_quarter": None},
        seconds=10.0 * (seed + 1),
        key=replace(key, **changed),
        machine={},
    )
    folder.mkdir(exist_ok=True)
    (folder / f"protein-seed{seed}.json").write_text(json.dumps(asdict(made)))


def test_gains_are_paired_and_their_interval_is_students(tmp_path: Path) -> None:
    for seed, (tuned, base) in enumerate([(3.0, 1.0), (4.0, 1.0), (6.0, 2.0)]):
        stored(tmp_path, seed, tuned, base)
    line = line_of("protein", tmp_path)
    assert line.stale == ()
    assert line.gain is not None
    mean, half = line.gain
    assert mean == pytest.approx(3.0)
    assert half == pytest.approx(4.302653 / 3**0.5, rel=1e-5)  # t of two degrees, deviation 1
    table = quick_table(("protein",), folder=tmp_path)
    assert "4.33" in table
    assert "+3 ± 2.5" in table
    assert "20" in table
    assert "*" not in table


def test_missing_and_stale_seeds_are_marked_and_named(tmp_path: Path) -> None:
    stored(tmp_path, 0, 3.0, 1.0)
    stored(tmp_path, 1, 3.0, 1.0, config="another")
    assert line_of("protein", tmp_path).stale == (1, 2)
    table = quick_table(("protein",), folder=tmp_path)
    assert "protein*" in table
    assert "suite bench quick --run protein" in table


def test_another_torch_calls_nothing_stale(tmp_path: Path) -> None:
    for seed in (0, 1, 2):
        stored(tmp_path, seed, 3.0, 1.0, torch="0.0")
    assert line_of("protein", tmp_path).stale == ()


def test_every_domain_but_those_for_tests_is_in_the_table() -> None:
    names = bench.domains()
    assert "micro" not in names
    assert {"maths", "coding", "logic", "sql", "tools", "image", "dna", "protein"} <= set(names)


def test_a_broken_file_and_an_unknown_domain_are_named(tmp_path: Path) -> None:
    path = tmp_path / "protein-seed0.json"
    path.write_text("{")
    with pytest.raises(SuiteError, match="protein-seed0"):
        read(path)
    result = CliRunner().invoke(main, ["bench", "quick", "mathss"])
    assert result.exit_code == 2
    assert "Did you mean 'maths'" in result.output


def test_stale_measurements_alone_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suite.core.progress import Silent

    for seed in (0, 1):
        stored(tmp_path, seed, 3.0, 1.0)
    asked = []
    known = read(tmp_path / "protein-seed0.json")

    def measured(config: object) -> object:
        asked.append(config.seed)  # type: ignore[attr-defined]
        return known

    monkeypatch.setattr(bench, "_measured", measured)
    bench.measure(("protein",), Silent(), folder=tmp_path)
    assert asked == [2]
