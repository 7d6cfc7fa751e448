"""What is shown of a run on a domain's page: a model wrote it, so none of it may act."""

import base64
import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

PNG = "data:image/png;base64," + base64.b64encode(b"no matter what").decode()


@pytest.fixture
def draw_samples(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """scripts/draw_samples.py, which is no part of the package, with a folder of its own."""
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    module = importlib.import_module("draw_samples")
    monkeypatch.setattr(module, "SAMPLES", tmp_path / "docs" / "images" / "samples")
    return module


def written(folder: Path, **row: object) -> Path:
    """A run's folder with one sample, before and after."""
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"task": "maths/micro"}))
    for name in ("before", "after"):
        (folder / f"samples_{name}.jsonl").write_text(json.dumps(row) + "\n")
    return folder


def test_texts_stand_in_a_table_as_code(draw_samples: ModuleType, tmp_path: Path) -> None:
    run = written(tmp_path / "run", text="a`b|<i>\n\nc", prompt="?", held_out=0.5)
    result = CliRunner().invoke(draw_samples.main, [str(run)])
    assert result.exit_code == 0, result.output
    table = (draw_samples.SAMPLES / "maths.md").read_text()
    assert table.splitlines()[2] == "| asked | before | score | after | score |"
    cell = "`a'b\\|<i>`<br>`c`"
    assert table.splitlines()[-1] == f"| `?` | {cell} | 0.5 | {cell} | 0.5 |"


def test_pictures_are_drawn_and_nothing_else_is_a_source(
    draw_samples: ModuleType, tmp_path: Path
) -> None:
    run = written(tmp_path / "run", text="<script>", picture=PNG, held_out=1.0)
    assert CliRunner().invoke(draw_samples.main, [str(run)]).exit_code == 0
    drawn = (draw_samples.SAMPLES / "maths.svg").read_text()
    assert drawn.count(PNG) == 2
    assert "<script>" not in drawn
    far = written(tmp_path / "far", text="a", picture="https://example.org/a.png", held_out=1.0)
    assert CliRunner().invoke(draw_samples.main, [str(far)]).exit_code == 0
    assert "<image" not in (draw_samples.SAMPLES / "maths.svg").read_text()


def test_a_run_without_samples_is_told(draw_samples: ModuleType, tmp_path: Path) -> None:
    run = written(tmp_path / "run", text="a")
    (run / "samples_after.jsonl").unlink()
    result = CliRunner().invoke(draw_samples.main, [str(run)])
    assert result.exit_code == 2
    assert "has written no samples" in result.output
