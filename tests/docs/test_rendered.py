"""The pages of docs/ that are rendered say what the suite is today."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner


@pytest.fixture(scope="module")
def render_docs(repository: Path) -> ModuleType:
    """scripts/render_docs.py, which is no part of the package."""
    path = repository / "scripts" / "render_docs.py"
    sys.path.append(str(path.parent))  # as where it is run as a script
    spec = importlib.util.spec_from_file_location("render_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["render_docs"] = module
    spec.loader.exec_module(module)
    return module


def test_pages_are_what_would_be_rendered_now(render_docs: ModuleType) -> None:
    found = render_docs.outdated(render_docs.rendered())
    assert not found, "run `python scripts/render_docs.py`:\n" + "\n".join(found.values())


def test_every_domain_of_the_quick_table_has_a_page_with_its_row(render_docs: ModuleType) -> None:
    pages = [name for name in render_docs.PAGES if name.startswith("domains/")]
    assert len(pages) >= 11
    for name in pages:
        page = (render_docs.DOCS / name).read_text(encoding="utf-8")
        assert f"| {Path(name).stem}" in page
        assert f"../images/bench/{Path(name).stem}.svg" in page


def test_a_page_without_marks_is_told(render_docs: ModuleType) -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        render_docs.with_block("# A page\n", "text")


def test_check_fails_on_a_page_that_is_not_current_and_writing_mends_it(
    render_docs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_docs, "DOCS", tmp_path)
    monkeypatch.setattr(render_docs, "PAGES", {"a.md": lambda: "new\n", "b.md": lambda: "b\n"})
    (tmp_path / "a.md").write_text("old\n")
    (tmp_path / "b.md").write_text("b\n")

    checked = CliRunner().invoke(render_docs.main, ["--check"])
    assert checked.exit_code == 1
    assert "a.md is not current" in checked.output
    assert "-old" in checked.output
    assert "+new" in checked.output
    assert "b.md" not in checked.output
    assert (tmp_path / "a.md").read_text() == "old\n"

    assert CliRunner().invoke(render_docs.main, []).exit_code == 0
    assert (tmp_path / "a.md").read_text() == "new\n"
    assert CliRunner().invoke(render_docs.main, ["--check"]).exit_code == 0


def test_the_page_of_commands_has_every_command(render_docs: ModuleType) -> None:
    page = render_docs.commands()
    for command in ("suite run", "suite claim run", "suite plugins new", "suite cache clear"):
        assert f"\n## {command}\n" in page
    assert "--max-reward-calls" in page


def test_no_rendered_page_names_a_place_on_this_machine(render_docs: ModuleType) -> None:
    root = str(render_docs.DOCS.parent)
    assert not [name for name, page in render_docs.PAGES.items() if root in page()]
