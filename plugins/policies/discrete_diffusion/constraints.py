"""What a user may ask of every sample: fixed letters, allowed letters, forbidden motifs.

All three act on the law of a step, so that log-probabilities, KL and entropy stay exact. A fixed
position is never masked; letters that are not allowed get probability 0 and the rest is
renormalised. A motif is excluded at the letter that would complete it, which is exact where one
position is revealed at a time (of two letters drawn independently neither completes it alone).

Shapes: B samples, R rows, L positions, V letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Constraints:
    """The constraints of B samples.

    Attributes:
        present: True where the sample has a position, [B, L]; the rest is padding.
        fixed: the letter that stays, or -1, [B, L], long.
        allowed: which letters may stand where, [B, L, V] bool, or None for all.
    """

    present: Tensor
    fixed: Tensor
    allowed: Tensor | None

    @property
    def free(self) -> Tensor:
        """True where the policy chooses the letter, [B, L]."""
        return self.present & (self.fixed < 0)


def read_constraints(
    config: DiffusionConfig, data: Mapping[str, Tensor], rows: int, device: torch.device | str
) -> Constraints:
    """Join what the config and a context's data ask for.

    Args:
        config: ``fixed`` and ``allowed`` hold for every sample.
        data: may hold "mask" [B, L] bool, "fixed" [B, L] long (-1 is free; wins over the config)
            and "allowed" [B, L, V] bool; "backbone" [B, L, 4, 3] sets the length too.
        rows: B.
        device: where the answer lives.

    Raises:
        SuiteError: the context is longer than the policy, or a position is left without a letter.
    """
    shapes = [data[key].shape for key in ("mask", "backbone", "fixed", "allowed") if key in data]
    length = int(shapes[0][1]) if shapes else config.length
    if length > config.length:
        raise SuiteError(
            f"a context has {length} positions, but this policy was built for {config.length}.\n"
            f"Build it with length = {length}, or leave out the longer contexts."
        )
    present = torch.ones(rows, length, dtype=torch.bool, device=device)
    present = data["mask"].to(present) if "mask" in data else present
    fixed = torch.full((length,), -1, dtype=torch.long)
    for position, letter in config.fixed.items():
        fixed[position : position + 1] = letter  # a slice: this row may be too short for it
    fixed = fixed.to(device).expand(rows, -1)
    if "fixed" in data:
        fixed = torch.where(data["fixed"] >= 0, data["fixed"], fixed)
    result = Constraints(present=present, fixed=fixed, allowed=_allowed(config, data, rows, length))
    _check_reachable(config, result)
    return result


def _allowed(
    config: DiffusionConfig, data: Mapping[str, Tensor], rows: int, length: int
) -> Tensor | None:
    """[B, L, V] bool, or None where everything is allowed."""
    given = data.get("allowed")
    if not config.allowed:
        return given
    table = torch.ones(length, config.letters, dtype=torch.bool)
    for position, letters in config.allowed.items():
        if position < length:
            table[position] = False
            table[position, list(letters)] = True
    return table.expand(rows, -1, -1) if given is None else table.to(given.device) & given


def _check_reachable(config: DiffusionConfig, constraints: Constraints) -> None:
    """Every free position keeps a letter, whatever the motifs exclude later."""
    if constraints.allowed is None and not config.forbidden:
        return
    risky = torch.zeros(config.letters, dtype=torch.bool)
    for motif in config.forbidden:
        risky[list(motif)] = True
    safe = ~risky if constraints.allowed is None else constraints.allowed.cpu() & ~risky
    stuck = constraints.free.cpu() & ~safe.any(dim=-1)
    if bool(stuck.any()):
        row, position = (int(index) for index in torch.nonzero(stuck)[0])
        raise SuiteError(
            f"the constraints may leave position {position} of context {row} without a letter: "
            f"no letter is allowed there that is also in no forbidden motif.\n"
            f"Allow one more letter at that position, or shorten the list of motifs."
        )


def completes_motif(tokens: Tensor, motifs: Sequence[Sequence[int]], letters: int) -> Tensor:
    """Which letters would complete a forbidden motif at a masked position.

    Args:
        tokens: states, [R, L], long; the id ``letters`` stands for a masked position.
        motifs: each a sequence of letter ids.
        letters: V.

    Returns:
        [R, L, V] bool.
    """
    rows, length = tokens.shape
    blocked = torch.zeros(rows, length, letters, dtype=torch.bool, device=tokens.device)
    for motif in motifs:
        width = len(motif)
        if width > length:
            continue
        windows = tokens.unfold(1, width, 1)  # [R, L - width + 1, width]
        missing = windows == letters
        matches = windows == torch.tensor(motif, device=tokens.device)
        one_short = (missing | matches).all(dim=-1) & (missing.sum(dim=-1) == 1)
        for offset, letter in enumerate(motif):
            ends = slice(offset, offset + length - width + 1)
            blocked[:, ends, letter] |= one_short & missing[..., offset]
    return blocked
