"""How little a clip changes from frame to frame: a reward that needs no model of videos."""

from typing import ClassVar

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.video.motions import CHANNELS


class Steadiness(Reward):
    """Minus the mean squared change of a pixel between frames ``lag`` apart; with a gradient.

    What compressibility is to pictures: a video encoder pays for what changes, and a clip that
    stands still is the best of all.

    Args:
        lag: frames between those that are compared; another lag holds out.
    """

    unit = "squared change of a pixel"
    bounds = (-4.0, 0.0)  # pixels are in [-1, 1]
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(self, *, lag: int = 1) -> None:
        if lag < 1:
            raise SuiteError(f"video/steadiness: 'lag' must be at least 1 frame, got {lag}.")
        self.lag = lag

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score clips [B, 3 F, H, W] of F > ``lag`` frames.

        Raises:
            SuiteError: the samples are pictures, or clips that are too short.
        """
        if samples.values is None or samples.values.ndim != 4:
            raise SuiteError("video/steadiness reads clips [3 F, H, W], and got none.")
        frames, odd = divmod(samples.values.shape[1], CHANNELS)
        if odd or frames <= 1:
            raise SuiteError(
                f"video/steadiness compares frames, and these samples are pictures of "
                f"{samples.values.shape[1]} channels.\nName a pipeline that makes clips by "
                "policy.model (Wan), with policy.frames of 5 or more; pictures are tuned by "
                "--task image/prompts."
            )
        if frames <= self.lag:
            raise SuiteError(
                f"video/steadiness compares frames {self.lag} apart, and these clips have "
                f"{frames}.\nRaise policy.frames to {self.lag + 1} or more, or lower its 'lag'."
            )
        clips = samples.values.unflatten(1, (frames, CHANNELS)).clamp(-1.0, 1.0)
        change = clips[:, self.lag :] - clips[:, : -self.lag]
        return Scores.all_valid(-(change**2).flatten(1).mean(dim=1))
