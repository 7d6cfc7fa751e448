"""The scorers behind learned oracles: a ridge regression, or a small ensemble of perceptrons.

Not a policy, so it is not trained by core/trainer.py: supervised regression of a few seconds.

Shapes: N rows, b rows a batch, M members, L positions, V letters, D = L V inputs, H hidden units.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

CHUNK = 4096


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How members are fitted; ``patience`` counts epochs without a better validation error."""

    num_letters: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    max_epochs: int
    patience: int


class Members(nn.Module):
    """M perceptrons side by side on one input; without hidden layers, M linear maps."""

    def __init__(
        self, sizes: tuple[int, ...], num_members: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in pairwise(sizes):
            scale = math.sqrt(2.0 / fan_in)
            values = torch.randn(num_members, fan_in, fan_out, generator=generator)
            self.weights.append(nn.Parameter(scale * values))
            self.biases.append(nn.Parameter(torch.zeros(num_members, 1, fan_out)))

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [b, D], or [M, b, D] where members see rows of their own; returns [M, b]."""
        members = self.weights[0].shape[0]
        value = inputs if inputs.dim() == 3 else inputs.expand(members, *inputs.shape)
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            value = torch.baddbmm(bias, value, weight)
            if index + 1 < len(self.weights):
                value = torch.nn.functional.gelu(value)
        return value.squeeze(2)


def one_hot(tokens: Tensor, num_letters: int) -> Tensor:
    """Tokens [..., L] to float [..., L V]."""
    return torch.nn.functional.one_hot(tokens, num_letters).float().flatten(-2)


@torch.no_grad()
def predict_tokens(members: Members, tokens: Tensor, num_letters: int) -> Tensor:
    """Raw predictions of the ensemble's mean, [N], a chunk at a time."""
    parts = [members(one_hot(part, num_letters)).mean(dim=0) for part in tokens.split(CHUNK)]
    return torch.cat(parts)


def fit_ridge(tokens: Tensor, target: Tensor, num_letters: int, *, penalty: float) -> Members:
    """Least squares with ``penalty`` times the squared weights, closed form in float64.

    The intercept is not penalised: inputs and target [N] are centred first.
    """
    width = tokens.shape[1] * num_letters
    gram = torch.zeros(width, width, dtype=torch.float64)
    moment, total = torch.zeros(2, width, dtype=torch.float64)
    for rows, part in zip(tokens.split(CHUNK), target.double().split(CHUNK), strict=True):
        inputs = one_hot(rows, num_letters).double()
        gram += inputs.T @ inputs
        moment += inputs.T @ part
        total += inputs.sum(dim=0)
    count, mean_target = len(tokens), target.double().mean()
    mean = total / count
    gram -= count * torch.outer(mean, mean)
    moment -= count * mean * mean_target
    weight = torch.linalg.solve(gram + penalty * torch.eye(width, dtype=torch.float64), moment)
    members = Members((width, 1), 1, torch.Generator())
    with torch.no_grad():
        members.weights[0].copy_(weight.view(1, width, 1))
        members.biases[0].copy_((mean_target - mean @ weight).view(1, 1, 1))
    return members


def fit_members(
    members: Members,
    train: tuple[Tensor, Tensor],
    measure: Callable[[], float],
    schedule: Schedule,
    generator: torch.Generator,
) -> int:
    """Adam on squared error, each member in an order of its own; stops on validation.

    Args:
        members: trained in place; ends with the weights of the best epoch.
        train: one-hot tokens are made of [N, L], targets are [N].
        measure: the validation error of ``members`` as they are.
        schedule: how fast and how long.
        generator: of the order of rows.

    Returns:
        The epoch whose weights are kept, counted from 1; 0 if none beat the initial weights.
    """
    optimizer = torch.optim.AdamW(
        members.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
    )
    best, best_epoch, kept = measure(), 0, _weights_of(members)
    for epoch in range(1, schedule.max_epochs + 1):
        _epoch(members, optimizer, train, schedule, generator)
        now = measure()
        if now < best:
            best, best_epoch, kept = now, epoch, _weights_of(members)
        elif epoch - best_epoch >= schedule.patience:
            break
    members.load_state_dict(kept)
    return best_epoch


def _epoch(
    members: Members,
    optimizer: torch.optim.Optimizer,
    train: tuple[Tensor, Tensor],
    schedule: Schedule,
    generator: torch.Generator,
) -> None:
    tokens, target = train
    count = range(members.weights[0].shape[0])
    orders = torch.stack([torch.randperm(len(tokens), generator=generator) for _ in count])
    for rows in orders.split(schedule.batch_size, dim=1):
        error = members(one_hot(tokens[rows], schedule.num_letters)) - target[rows]
        optimizer.zero_grad()
        # Summed over members: each gets the gradient that it would get alone.
        (error**2).mean(dim=1).sum().backward()
        optimizer.step()


def _weights_of(members: Members) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in members.state_dict().items()}
