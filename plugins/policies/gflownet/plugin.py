"""Hook answers of the constructive policies; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from suite.core.config_model import parse_config
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


SIZES: dict[str, type[BaseModel]] = {"gflownet/micro": _Graphs, "gflownet/tiny": _TinyGraphs}


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the constructive policy called ``name``; the manifest promises one of SIZES."""
    from suite.plugins.policies.gflownet.graph import GraphPolicy

    return GraphPolicy(**parse_config(SIZES[name], config, "policy").model_dump())
