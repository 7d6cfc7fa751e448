"""Pictures in reports: drawn by the codec, and nothing but pictures."""

import pytest

from suite.core.report.folder import Sample
from suite.core.report.pictures import gallery, safe_picture

PNG = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "source",
    [
        "http://evil.example/a.png",
        "javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        'data:image/png;base64,abc" onerror="alert(1)',
        "",
    ],
)
def test_other_sources_are_no_pictures(source: str) -> None:
    assert safe_picture(source) is None


def test_a_gallery_shows_pictures_with_what_was_asked() -> None:
    assert safe_picture(PNG) == PNG
    plain = Sample(text="x", reward=1.0, held_out=0.5, parts={})
    drawn = Sample(text="x", reward=1.0, held_out=0.5, parts={}, prompt="<b>red</b>", picture=PNG)
    assert gallery("After", [plain]) is None
    shown = gallery("After", [plain, *[drawn] * 20])
    assert shown is not None
    assert shown.count("<img") == 12
    assert PNG in shown
    assert "<b>" not in shown
    assert "held-out 0.5" in shown
