"""Hook answers of the constructive policies; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from suite.core.config_model import parse_config
from suite.core.errors import SuiteError
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.policy import Policy


class _Graphs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    valences: tuple[int, ...] = Field((4, 3, 2), min_length=1, description="of each kind of node")
    max_nodes: int = Field(3, ge=2, le=32, description="nodes a graph at most")
    max_rings: int = Field(1, ge=0, description="independent rings a graph at most")
    min_ring: int = Field(3, ge=3, description="nodes of the smallest ring")
    backward: str = Field(
        "uniform", pattern="^(uniform|learned)$", description="uniform over parents, or learned"
    )
    width: int = Field(12, ge=1, description="hidden units")
    layers: int = Field(2, ge=1, description="rounds of messages")
    seed: int = Field(0, description="of the initial weights")


class _TinyGraphs(_Graphs):
    valences: tuple[int, ...] = Field(
        (4, 3, 2, 1), min_length=1, description="of each kind of node"
    )
    max_nodes: int = Field(12, ge=2, le=32, description="nodes a graph at most")
    max_rings: int = Field(2, ge=0, description="independent rings a graph at most")
    min_ring: int = Field(5, ge=3, description="nodes of the smallest ring")
    width: int = Field(64, ge=1, description="hidden units")
    layers: int = Field(4, ge=1, description="rounds of messages")


class _Strings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    letters: int = Field(4, ge=1, description="size of the alphabet")
    length: int = Field(4, ge=1, description="letters a string at most")
    shortest: int = Field(0, ge=0, description="letters before the exit opens; length fixes it")
    growth: Literal["append", "both_ends"] = Field(
        "append", description="letters are added at the end, or at either end"
    )
    width: int = Field(16, ge=1, description="hidden units")
    layers: int = Field(1, ge=1, description="of the network")
    seed: int = Field(0, description="of the initial weights")


class _TinyStrings(_Strings):
    length: int = Field(8, ge=1, description="letters a string at most")
    width: int = Field(128, ge=1, description="hidden units")
    layers: int = Field(2, ge=1, description="of the network")


GRAPHS: dict[str, type[BaseModel]] = {"gflownet/micro": _Graphs, "gflownet/tiny": _TinyGraphs}
STRINGS: dict[str, type[_Strings]] = {
    "gflownet/string/micro": _Strings,
    "gflownet/string": _TinyStrings,
}


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the constructive policy called ``name``: one of GRAPHS or of STRINGS."""
    if name in STRINGS:
        return _strings(parse_config(STRINGS[name], config, "policy"))
    from suite.plugins.policies.gflownet.graph import GraphPolicy

    return GraphPolicy(**parse_config(GRAPHS[name], config, "policy").model_dump())


def _strings(s: _Strings) -> "Policy":
    """A policy of strings.

    Raises:
        SuiteError: the shortest string is longer than the longest.
    """
    from suite.plugins.policies.gflownet.histories import StringSpace
    from suite.plugins.policies.gflownet.string import BothEndsPolicy, TailPolicy

    if s.shortest > s.length:
        raise SuiteError(
            f"policy.shortest is {s.shortest}, and policy.length {s.length}.\n"
            "Set policy.shortest to policy.length for strings of one length, or below it."
        )
    both = s.growth == "both_ends"
    space = StringSpace(letters=s.letters, shortest=s.shortest, longest=s.length, both_ends=both)
    kind = BothEndsPolicy if both else TailPolicy
    return kind(space, width=s.width, layers=s.layers, seed=s.seed)
