"""Two classifiers of digits that share neither kind nor data: one pays, the other holds out.

The paying one is a small network, with a gradient. The judge is a support vector machine with a
radial kernel (scikit-learn's), of the other half of the digits.

Shapes: B pictures [B, 1, 8, 8] in [-1, 1].
"""

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.image.digits import SIDE, WORDS, asked_digits, digits
from suite.domains.image.learned import trained

NAME = "image/digit_likelihood"
CODE = ("digits.py", "digit_judge.py")
NOTHING = -1
NOISE = 0.3  # standard deviation: samples keep some noise
NUM_STEPS = 400
LEARNING_RATE = 5e-3


def network() -> nn.Module:
    """Logits of the ten digits, [B, 10].

    In double precision: small differences of arithmetic between machines then stay small through
    the training.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(SIDE * SIDE, 96),
            nn.GELU(),
            nn.Linear(96, 96),
            nn.GELU(),
            nn.Linear(96, len(WORDS)),
        ).double()


def fit(classifier: nn.Module) -> Mapping[str, float]:
    """Adam on whole batches of noisy digits of the reward's half; changed in place."""
    known, unseen = digits("reward"), digits("apart")
    pictures, generator = known.pictures.double(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(classifier.parameters(), lr=LEARNING_RATE, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, NUM_STEPS)
    for _ in range(NUM_STEPS):
        noise = torch.randn(pictures.shape, generator=generator, dtype=torch.float64)
        loss = cross_entropy(classifier(pictures + NOISE * noise), known.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        right = classifier(unseen.pictures.double()).argmax(dim=1) == unseen.labels
    return {"accuracy on unseen digits": float(right.double().mean())}


class DigitLikelihood(Reward):
    """log p(the caption's digit | picture) of the network, in nats; it has a gradient.

    The network is trained when a score is first asked for, and kept in the cache.
    """

    unit = "nats"
    bounds = (float("-inf"), 0.0)
    invalid_value = -20.0
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    @cached_property
    def classifier(self) -> nn.Module:
        """The trained network, frozen."""
        return trained(NAME, network(), fit, settings={}, code=CODE)

    def __call__(self, samples: Samples, context: Context) -> Scores:
        pictures = _pictures(samples, NAME)
        logits = self.classifier.to(pictures.device)(pictures.double())
        index = asked_digits(context).to(logits.device).unsqueeze(1)
        chosen = torch.log_softmax(logits, dim=1).gather(1, index).squeeze(1)
        return Scores.all_valid(chosen.to(pictures.dtype))


class DigitJudge(Reward):
    """1 where the support vector machine reads the caption's digit."""

    unit = "share"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})

    def __call__(self, samples: Samples, context: Context) -> Scores:
        found = torch.tensor(judged(_pictures(samples, "image/digit_judge")), dtype=torch.long)
        return Scores.all_valid((found == asked_digits(context)).float())


@cache
def _machine() -> Any:
    """Fitted in a tenth of a second, so it is not kept on disk."""
    from sklearn.svm import SVC

    known = digits("judge")
    return SVC(kernel="rbf", C=10.0, gamma="scale").fit(
        known.pictures.flatten(1).double().numpy(), known.labels.numpy()
    )


def judged(pictures: Tensor) -> list[int]:
    """The digit that the judge reads in each picture; NOTHING where numbers are not finite."""
    flat = pictures.detach().cpu().flatten(1).double()
    sound = flat.isfinite().all(dim=1)
    found = torch.full((len(flat),), NOTHING)
    if bool(sound.any()):  # scikit-learn refuses an empty batch
        found[sound] = torch.as_tensor(_machine().predict(flat[sound].numpy())).long()
    return [int(one) for one in found]


def _pictures(samples: Samples, name: str) -> Tensor:
    """The pictures of samples.

    Raises:
        SuiteError: there are none, or they have another size.
    """
    if samples.values is None:
        raise SuiteError(f"{name} reads pictures, and got none.")
    if tuple(samples.values.shape[1:]) != (1, SIDE, SIDE):
        raise SuiteError(
            f"{name} knows pictures of [1, {SIDE}, {SIDE}], and these are "
            f"{list(samples.values.shape[1:])}.\nUse it with the task image/digits."
        )
    return samples.values
