"""Pictures of samples, where the task's codec draws them."""

import re
from collections.abc import Sequence

from suite.core.report.folder import Sample
from suite.core.report.markup import Markup, clip, tag, untrusted
from suite.core.report.wording import number

NUM_PICTURES = 12
# Nothing else may stand in an image's source: no address, no script, no text of a sample.
PICTURE = re.compile(r"data:image/(?:png|gif|svg\+xml);base64,[A-Za-z0-9+/]+=*")
LONGEST_LABEL = 90


def safe_picture(source: str) -> str | None:
    """``source`` if it is a picture in base64, else None."""
    return source if PICTURE.fullmatch(source) else None


def gallery(name: str, samples: Sequence[Sample]) -> Markup | None:
    """The first pictures in file order, each with what was asked and its held-out score."""
    drawn = [one for one in samples if one.picture is not None][:NUM_PICTURES]
    if not drawn:
        return None
    figures = [_figure(one) for one in drawn]
    return tag("div", tag("h3", name), tag("div", *figures, class_="gallery"))


def _figure(sample: Sample) -> Markup:
    label = clip(sample.prompt or sample.text, LONGEST_LABEL)
    score = f"held-out {number(sample.held_out, digits=3)}"
    image = tag("img", src=sample.picture, alt=label, width="96", loading="lazy")
    return tag("figure", image, tag("figcaption", untrusted(label), tag("br"), score))
