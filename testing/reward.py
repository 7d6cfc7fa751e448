"""Conformance of a Reward. Shapes: B samples, L positions, V letters."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.core.trees import take_rows, tree_map
from suite.testing.checks import Check, distance, leaves, require, run_checks

VIEWS = frozenset({"native", "tensor", "relaxed"})
TOLERANCE = 1e-4  # between two ways to score one sample: sums in another order


@dataclass(frozen=True, kw_only=True, eq=False)
class RewardSubject:
    """A reward, samples in every view it reads, their contexts, and V where samples are letters."""

    reward: Reward
    samples: Samples
    context: Context
    letters: int | None = None

    def score(self, rows: Tensor | None = None) -> Scores:
        """The scores of all samples, or of some rows [K]."""
        if rows is None:
            return self.reward(self.samples, self.context)
        return self.reward(take_rows(self.samples, rows), take_rows(self.context, rows))


def check_reward(
    reward: Reward, samples: Samples, context: Context, *, letters: int | None = None
) -> None:
    """Hold a reward to its contract.

    Args:
        reward: what is checked.
        samples: B >= 2 samples in every view that the reward reads; unlike ones find more.
        context: what each was asked for, B rows.
        letters: V, needed where the reward reads the relaxed view of tokens.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    subject = RewardSubject(reward=reward, samples=samples, context=context, letters=letters)
    run_checks(REWARD_CHECKS, subject)


def names_the_views_it_reads(subject: RewardSubject) -> None:
    """``views`` is a non-empty subset of native, tensor and relaxed."""
    views = subject.reward.views
    require(
        views and views <= VIEWS,
        f"views is {sorted(views)}; name at least one of {', '.join(sorted(VIEWS))}",
    )


def gives_one_score_a_sample(subject: RewardSubject) -> None:
    """Scores has value [B] of floats, valid [B] of bools, and parts and reasons of length B."""
    scores, size = subject.score(), len(subject.samples)
    value, valid = scores.value, scores.valid
    require(
        value.shape == (size,) and value.is_floating_point(),
        f"value is {value.dtype} {tuple(value.shape)}; return one float a sample, [{size}]",
    )
    require(
        valid.shape == (size,) and valid.dtype == torch.bool,
        f"valid is {valid.dtype} {tuple(valid.shape)}; return one bool a sample, [{size}]",
    )
    for name, part in scores.parts.items():
        require(
            part.shape == (size,),
            f"part '{name}' is {tuple(part.shape)}; return one number a sample, [{size}]",
        )
    require(
        scores.reason is None or len(scores.reason) == size,
        f"reason must be None or a tuple of {size}, one entry a sample",
    )


def stays_within_its_bounds(subject: RewardSubject) -> None:
    """Valid scores are finite and lie in ``bounds``, or are the price of an invalid sample."""
    scores, (lowest, highest) = subject.score(), subject.reward.bounds
    price = subject.reward.price_of_invalid
    for row, value in enumerate(scores.value.tolist()):
        if not bool(scores.valid[row]) or value == price:
            continue
        require(
            math.isfinite(value),
            f"row {row} scores {value}; a sample that cannot be scored gets invalid_value, and "
            "one whose scoring failed is marked by valid = False",
        )
        slack = 1e-5 * max(1.0, abs(value))
        require(
            lowest - slack <= value <= highest + slack,
            f"row {row} scores {value:g}, outside bounds ({lowest:g}, {highest:g}); correct bounds",
        )


def prices_an_invalid_sample(subject: RewardSubject) -> None:
    """An unbounded reward names ``invalid_value``, and no valid sample scores below the price."""
    reward = subject.reward
    require(
        reward.invalid_value is not None or math.isfinite(reward.bounds[0]),
        f"{type(reward).__name__} is unbounded below; set invalid_value, the score of a sample "
        "that is invalid by the model's fault",
    )
    price, scores = reward.price_of_invalid, subject.score()
    require(math.isfinite(price), f"the price of an invalid sample is {price}; make it finite")
    lowest = float(scores.value[scores.valid].min()) if bool(scores.valid.any()) else price
    require(
        price <= lowest + 1e-6,
        f"an invalid sample gets {price:g} and a valid one {lowest:g}: a policy would learn to be "
        "invalid; lower invalid_value",
    )


def scores_the_same_twice(subject: RewardSubject) -> None:
    """A reward that says ``deterministic`` gives bitwise the same scores again."""
    if not subject.reward.deterministic:
        return
    first, again = subject.score(), subject.score()
    require(
        torch.equal(first.value, again.value) and torch.equal(first.valid, again.valid),
        "two calls on the same samples differ; take randomness out or set deterministic = False",
    )


def does_not_depend_on_batch_order(subject: RewardSubject) -> None:
    """Each sample's score is its own: rows turned around, and rows alone, score the same."""
    if not subject.reward.deterministic:
        return
    whole, size = subject.score().value, len(subject.samples)
    backwards = torch.arange(size).flip(0)
    gap = distance(subject.score(backwards).value.flip(0), whole)
    require(gap <= TOLERANCE, f"scores change by {gap:.2g} when the batch is turned around")
    alone = torch.cat([subject.score(torch.tensor([row])).value for row in range(size)])
    gap = distance(alone, whole)
    require(
        gap <= TOLERANCE,
        f"scores change by {gap:.2g} when samples are scored one at a time; a score must not "
        "depend on the rest of the batch",
    )


def leaves_its_input_alone(subject: RewardSubject) -> None:
    """The tensors of samples and context are not edited."""
    samples, context = tree_map(_copied, subject.samples), tree_map(_copied, subject.context)
    subject.score()
    require(_same(subject.samples, samples), "the reward edits its samples; work on a copy")
    require(_same(subject.context, context), "the reward edits its context; work on a copy")


def scores_an_empty_batch(subject: RewardSubject) -> None:
    """No samples get no scores: value [0] and valid [0]."""
    scores = subject.score(torch.zeros(0, dtype=torch.long))
    require(
        scores.value.shape == (0,) and scores.valid.shape == (0,),
        f"an empty batch gets value {tuple(scores.value.shape)}; return Scores of length 0",
    )


def agrees_with_itself_at_the_corners(subject: RewardSubject) -> None:
    """The relaxed view scores one_hot(tokens) as the tensor view scores the tokens."""
    tokens = subject.samples.tokens
    if not {"relaxed", "tensor"} <= subject.reward.views or tokens is None:
        return
    hard = subject.reward(replace(subject.samples, relaxed=None), subject.context).value
    soft = subject.reward(_at_corners(subject), subject.context).value
    gap = distance(soft, hard)
    require(
        gap <= TOLERANCE,
        f"one_hot(tokens) scores up to {gap:.2g} away from tokens: both views must agree there",
    )


def carries_gradients_where_it_says_so(subject: RewardSubject) -> None:
    """A ``differentiable`` reward passes finite gradients, not all 0, to relaxed or values."""
    if not subject.reward.differentiable:
        return
    leaf, samples = _with_gradient(subject)
    value = subject.reward(samples, subject.context).value
    require(
        value.requires_grad,
        "differentiable is True but the scores carry no gradient; set it to False, or do not "
        "detach the relaxed view",
    )
    (gradient,) = torch.autograd.grad(value.sum(), leaf, allow_unused=True)
    require(gradient is not None, "the scores do not depend on the view that carries gradients")
    assert gradient is not None
    require(bool(torch.isfinite(gradient).all()), "gradients are not finite at the samples given")
    require(
        bool((gradient != 0).any()),
        "gradients are 0 for every sample given; pass samples where the reward is not flat",
    )


REWARD_CHECKS: tuple[Check[RewardSubject], ...] = (
    names_the_views_it_reads,
    leaves_its_input_alone,  # before any other call: an edit made twice may change nothing
    gives_one_score_a_sample,
    prices_an_invalid_sample,
    stays_within_its_bounds,
    scores_the_same_twice,
    does_not_depend_on_batch_order,
    scores_an_empty_batch,
    agrees_with_itself_at_the_corners,
    carries_gradients_where_it_says_so,
)

# The checks that need samples in the relaxed view, or V.
RELAXED_CHECKS = frozenset({agrees_with_itself_at_the_corners, carries_gradients_where_it_says_so})


def _at_corners(subject: RewardSubject) -> Samples:
    tokens, relaxed = subject.samples.tokens, subject.samples.relaxed
    letters = subject.letters or (None if relaxed is None else relaxed.shape[-1])
    require(
        letters is not None,
        "the reward reads the relaxed view of tokens; pass letters=V, the size of the alphabet",
    )
    assert tokens is not None
    assert letters is not None
    one_hot = torch.nn.functional.one_hot(tokens, letters).float()
    return replace(subject.samples, relaxed=one_hot)


def _with_gradient(subject: RewardSubject) -> tuple[Tensor, Samples]:
    """The leaf that gradients are asked of, and the samples that hold it."""
    if subject.samples.values is not None:
        leaf = subject.samples.values.detach().clone().requires_grad_()
        return leaf, replace(subject.samples, values=leaf)
    corner = _at_corners(subject).relaxed
    assert corner is not None
    # Inside the simplex: at a corner a product of probabilities may be flat.
    inside = 0.9 * corner + 0.1 / corner.shape[-1]
    leaf = inside.requires_grad_()
    return leaf, replace(subject.samples, relaxed=leaf)


def _copied(leaf: object) -> object:
    return leaf.clone() if isinstance(leaf, Tensor) else leaf


def _same(now: object, then: object) -> bool:
    return all(_equal(a, b) for a, b in zip(leaves(now), leaves(then), strict=True))


def _equal(now: object, then: object) -> bool:
    if isinstance(now, Tensor) and isinstance(then, Tensor):
        return torch.equal(now, then)
    return now is then or now == then
