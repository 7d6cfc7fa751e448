"""What a person of the field would look at: is there one object in each frame, is it seen alike."""

from collections.abc import Mapping

from suite.core.metric import Metric
from suite.core.records import Context, Samples
from suite.domains.video.detectors import matched, measured


class Tracks(Metric):
    """The share of clips with one object throughout; on which both detectors agree."""

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        assert samples.values is not None
        clips = samples.values.detach().cpu()
        first, second = measured(clips), matched(clips)
        count = max(1, len(first))
        return {
            "tracked": sum(one is not None for one in first) / count,
            "detectors_agree": sum(a == b for a, b in zip(first, second, strict=True)) / count,
        }
