"""Learned oracles: train on measured sequences, calibrate, measure, save, and score as a reward.

Rows go to train, validation and test by a hash of their tokens, so that the split does not depend
on row order, equal sequences never stand on both sides, and what an oracle has seen can be compared
with what a run is evaluated on: ``Oracle.training_rows`` holds the hashes of every row that shaped
it (validation too: it stopped the training and fitted the calibration).

core/oracle_files.py saves, loads and caches them.

Shapes: N rows, B samples, L positions, V letters, M members.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.oracle_metrics import (
    Calibration,
    calibrate,
    calibration_error,
    r_squared,
    rmse,
    spearman,
)
from suite.core.oracle_network import Members, Schedule, fit_members, fit_ridge, predict_tokens
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward

MIN_ROWS = 8  # a part; fewer make neither a fit nor a figure


class OracleSettings(BaseModel):
    """How an oracle is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Literal["mlp", "ridge"] = Field("mlp", description="of one-hot tokens")
    hidden: tuple[int, ...] = Field((64, 64), description="units a hidden layer, of mlp")
    num_members: int = Field(2, ge=1, description="of the ensemble, of mlp")
    learning_rate: float = Field(3e-3, gt=0)
    weight_decay: float = Field(1e-3, ge=0, description="decoupled, as in AdamW")
    batch_size: int = Field(512, ge=1)
    max_epochs: int = Field(30, ge=1)
    patience: int = Field(4, ge=1, description="epochs without a better validation error")
    penalty: float = Field(1.0, ge=0, description="of squared weights, of ridge")
    calibration: Literal["isotonic", "affine", "none"] = Field("affine")
    validation_share: float = Field(0.1, gt=0, lt=1)
    test_share: float = Field(0.1, gt=0, lt=1)


@dataclass(frozen=True, kw_only=True)
class OracleReport:
    """What the test split says; errors in the target's unit.

    Attributes:
        spearman, r2, rmse: of calibrated predictions on the test split.
        calibration_error, raw_calibration_error: with and without the calibration.
        rows: how many in train, validation and test.
        epochs: of the weights that were kept; 0 for ridge.
        lowest, highest: the range of the training targets: beyond it the oracle extrapolates.
    """

    spearman: float
    r2: float
    rmse: float
    calibration_error: float
    raw_calibration_error: float
    rows: tuple[int, int, int]
    epochs: int
    lowest: float
    highest: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Oracle:
    """A frozen scorer of sequences of one length.

    Attributes:
        members: raw predictions in units of the training targets' spread.
        calibration: from those, put back on the target's scale, to the target.
        centre, scale: mean and standard deviation of the training targets.
        shape: (L, V).
        hashes: the rows of each split; report: what the test split says.
    """

    members: Members
    calibration: Calibration
    centre: float
    scale: float
    shape: tuple[int, int]
    hashes: Mapping[str, frozenset[str]]
    report: OracleReport
    settings: OracleSettings

    @property
    def training_rows(self) -> frozenset[str]:
        """Hashes of every row that shaped this oracle."""
        return self.hashes["train"] | self.hashes["validation"]

    def __call__(self, letters: Tensor) -> Tensor:
        """Predictions [B] for letters [B, L, V], one-hot or a point of the simplex a position."""
        return self.predict(letters)[0]

    def predict(self, letters: Tensor) -> tuple[Tensor, Tensor]:
        """Predictions [B] and the members' standard deviation [B] (0 for one member).

        Raises:
            ValueError: letters is not [B, L, V] of this oracle's L and V.
        """
        if letters.dim() != 3 or tuple(letters.shape[1:]) != self.shape:
            wanted = f"[B, {self.shape[0]}, {self.shape[1]}]"
            raise ValueError(f"this oracle scores {wanted}, got {list(letters.shape)}")
        self.members.to(letters.device)
        raw = self.members(letters.flatten(1).float())
        # Members are calibrated before they are compared, so that the spread has the target's unit.
        each = self.calibration(self.centre + self.scale * raw)
        mean = self.calibration(self.centre + self.scale * raw.mean(dim=0))
        if len(letters) == 0:  # the spread of no rows is no number, and torch would warn of it
            return mean, mean
        return mean, each.std(dim=0, unbiased=False)


# --- splits -------------------------------------------------------------------------------------


def row_hashes(tokens: Tensor) -> list[str]:
    """One hash a row of tokens [N, L], whatever their integer type."""
    rows = tokens.to("cpu", torch.int64).contiguous().numpy()
    return [hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest() for row in rows]


def hash_shares(hashes: Sequence[str], salt: str) -> Tensor:
    """A number in [0, 1) for each hash, [N] float64; another salt, another independent number.

    ``hash_shares(rows, "half") < 0.5`` cuts data into two halves for two oracles that must not have
    seen each other's rows.
    """
    keys = (f"{salt}/{one}".encode() for one in hashes)
    whole = [int.from_bytes(hashlib.blake2b(key, digest_size=6).digest()) for key in keys]
    return torch.tensor(whole, dtype=torch.float64) / 2.0**48


def split_rows(hashes: Sequence[str], settings: OracleSettings, seed: int) -> dict[str, Tensor]:
    """Row numbers of each split.

    Raises:
        SuiteError: a split has too few rows to fit or to measure anything.
    """
    share = hash_shares(hashes, f"split/{seed}")
    test = share < settings.test_share
    validation = ~test & (share < settings.test_share + settings.validation_share)
    masks = {"train": ~test & ~validation, "validation": validation, "test": test}
    rows = {name: torch.nonzero(mask).squeeze(1) for name, mask in masks.items()}
    few = [f"{name} {len(index)}" for name, index in rows.items() if len(index) < MIN_ROWS]
    if few:
        raise SuiteError(
            f"{len(hashes)} measured rows are too few for an oracle: {', '.join(few)} of them; "
            f"each split needs {MIN_ROWS}.\nGive more data, or other oracle shares."
        )
    return rows


# --- training -----------------------------------------------------------------------------------


def train_oracle(
    tokens: Tensor, targets: Tensor, settings: OracleSettings, seed: int, *, num_letters: int
) -> Oracle:
    """Fit, calibrate and measure an oracle.

    Args:
        tokens: sequences of one length, [N, L], letters below ``num_letters``.
        targets: what was measured, [N], finite.
        settings: how.
        seed: of the split, the initial weights and the order of batches.
        num_letters: V.

    Raises:
        SuiteError: too few rows.
        ValueError: shapes differ, a letter is out of range, or a target is not finite.
    """
    _check(tokens, targets, num_letters)
    hashes = row_hashes(tokens)
    index = split_rows(hashes, settings, seed)
    parts = {name: (tokens[rows], targets[rows].float()) for name, rows in index.items()}
    train_target = parts["train"][1]
    centre, scale = float(train_target.mean()), max(float(train_target.std()), 1e-6)
    standard = {name: (t, (y - centre) / scale) for name, (t, y) in parts.items()}
    members, epochs = _fit(standard, settings, seed, num_letters)
    raw = {
        name: centre + scale * predict_tokens(members, rows, num_letters)
        for name, (rows, _) in parts.items()
    }
    calibration = calibrate(raw["validation"], parts["validation"][1], settings.calibration)
    truth, predicted = parts["test"][1], calibration(raw["test"])
    report = OracleReport(
        spearman=spearman(predicted, truth),
        r2=r_squared(predicted, truth),
        rmse=rmse(predicted, truth),
        calibration_error=calibration_error(predicted, truth),
        raw_calibration_error=calibration_error(raw["test"], truth),
        rows=(len(index["train"]), len(index["validation"]), len(index["test"])),
        epochs=epochs,
        lowest=float(train_target.min()),
        highest=float(train_target.max()),
    )
    return Oracle(
        members=members.requires_grad_(requires_grad=False),
        calibration=calibration,
        centre=centre,
        scale=scale,
        shape=(int(tokens.shape[1]), num_letters),
        hashes={name: frozenset(hashes[i] for i in rows.tolist()) for name, rows in index.items()},
        report=report,
        settings=settings,
    )


def _check(tokens: Tensor, targets: Tensor, num_letters: int) -> None:
    if tokens.dim() != 2 or targets.shape != tokens.shape[:1]:
        shapes = f"tokens {list(tokens.shape)} and targets {list(targets.shape)}"
        raise ValueError(f"train_oracle needs tokens [N, L] and targets [N], got {shapes}")
    if len(tokens) and (int(tokens.min()) < 0 or int(tokens.max()) >= num_letters):
        raise ValueError(f"tokens must be 0 to {num_letters - 1}, got up to {int(tokens.max())}")
    if not bool(torch.isfinite(targets).all()):
        raise ValueError("targets must be finite")


def _fit(
    parts: Mapping[str, tuple[Tensor, Tensor]], settings: OracleSettings, seed: int, letters: int
) -> tuple[Members, int]:
    tokens, target = parts["train"]
    if settings.model == "ridge":
        return fit_ridge(tokens, target, letters, penalty=settings.penalty), 0
    generator = torch.Generator().manual_seed(seed)
    sizes = (tokens.shape[1] * letters, *settings.hidden, 1)
    members = Members(sizes, settings.num_members, generator)
    held_tokens, held_target = parts["validation"]
    schedule = Schedule(
        num_letters=letters,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_epochs=settings.max_epochs,
        patience=settings.patience,
    )

    def measure() -> float:
        return rmse(predict_tokens(members, held_tokens, letters), held_target)

    epochs = fit_members(members, (tokens, target), measure, schedule, generator)
    return members, epochs


# --- scoring ------------------------------------------------------------------------------------


class OracleReward(Reward):
    """An oracle as a reward; domains subclass it to name the unit and to find their data.

    ``pessimism`` times the members' standard deviation is taken off, which pulls an optimiser back
    from where members disagree because no data was.
    """

    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(self, oracle: Oracle, *, unit: str, pessimism: float = 0.0) -> None:
        self.oracle, self.unit, self.pessimism = oracle, unit, pessimism
        self.invalid_value = oracle.report.lowest  # what the worst measured row got

    @property
    def training_rows(self) -> frozenset[str]:
        """Read by the self-check that training and held-out oracles share no row."""
        return self.oracle.training_rows

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score tokens [B, L], or a relaxed view [B, L, V] with gradients."""
        letters = samples.relaxed
        if letters is None:
            assert samples.tokens is not None
            letters = torch.nn.functional.one_hot(samples.tokens, self.oracle.shape[1])
        mean, spread = self.oracle.predict(letters)
        value = mean - self.pessimism * spread if self.pessimism else mean
        return Scores.all_valid(value, spread=spread.detach())
