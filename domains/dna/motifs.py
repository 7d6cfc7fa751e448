"""How strongly factors bind a sequence: JASPAR matrices and the statistical weight of their sites.

The weight of a site is exp(score), its score the log-odds of the matrix against a uniform
background, in nats. A factor binds anywhere on either strand, so the weight Z of a sequence is the
sum over all of its sites, and the factor is bound with probability Z / (Z + exp(mu)): the usual
thermodynamic model (Berg and von Hippel, J. Mol. Biol. 193:723, 1987), with mu the energy at which
half of the sequences with one such site are bound.

Shapes: B sequences, L positions, W positions of a matrix, V = 4 bases.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from suite.core.errors import SuiteError, missing_extra
from suite.domains.dna.alphabet import DNA, reverse_complement

RELEASE = "JASPAR2026"
PSEUDOCOUNT = 0.01  # share of the background mixed into every column
BELOW_BEST = 3.0  # nats: mu lies this much below a matrix's best site


@dataclass(frozen=True, kw_only=True, eq=False)
class Motif:
    """One matrix: its JASPAR id, the factor, and the share of each base at each position [W, 4]."""

    matrix_id: str
    factor: str
    shares: Tensor

    @property
    def log_odds(self) -> Tensor:
        """Of each base against a uniform background, [W, 4], nats."""
        return (self.shares * len(DNA)).log()

    @property
    def threshold(self) -> float:
        """mu, nats: ``BELOW_BEST`` under the score of the best site."""
        return float(self.log_odds.amax(dim=-1).sum()) - BELOW_BEST


@lru_cache(maxsize=32)
def load_motif(matrix_id: str) -> Motif:
    """A matrix of JASPAR, with its version: ``load_motif("MA0114.5")``.

    Raises:
        SuiteError: pyjaspar is not installed, or there is no such matrix in the release.
    """
    try:
        from pyjaspar import jaspardb
    except ModuleNotFoundError as error:
        raise missing_extra("pyjaspar", "dna", needed_by="JASPAR matrices") from error
    with warnings.catch_warnings(action="ignore"):  # an id that it lacks; the error below says so
        found = jaspardb(release=RELEASE).fetch_motif_by_id(matrix_id)
    if found is None:
        raise SuiteError(
            f"no matrix '{matrix_id}' in {RELEASE}.\n"
            "Give an id with its version, for example MA0114.5."
        )
    counts = torch.tensor([list(found.counts[base]) for base in DNA.letters], dtype=torch.float64).T
    shares = counts / counts.sum(dim=-1, keepdim=True)
    mixed = (1 - PSEUDOCOUNT) * shares + PSEUDOCOUNT / len(DNA)
    return Motif(matrix_id=matrix_id, factor=str(found.name), shares=mixed.float())


def site_scores(probabilities: Tensor, log_odds: Tensor) -> Tensor:
    """Expected score of every site on both strands, [B, 2 (L - W + 1)], nats.

    Args:
        probabilities: share of each base, [B, L, 4]; a corner is a sequence.
        log_odds: [W, 4].

    Raises:
        ValueError: the sequences are shorter than the matrix.
    """
    width = log_odds.shape[0]
    if probabilities.shape[1] < width:
        raise ValueError(f"a site of {width} bases does not fit in {probabilities.shape[1]}")
    strands = (log_odds, reverse_complement(log_odds))
    windows = probabilities.unfold(1, width, 1)  # [B, L - W + 1, 4, W]
    return torch.cat([torch.einsum("bpvw,wv->bp", windows, strand) for strand in strands], dim=1)


def log_occupancy(probabilities: Tensor, motif: Motif) -> Tensor:
    """log of the probability that the factor is bound, [B], nats, at most 0."""
    log_odds = motif.log_odds.to(probabilities)
    log_weight = site_scores(probabilities, log_odds).logsumexp(dim=1)
    return torch.nn.functional.logsigmoid(log_weight - motif.threshold)
