"""The page as a whole: complete on a full folder, calm on an empty one, safe on a hostile one."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from suite.core.errors import SuiteError
from suite.core.report import write_report
from suite.core.report.curves import bins
from suite.core.report.marks import Point
from suite.core.report.markup import VOID

MakeRun = Callable[..., Path]

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=http://evil.example onerror=alert(1)>"
    "</style></title></svg>\x00\x1b[31m\u202egnp\ud800"
)
DOCUMENT = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section"}
FLOW = {"div", "p", "span", "h1", "h2", "h3", "ul", "li", "dl", "dt", "dd", "details", "summary"}
TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
INLINE = {"pre", "code", "bdi", "i", "a"}
DRAWN = {"svg", "g", "desc", "path", "line", "text", "circle", "polygon", "rect"}
PICTURE = DRAWN | {"figure", "figcaption"}
TAGS = DOCUMENT | FLOW | TABLE | INLINE | PICTURE


class Page(HTMLParser):
    """Tags, attributes, text, and whether every element was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(folder: Path) -> Page:
    return Page(write_report(folder).read_text(encoding="utf-8"))


def assert_harmless(page: Page) -> None:
    assert set(page.tags) <= TAGS
    assert page.open == []
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    links = [value for name, value in page.attributes if name == "href"]
    assert all(link.startswith("./") for link in links)


def edit(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def test_a_finished_run_shows_every_section(make_run: MakeRun) -> None:
    folder = make_run()
    assert write_report(folder) == folder / "report.html"
    page = page_of(folder)
    assert_harmless(page)
    for heading in (
        "Learning curves",
        "Hacking panel",
        "Reward against distance",
        "Samples before and after",
        "Score parts",
        "Self-checks",
        "Diagnostics",
        "What it ran on",
        "Settings",
        "Files",
    ):
        assert heading in page.words
    assert "tuned is clearly above 4 of 4" in page.words
    assert "no data" not in page.words
    assert "3 of 4 passed." in page.words
    assert "num_backprop_steps = 12" in page.words


def test_every_picture_has_a_title_and_a_description(make_run: MakeRun) -> None:
    text = write_report(make_run()).read_text()
    pictures = re.findall(r"<svg[^>]*>(.{0,400})", text, flags=re.DOTALL)
    assert len(pictures) > 8
    assert all(re.match(r"<title>[^<]+</title><desc>[^<]+", one) for one in pictures)


def test_a_page_names_no_other_place(make_run: MakeRun) -> None:
    text = write_report(make_run()).read_text()
    assert "http:" not in text
    assert "https:" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_a_run_that_climbed_only_the_training_reward_says_so_at_the_top(make_run: MakeRun) -> None:
    page = page_of(make_run(held_out_gain=-0.5))
    top = page.words[: page.words.index("Learning curves")]
    assert "This run climbed only the training reward" in top
    assert "only the training reward rose" in top
    other = page_of(make_run("other"))
    assert "only the training reward" not in other.words


def test_a_control_that_was_skipped_says_why_and_is_not_counted(make_run: MakeRun) -> None:
    folder = make_run()
    skipped = {"label": "base, trained on", "skipped": "no <demonstrations>", "seconds": 0.0}
    edit(folder / "controls.json", lambda row: row.update(trained_on=skipped))
    words = page_of(folder).words
    assert "Not run: base, trained on (no <demonstrations>)." in words
    assert "tuned is clearly above 3 of 3" in words


def test_run_json_alone_gives_a_page_that_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"schema": 1, "status": "running"}')
    page = page_of(tmp_path)
    assert_harmless(page)
    for words in (
        "The run's status is 'running'",
        "The held-out reward was not measured",
        "This run has written no samples.",
        "There is no config.toml.",
        "This run recorded no self-checks.",
    ):
        assert words in page.words


def test_hostile_strings_everywhere_stay_text(make_run: MakeRun) -> None:
    folder = make_run()
    names = ("task", "algo", "seed", "status", "last_line", "reward_unit", "held_out_unit")
    hostile = dict.fromkeys(names, HOSTILE)
    check = {"name": HOSTILE, "ok": HOSTILE, "value": HOSTILE, "detail": HOSTILE * 99}
    nested = {"machine": {HOSTILE: HOSTILE}, "seconds": {HOSTILE: 1.0}, "self_checks": [check]}
    edit(folder / "run.json", lambda row: row.update({**hostile, **nested}))
    arm = {"label": HOSTILE, "held_out": 1.0, "held_out_ci": 0.1}
    edit(folder / "controls.json", lambda row: row.update({HOSTILE: arm}))
    sample = {"text": HOSTILE, "reward": 1.0, "held_out": None, "parts": {HOSTILE: 1.0}}
    (folder / "samples_after.jsonl").write_text(f"{json.dumps(sample)}\n" * 3)
    metric = {"kind": "eval", "step": 1, f"metric/{HOSTILE}": 1.0}
    history = {"kind": "train", "step": 1, HOSTILE: 1.0}
    (folder / "metrics.jsonl").write_text(f"{json.dumps(history)}\n{json.dumps(metric)}\n")
    (folder / "config.toml").write_text('name = "<script>alert(1)</script>"\n')
    (folder / "javascript:alert(1)<b>.txt").write_text("")
    page = page_of(folder)
    assert_harmless(page)
    assert "<script>alert(1)</script>" in page.words
    assert "\u2400\u241b[31m\u27e8U+202E\u27e9gnp\u27e8U+D800\u27e9" in page.words
    assert "\x00" not in page.words
    assert ("href", "./javascript%3Aalert%281%29%3Cb%3E.txt") in page.attributes


def test_a_very_long_sample_is_clipped(make_run: MakeRun) -> None:
    folder = make_run()
    row = json.dumps({"text": "ab" * 500_000, "reward": 1.0})
    (folder / "samples_after.jsonl").write_text(f"{row}\n")
    path = write_report(folder)
    assert path.stat().st_size < 500_000
    assert "(999,600 more characters)" in path.read_text()


def test_sequences_of_one_length_get_logos_and_other_text_does_not(make_run: MakeRun) -> None:
    folder = make_run()
    assert "Sequence logo before tuning" in page_of(folder).words
    (folder / "samples_after.jsonl").write_text('{"text": "What is 2 + 2? 4", "reward": 1}\n')
    plain = page_of(folder)
    assert "Sequence logo" not in plain.words
    assert "What is 2 + 2? 4" in plain.words


def test_samples_are_shown_in_file_order_and_the_best_apart(make_run: MakeRun) -> None:
    folder = make_run()
    rows = [{"text": f"text {k:02}", "reward": float(k)} for k in range(20)]
    rows.append({"text": "unscored", "reward": float("nan")})
    (folder / "samples_after.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    words = page_of(folder).words
    drawn = words[words.index("After: the first 10 of 21") : words.index("After, highest")]
    best = words[words.index("After, highest") : words.index("Score parts")]
    assert re.findall(r"text (\d\d)", drawn) == [f"{k:02}" for k in range(10)]
    assert re.findall(r"text (\d\d)", best) == ["19", "18", "17", "16", "15", "14"]


def test_nan_in_the_history_is_said_on_the_chart(make_run: MakeRun) -> None:
    folder = make_run()
    row = json.dumps({"kind": "train", "step": 121, "reward": float("nan"), "loss": float("inf")})
    metrics = folder / "metrics.jsonl"
    metrics.write_text(f"{metrics.read_text()}{row}\n")
    page = page_of(folder)
    assert page.words.count("1 not finite or too large to draw") == 2


def test_long_histories_are_averaged_without_hiding_what_is_not_finite() -> None:
    points = [Point(x=float(k), y=2.0 * k) for k in range(1_000)]
    short = bins(points, limit=100)
    assert len(short) == 100
    assert (short[0].x, short[0].y) == (4.5, 9.0)
    points[500] = Point(x=500.0, y=float("nan"))
    binned = bins(points, limit=100)
    assert [k for k, one in enumerate(binned) if one.y != one.y] == [50]
    assert bins(points[:100], limit=100) == points[:100]


def test_a_page_that_cannot_be_written_is_a_users_error(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "report.html").mkdir()
    with pytest.raises(SuiteError) as error:
        write_report(folder)
    assert str(error.value).startswith(f"cannot write '{folder / 'report.html'}': ")
    assert str(error.value).endswith("Name a folder that exists and that you may write to.")
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []


def test_a_second_report_replaces_the_first_and_is_the_same(make_run: MakeRun) -> None:
    folder = make_run()
    first = write_report(folder).read_text()
    assert write_report(folder).read_text() == first
