"""Classes and classifier-free guidance act inside the law of a step."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.plugins.policies.discrete_diffusion.guidance import guide


def first_log_p(policy: Any, label: list[int]) -> Any:
    context = Context(index=torch.arange(len(label)), data={"label": torch.tensor(label)})
    state = policy.start(context, Streams(0, 0, "x", range(len(label))))
    return policy.step(state, torch.zeros(len(label), dtype=torch.long)).log_p


def test_without_guidance_the_law_is_the_conditional_one(make_policy: Callable[..., Any]) -> None:
    conditional = first_log_p(make_policy(num_classes=2), [0, 1])
    unguided = first_log_p(make_policy(num_classes=2, guidance=0.0), [0, 1])
    assert torch.equal(conditional, unguided)
    assert (conditional[0] - conditional[1]).abs().max() > 0.1, "classes must matter"
    almost = first_log_p(make_policy(num_classes=2, guidance=1e-9), [0, 1])
    torch.testing.assert_close(almost, conditional)


def test_guidance_is_the_renormalised_extrapolation(make_policy: Callable[..., Any]) -> None:
    plain = make_policy(num_classes=2)
    p_class, p_none = first_log_p(plain, [1]).exp(), first_log_p(plain, [-1]).exp()
    product = p_class**2.5 / p_none**1.5
    expected = product / product.sum(dim=-1, keepdim=True)
    guided = first_log_p(make_policy(num_classes=2, guidance=1.5), [1])
    torch.testing.assert_close(guided.exp(), expected)


def test_asking_for_no_class_leaves_guidance_without_effect(
    make_policy: Callable[..., Any],
) -> None:
    plain = first_log_p(make_policy(num_classes=2), [-1])
    guided = first_log_p(make_policy(num_classes=2, guidance=3.0), [-1])
    torch.testing.assert_close(guided, plain)


def test_the_gradient_reaches_both_branches(make_policy: Callable[..., Any]) -> None:
    """d guide / d logit: 1 + w through the class, -w without it."""
    policy = make_policy(num_classes=2, guidance=1.5)
    first_log_p(policy, [1])[..., 0].sum().backward()
    gradient = policy.denoiser.labels.weight.grad
    assert gradient[0].abs().max() == 0.0
    assert gradient[1].abs().max() > 1e-4
    assert gradient[2].abs().max() > 1e-4


def test_the_gradient_of_guidance_is_its_finite_difference() -> None:
    logits = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: guide(x[0], x[1], 0.7), (logits,))


def test_guidance_of_extreme_logits_stays_finite() -> None:
    ends = torch.tensor([1e4, -1e4, 0.0])
    assert guide(ends, -ends, 2.0).isfinite().all()


def test_label_dropout_trains_both_branches_unguided(make_policy: Callable[..., Any]) -> None:
    """In training mode some labels are hidden; in eval mode the bound is of the guided law."""
    policy = make_policy(num_classes=2, guidance=1.5, label_dropout=0.5)
    rows = 64
    samples = Samples(tokens=torch.tensor([2, 0, 1]).expand(rows, -1))
    context = Context(index=torch.arange(rows), data={"label": torch.ones(rows, dtype=torch.long)})

    def bound(model: Any, data: Context) -> Any:
        with torch.no_grad():
            return model.nll(samples, data, Streams(0, 0, "x", range(rows)))

    plain = make_policy(num_classes=2)
    with_class = bound(plain, context)
    hidden = Context(index=context.index, data={"label": -torch.ones(rows, dtype=torch.long)})
    without = bound(plain, hidden)
    mixed = bound(policy.train(), context)
    is_class, is_none = torch.isclose(mixed, with_class), torch.isclose(mixed, without)
    assert (is_class | is_none).all()
    assert 0.2 < is_none.double().mean() < 0.8
    guided = bound(policy.eval(), context)
    torch.testing.assert_close(guided, bound(make_policy(num_classes=2, guidance=1.5), context))
    assert not torch.isclose(guided, with_class).all()


def test_a_missing_or_unknown_label_is_an_error(make_policy: Callable[..., Any]) -> None:
    policy, streams = make_policy(num_classes=2), Streams(0, 0, "x", range(1))
    with pytest.raises(SuiteError) as missing:
        policy.start(Context(index=torch.arange(1)), streams)
    assert str(missing.value) == (
        "this policy has 2 classes, but the contexts hold no 'label'.\n"
        "Give context.data['label'] (-1 asks for no class), or set num_classes = 0."
    )
    with pytest.raises(SuiteError, match="labels run from 2 to 2; this policy knows 0 to 1"):
        first_log_p(policy, [2])
