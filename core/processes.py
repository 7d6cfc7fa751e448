"""One process or many: who samples which rows, and how gradients are summed.

Each process samples and scores its share of the rows; the records are gathered, so that every
process holds the same experience and an algorithm never sees the split. Each minibatch is then
split again for the backward pass and gradients are summed. Randomness is keyed by row, so that the
number of processes changes results by rounding alone.
"""

import contextlib
import copy
import os
from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn

from suite.core.errors import SuiteError
from suite.core.trees import Tree, to_device

Precision = Literal["fp32", "bf16"]


class Processes:
    """This process's place among ``size``; started by a launcher through torch's variables."""

    def __init__(self, *, device: str = "cpu", precision: Precision = "fp32") -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.precision: Precision = precision
        self._accelerator: Any = None
        if self.size > 1 or device != "cpu" or precision != "fp32":
            self._accelerator = _accelerator(device, precision)
            self.device = torch.device(self._accelerator.device)
        else:
            self.device = torch.device("cpu")

    def alone(self) -> "Processes":
        """The same device without the others: for what the main process does by itself."""
        twin = copy.copy(self)
        twin.size, twin.rank = 1, 0
        return twin

    @property
    def is_main(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    def share(self, size: int) -> Tensor:
        """This process's contiguous share of ``size`` things, [K] long."""
        return torch.arange(size).tensor_split(self.size)[self.rank]

    def gather(self, tree: Tree) -> list[Tree]:
        """What each process holds, in rank order, on every process."""
        if self.size == 1:
            return [tree]
        parts: list[Any] = [None] * self.size
        torch.distributed.all_gather_object(parts, to_device(tree, "cpu"))
        return [to_device(part, self.device) for part in parts]

    def sum_gradients(self, modules: list[nn.Module]) -> None:
        """Add every process's gradients; a parameter without one counts as 0."""
        if self.size == 1:
            return
        parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        flat = torch.cat(
            [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters]
        )
        torch.distributed.all_reduce(flat)
        for parameter, piece in zip(
            parameters, flat.split([p.numel() for p in parameters]), strict=True
        ):
            parameter.grad = piece.view_as(parameter).clone()

    def sum(self, values: dict[str, float]) -> dict[str, float]:
        """Sums over processes of named numbers."""
        if self.size == 1:
            return values
        flat = torch.tensor(list(values.values()), dtype=torch.float64)
        torch.distributed.all_reduce(flat)
        return dict(zip(values, flat.tolist(), strict=True))

    def barrier(self) -> None:
        """Wait for every process."""
        if self.size > 1:
            torch.distributed.barrier()

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """Mixed precision around sampling, scoring and losses alike, so that ratios stay near 1."""
        if self._accelerator is None or self.precision == "fp32":
            yield
            return
        with self._accelerator.autocast():
            yield


def _accelerator(device: str, precision: Precision) -> Any:
    """Accelerate's view of this machine; imported here because it takes two seconds."""
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise SuiteError(
            f"device '{device}' was asked for, but torch sees no GPU here.\n"
            "Run `suite doctor` to see what it sees, or drop --device."
        )
    from accelerate import Accelerator

    mixed = "bf16" if precision == "bf16" else "no"
    return Accelerator(cpu=device == "cpu", mixed_precision=mixed)
