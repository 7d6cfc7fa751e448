"""Without Pillow: JPEG sizes are refused with the next step, and reports still show pictures."""

import random
import sys

import pytest

from suite.core import registry
from suite.core.errors import SuiteError
from suite.domains.image.codec import PictureCodec
from suite.domains.image.scenes import Thing, render


def test_jpeg_sizes_name_the_package_and_the_extra_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SuiteError) as raised:
        registry.make_reward("image/jpeg", {})
    assert str(raised.value) == (
        "the reward 'image/jpeg' needs the package 'pillow', which is not installed.\n"
        "Run `pip install 'reward-suite[image]'`."
    )


def test_pictures_of_reports_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = render((Thing("top-left", "red", "circle"),), random.Random(0))
    wanted = PictureCodec().picture(picture)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert PictureCodec().picture(picture) == wanted
