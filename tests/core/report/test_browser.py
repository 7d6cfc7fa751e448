"""The page in a real browser: it draws, and it asks for nothing."""

import re
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.core.report import write_report

MakeRun = Callable[..., Path]


def pixels(image: Path) -> tuple[int, int, list[bytes]]:
    """Width, height and the unfiltered rows of an 8-bit RGB or RGBA PNG."""
    data = image.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (depth, kind) in {(8, 2), (8, 6)}
    chunks, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        chunks += data[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, stride = zlib.decompress(chunks), width * (3 if kind == 2 else 4) + 1
    return width, height, [raw[k * stride : (k + 1) * stride] for k in range(height)]


def test_chromium_draws_the_page(chromium: Any, make_run: MakeRun, tmp_path: Path) -> None:
    page = write_report(make_run())
    image = chromium.render(page, tmp_path / "page.png", width=1200, height=900)
    width, height, rows = pixels(image)
    assert (width, height) == (1200, 900)
    # A blank page compresses every filtered row but the first to zeros.
    assert sum(any(row[1:]) for row in rows) > 300


def test_the_document_holds_the_headline(chromium: Any, make_run: MakeRun) -> None:
    dom = chromium.document(write_report(make_run()))
    words = re.sub(r"<[^>]*>", "", dom).replace("\u00a0", " ").replace("&nbsp;", " ")
    assert "The held-out reward rose from \u22121.30 \u00b1 0.14 to " in words
    assert "above the best control, best of 64." in words


def test_the_browser_reports_no_error_and_the_page_asks_for_nothing(
    chromium: Any, make_run: MakeRun, tmp_path: Path
) -> None:
    page = write_report(make_run())
    assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:[a-z]+:)?//""", page.read_text())
    assert console(chromium, page, tmp_path / "one") == []


def test_the_check_for_console_errors_can_fail(chromium: Any, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<!doctype html><img src='file:///nowhere.png'><script>nothing()</script>")
    assert any(
        "nothing is not defined" in line for line in console(chromium, page, tmp_path / "two")
    )


def console(chromium: Any, page: Path, profile: Path) -> list[str]:
    """What the browser's console said while it loaded the page."""
    command = [chromium.executable, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    command += ["--disable-sync", f"--user-data-dir={profile}", "--enable-logging=stderr"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("width", [500, 1200])
def test_the_page_is_never_wider_than_its_window(
    chromium: Any, make_run: MakeRun, tmp_path: Path, width: int
) -> None:
    """The only script is the test's own, in a frame of the page's size."""
    page = write_report(make_run())
    frame = tmp_path / "frame.html"
    text = page.read_text()
    policy = re.search(r"<meta http-equiv[^>]*>", text)
    assert policy is not None
    measured = (
        "<script>document.title='width '+document.documentElement.scrollWidth+' of '"
        "+innerWidth</script></body>"
    )
    frame.write_text(text.replace(policy[0], "").replace("</body>", measured))
    command_width = chromium._run(frame, f"--window-size={width},900", "--dump-dom").stdout
    found = re.search(r"<title>width (\d+) of (\d+)</title>", command_width)
    assert found is not None
    assert int(found[1]) <= int(found[2]) == width
