"""What a person sees of answers: their texts, how long they are, whether they state a result."""

from collections.abc import Mapping
from typing import ClassVar

import torch

from suite.core.errors import SuiteError
from suite.core.metric import Metric
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward

MARK = "#"


class Brevity(Reward):
    """1 / (1 + characters / half): 1 for nothing, a half for ``half`` characters."""

    unit = "share"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"native"})

    def __init__(self, *, half: float = 40.0) -> None:
        if not half > 0:
            raise SuiteError(f"maths/brevity: 'half' must be above 0, got {half}.")
        self.half = half

    def __call__(self, samples: Samples, context: Context) -> Scores:
        lengths = torch.tensor([float(len(str(one))) for one in samples.native or ()])
        return Scores.all_valid(1.0 / (1.0 + lengths / self.half))


class AnswerForm(Metric):
    """Mean length in characters; the share of answers with a mark before their result."""

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        texts = [str(one) for one in samples.native or ()]
        count = max(1, len(texts))
        return {
            "length": sum(map(len, texts)) / count,
            "marked": sum(MARK in text for text in texts) / count,
        }
