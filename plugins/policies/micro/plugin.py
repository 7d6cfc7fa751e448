"""Hook answers of the micro policies; torch waits inside functions."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.policy import Policy


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, description="of the initial weights")
    width: int = Field(32, ge=1, description="hidden units")


class _Strings(_Settings):
    length: int = Field(4, ge=1, description="letters a string")
    letters: int = Field(4, ge=2, description="size of the alphabet")
    network: str = Field("mlp", pattern="^(mlp|tabular)$", description="mlp or tabular")


class _Unmasking(_Strings):
    num_steps: int = Field(4, ge=1, description="unmasking steps")


class _Gaussian(_Settings):
    num_steps: int = Field(8, ge=2, description="denoising steps")


class _Actor(_Settings):
    observation: int = Field(4, ge=1, description="size of an observation")
    actions: int = Field(2, ge=1, description="number of actions, or size of a continuous one")
    continuous: bool = Field(False, description="Gaussian actions")
    num_steps: int = Field(64, ge=1, description="steps after which an episode is cut")


def _token(config: Mapping[str, Any]) -> "Policy":
    from suite.plugins.policies.micro.token import TokenPolicy

    return TokenPolicy(**parse_config(_Strings, config, "policy").model_dump())


def _gaussian(config: Mapping[str, Any]) -> "Policy":
    from suite.plugins.policies.micro.gaussian import GaussianPolicy

    return GaussianPolicy(**parse_config(_Gaussian, config, "policy").model_dump())


def _unmasking(config: Mapping[str, Any]) -> "Policy":
    from suite.plugins.policies.micro.unmasking import UnmaskingPolicy

    return UnmaskingPolicy(**parse_config(_Unmasking, config, "policy").model_dump())


def _actor(config: Mapping[str, Any]) -> "Policy":
    from suite.plugins.policies.micro.actor import ActorPolicy

    return ActorPolicy(**parse_config(_Actor, config, "policy").model_dump())


def _gflownet(config: Mapping[str, Any]) -> "Policy":
    from suite.plugins.policies.micro.gflownet import GFlowNetPolicy

    return GFlowNetPolicy(**parse_config(_Strings, config, "policy").model_dump())


POLICIES: dict[str, Callable[[Mapping[str, Any]], "Policy"]] = {
    "micro/token": _token,
    "micro/gaussian": _gaussian,
    "micro/unmasking": _unmasking,
    "micro/actor": _actor,
    "micro/gflownet": _gflownet,
}


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the micro policy called ``name``; the manifest promises that it is one of POLICIES."""
    return POLICIES[name](config)
