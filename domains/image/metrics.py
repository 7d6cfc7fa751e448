"""What a person of the field would look at: how many objects there are, how clean pictures are."""

from collections.abc import Mapping

from suite.core.metric import Metric
from suite.core.records import Context, Samples
from suite.domains.image.detectors import matched, measured


class Objects(Metric):
    """Objects a picture; the share of pictures on which both detectors agree."""

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        assert samples.values is not None
        pictures = samples.values.detach().cpu()
        first, second = measured(pictures), matched(pictures)
        count = max(1, len(first))
        return {
            "objects": sum(map(len, first)) / count,
            "detectors_agree": sum(a == b for a, b in zip(first, second, strict=True)) / count,
        }
