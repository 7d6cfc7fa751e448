"""One shape: its reward has a gradient and bounds, its detector shares no step with it."""

import torch

from suite.core.records import Context, Samples
from suite.domains.image.one_shape import (
    LABELS,
    SHAPES,
    ShapeCodec,
    ShapeContexts,
    ShapeDetector,
    ShapeReward,
    detected,
)
from suite.domains.image.scenes import HELD_OUT_PAIRS

CAPTIONS = tuple(" ".join(label) for label in LABELS)


def asked(captions: tuple[str, ...]) -> Context:
    rows = tuple({"prompt": one} for one in captions)
    return Context(index=torch.arange(len(rows)), native=rows)


def test_drawn_captions_earn_nearly_all_and_other_colours_nothing() -> None:
    samples = ShapeCodec().encode(CAPTIONS)
    assert float(ShapeReward()(samples, asked(CAPTIONS)).value.min()) > 0.85
    other = CAPTIONS[len(SHAPES) :] + CAPTIONS[: len(SHAPES)]  # the same shapes, the next colours
    assert float(ShapeReward()(samples, asked(other)).value.max()) < 0.02


def test_the_detector_reads_every_drawn_caption() -> None:
    samples = ShapeCodec().encode(CAPTIONS)
    assert samples.values is not None
    assert detected(samples.values) == list(LABELS)
    assert ShapeDetector()(samples, asked(CAPTIONS)).value.tolist() == [1.0] * len(LABELS)
    assert ShapeDetector()(samples, asked(CAPTIONS[::-1])).value.sum() == 0.0


def test_the_rewards_gradient_is_its_slope() -> None:
    torch.manual_seed(0)
    x = (torch.randn(1, 3, 16, 16, dtype=torch.float64) * 0.3).requires_grad_()
    context, step = asked(("red circle",)), torch.randn(1, 3, 16, 16, dtype=torch.float64)

    def value(at: torch.Tensor) -> torch.Tensor:
        return ShapeReward()(Samples(values=at), context).value[0]

    (slope,) = torch.autograd.grad(value(x), x)
    h = 1e-6
    plain = x.detach()
    found = (value(plain + h * step) - value(plain - h * step)) / (2 * h)
    assert torch.allclose(found, (slope * step).sum(), rtol=1e-5)


def test_held_out_captions_join_what_no_training_caption_joins() -> None:
    contexts = ShapeContexts()
    for part, held_out in ((contexts.train, False), (contexts.held_out, True)):
        rows = part(torch.arange(60)).native
        assert rows is not None
        pairs = {tuple(row["prompt"].split()) for row in rows}
        assert all((pair in HELD_OUT_PAIRS) == held_out for pair in pairs)


def test_slips_are_the_share_of_pictures_that_show_another_shape() -> None:
    context, samples = ShapeContexts(slips=0.4).demonstrations(torch.arange(400))
    right = float(ShapeDetector()(samples, context).value.mean())
    assert abs(right - 0.6) < 0.08
