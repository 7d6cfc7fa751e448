"""The DRAKES estimator as its authors published it, for comparison on the same networks.

From the formula of arXiv:2410.13643's code: soft states, x_s = c x_t + (1 - c) y with
c = 1 - x_t[mask] and y a Gumbel-softmax over letters and mask in the last K steps, an argmax
before; the KL is summed over c (p_ref - p + p log(p / p_ref)) x_t / m_t, from new forwards of
policy and reference. Under SUBS that integrand is 0 at every hard state, so that the first T - K
steps cost forwards and contribute nothing; `suite show drakes` names what ours does instead.

Shapes: N rows, L positions, V letters, T steps, K of them relaxed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.distributions import UnmaskingStep
from suite.core.errors import SuiteError
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples

NEVER = -1e6  # the published stand-in for log 0


@dataclass(frozen=True, kw_only=True, eq=False)
class PublishedRollout:
    """Samples with a straight-through relaxed view, and what the published code calls the KL.

    ``kl`` is [N]; it is no divergence of the sampled law, and is logged as relaxed_kl.
    """

    sample: Samples
    kl: Tensor


def published_rollout(
    policy: Policy,
    reference: Policy | None,
    context: Context,
    streams: Streams,
    *,
    last: int,
    temperature: float,
) -> PublishedRollout:
    """One rollout with the published relaxation and penalty.

    Raises:
        SuiteError: the policy is not a masked diffusion with unmasking steps.
    """
    state = policy.start(context, streams)
    visited: list[Tensor] = []
    x = _first_state(policy, state)
    for index in range(policy.num_steps):
        visited.append(x)
        with torch.set_grad_enabled(index >= policy.num_steps - last):
            soft = index >= policy.num_steps - last
            x = _step(policy, state, x, index, streams, temperature if soft else None)
    letters = torch.nn.functional.one_hot(x.argmax(dim=-1), x.shape[-1]).to(x.dtype)
    relaxed = (x + (letters - x).detach())[..., :-1]
    sample = Samples(tokens=x.argmax(dim=-1), relaxed=relaxed)
    if reference is None:
        return PublishedRollout(sample=sample, kl=torch.zeros(len(x), device=x.device))
    other = reference.start(context, streams)
    total = torch.zeros(len(x), device=x.device)
    left = 1.0
    for index, seen in enumerate(visited):
        total = total + _integrand(policy, reference, state, other, seen, index) / left
        left = left * (1.0 - _reveal(policy, state, seen, index))
    return PublishedRollout(sample=sample, kl=total)


def _first_state(policy: Policy, state: State) -> Tensor:
    """One-hot letters and mask, [N, L, V + 1]."""
    law = policy.step(state, torch.zeros(len(state["active"]), dtype=torch.long))
    if not isinstance(law, UnmaskingStep):
        raise SuiteError(
            "the published estimator is that of an unmasking kernel, and this policy has another.\n"
            "Use --algo drakes, or policy.decoding = 'unmasking'."
        )
    tokens = state["tokens"]
    return torch.nn.functional.one_hot(tokens, law.mask_id + 1).to(law.log_p.dtype)


def _law(policy: Policy, state: State, x: Tensor, index: int) -> UnmaskingStep:
    t = torch.full((len(x),), index, dtype=torch.long, device=x.device)
    law = policy.step({**state, "relaxed": x, "tokens": x.argmax(dim=-1)}, t)
    assert isinstance(law, UnmaskingStep)
    return law


def _reveal(policy: Policy, state: State, x: Tensor, index: int) -> float:
    with torch.no_grad():
        return float(_law(policy, state, x, index).reveal[0])


def _subs(law: UnmaskingStep, x: Tensor) -> Tensor:
    """log p over letters and mask, [N, L, V + 1]: one-hot where the state is not the mask."""
    log_p = torch.nn.functional.pad(law.log_p, (0, 1), value=NEVER)
    letter = x.argmax(dim=-1)
    copied = torch.full_like(log_p, NEVER).scatter(-1, letter.unsqueeze(-1), 0.0)
    return torch.where((letter != law.mask_id).unsqueeze(-1), copied, log_p)


def _step(
    policy: Policy, state: State, x: Tensor, index: int, streams: Streams, temperature: float | None
) -> Tensor:
    law = _law(policy, state, x, index)
    reveal = law.reveal.view(-1, 1, 1)
    letters = _subs(law, x)[..., :-1] + reveal.log()
    stay = torch.log1p(-reveal).clamp_min(NEVER).expand_as(letters[..., :1])
    perturbed = torch.cat([letters, stay], dim=-1)
    perturbed = perturbed + streams.gumbel(*perturbed.shape[1:])
    if temperature is None:
        y = torch.nn.functional.one_hot(perturbed.argmax(dim=-1), x.shape[-1]).to(x.dtype)
    else:
        y = torch.softmax(perturbed / temperature, dim=-1)
    copy = 1.0 - x[..., -1:]
    return copy * x + (1.0 - copy) * y


def _integrand(
    policy: Policy, reference: Policy, state: State, other: State, x: Tensor, index: int
) -> Tensor:
    log_p = _subs(_law(policy, state, x, index), x)
    log_q = _subs(_law(reference, other, x, index), x)
    p = log_p.exp()
    copy = 1.0 - x[..., -1:]
    return (copy * (log_q.exp() - p + p * (log_p - log_q)) * x).sum(dim=(1, 2))
