"""Sequences for the base policy to learn from: a model that is simple, stated and exactly known.

Real sequences for these backbones do not exist, so the embedded default trains its base on samples
of a left-to-right model whose conditional law is written down here. Its log-probability is exact,
so the best likelihood that any base can reach is known, and so is how far ours is from it.

    p(a | i, residues before) proportional to exp of
        log f(a)                                       natural composition, Swiss-Prot
      - environment * (h(a) - burial_i)^2              hydrophobic inside, polar outside
      - helix * cost(a) / kT          if i is in a helix, Pace & Scholtz's cost in kcal/mol
      + loop * min(cost(a), 1) / kT   if i is in a loop: what breaks helices begins and ends them
      - bridge * q(a) q(i - d)        d = 3 and 4, both ends in a helix: salt bridges
      - repeat * [a = residue i - 1]  natural sequences repeat letters less than chance

with h the hydrophobicity scaled to 0..1 and q the charge. The weights are small on purpose: the
samples are plausible, mediocre designs, and a reward has room above them.

Shapes: B backbones, L positions, V = 20 letters. Log-probabilities in nats.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from suite.domains.protein.alphabet import NUM_LETTERS, one_hot, scale
from suite.domains.protein.scales import CHARGE, HELIX_COST, SWISS_PROT_PERCENT
from suite.domains.protein.terms import hydrophobic_share

KT = 0.593  # kcal/mol at 298 K
BRIDGE_GAPS = (3, 4)  # residues one turn of a helix apart
LOOP, HELIX = 0, 1  # ids of contexts' secondary


@dataclass(frozen=True, kw_only=True)
class NativeModel:
    """The weights of the model above, without unit."""

    environment: float = 3.0
    helix: float = 0.5
    loop: float = 0.4
    bridge: float = 0.5
    repeat: float = 0.7


DEFAULT_MODEL = NativeModel()


def site_logits(data: Mapping[str, Tensor], model: NativeModel = DEFAULT_MODEL) -> Tensor:
    """The part of the law that looks at the backbone alone, [B, L, V], nats up to a constant."""
    cost = scale(HELIX_COST)
    composition = scale(SWISS_PROT_PERCENT).log()
    mismatch = (hydrophobic_share() - data["burial"][..., None]).square()
    in_helix = (data["secondary"] == HELIX)[..., None]
    in_loop = (data["secondary"] == LOOP)[..., None]
    logits = composition - model.environment * mismatch
    logits = logits - in_helix * model.helix * cost / KT
    return logits + in_loop * model.loop * cost.clamp_max(1.0) / KT


def pair_logits(model: NativeModel = DEFAULT_MODEL) -> tuple[Tensor, Tensor]:
    """What an earlier residue (row) adds for a later one (column): bridges [V, V], repeats [V, V].

    The first holds between two helix residues 3 or 4 apart, the second between neighbours.
    """
    charge = scale(CHARGE)
    return -model.bridge * torch.outer(charge, charge), -model.repeat * torch.eye(NUM_LETTERS)


def sample_natives(
    data: Mapping[str, Tensor],
    num: int,
    generator: torch.Generator,
    *,
    model: NativeModel = DEFAULT_MODEL,
) -> Tensor:
    """``num`` sequences for each of B backbones, [B, num, L], long; letter 0 under padding.

    Exact: letters are drawn left to right from their conditional law.
    """
    logits = site_logits(data, model).repeat_interleave(num, dim=0)
    helix = _helix(data).repeat_interleave(num, dim=0)
    bridges, repeats = pair_logits(model)
    rows, length, _ = logits.shape
    tokens = torch.zeros(rows, length, dtype=torch.long)
    for i in range(length):
        law = logits[:, i].clone()
        if i > 0:
            law += repeats[tokens[:, i - 1]]
        for gap in BRIDGE_GAPS:
            if i >= gap:
                both = (helix[:, i] & helix[:, i - gap]).unsqueeze(-1)
                law += both * bridges[tokens[:, i - gap]]
        tokens[:, i] = torch.multinomial(law.softmax(dim=-1), 1, generator=generator)[:, 0]
    mask = data["mask"].repeat_interleave(num, dim=0)
    return (tokens * mask).view(-1, num, length)


def native_log_prob(
    data: Mapping[str, Tensor], tokens: Tensor, *, model: NativeModel = DEFAULT_MODEL
) -> Tensor:
    """log p(sequence | backbone) of tokens [B, L], one row a backbone; [B], nats.

    Positions under padding count for nothing.
    """
    logits = site_logits(data, model)
    helix = _helix(data)
    bridges, repeats = pair_logits(model)
    placed = one_hot(tokens)
    logits[:, 1:] += placed[:, :-1] @ repeats
    for gap in BRIDGE_GAPS:
        both = (helix[:, gap:] & helix[:, :-gap]).unsqueeze(-1)
        logits[:, gap:] += both * (placed[:, :-gap] @ bridges)
    chosen = logits.log_softmax(dim=-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    return (chosen * data["mask"]).sum(dim=-1)


def _helix(data: Mapping[str, Tensor]) -> Tensor:
    return (data["secondary"] == HELIX) & data["mask"]
