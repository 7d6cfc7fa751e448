"""The browser that report tests look through."""

from pathlib import Path
from typing import Any

from PIL import Image

PAGE = """<!doctype html><title>t</title>
<body style="margin:0;background:#ff0000"><p id="said"></p>
<script>document.getElementById("said").textContent = "scripts " + (40 + 2)</script>"""


def test_a_local_page_is_drawn_at_the_size_asked_for(chromium: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)

    picture = Image.open(chromium.render(page, tmp_path / "page.png", width=320, height=240))

    assert picture.size == (320, 240)
    assert picture.convert("RGB").getpixel((300, 220)) == (255, 0, 0)


def test_the_document_is_read_after_its_scripts_have_run(chromium: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    assert "scripts 42" in chromium.document(page)
