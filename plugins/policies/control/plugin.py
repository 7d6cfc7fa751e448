"""Hook answers of the control policies; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from suite.core.config_model import parse_config
from suite.core.errors import SuiteError
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.policy import Policy


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    head: Literal["categorical", "gaussian", "flow", "diffusion"] = Field(
        "flow", description="how an action is made"
    )
    observation: int = Field(3, ge=1, description="size of an observation")
    actions: int = Field(1, ge=1, description="number of actions, or size of a continuous one")
    continuous: bool | None = Field(None, description="what the head must be; null is any")
    chunk: int = Field(1, ge=1, description="actions executed before the next look")
    turns: int = Field(16, ge=1, description="looks an episode at most")
    num_flow_steps: int = Field(4, ge=1, description="steps from noise to action")
    noise_low: float = Field(0.08, gt=0, description="least std of a flow step, and of a denoising")
    noise_high: float = Field(0.2, gt=0, description="largest std of a flow step")
    weights: Literal["flat", "bound"] = Field(
        "flat", description="of denoising steps in cloning: all alike, or those of the bound"
    )
    mean: tuple[float, ...] | None = Field(None, description="of observations; null is 0")
    std: tuple[float, ...] | None = Field(None, description="of observations; null is 1")
    width: int = Field(64, ge=1, description="hidden units")
    seed: int = Field(0, description="of the initial weights")


class _Micro(_Settings):
    width: int = Field(32, ge=1, description="hidden units")


def _check(s: _Settings) -> None:
    """Refuse settings that contradict each other.

    Raises:
        SuiteError: a categorical head with chunks or for a continuous space, or the reverse;
            statistics of another length than an observation.
    """
    categorical = s.head == "categorical"
    if s.continuous is not None and s.continuous == categorical:
        kind = "continuous" if s.continuous else "discrete"
        fits = "gaussian, flow, diffusion" if s.continuous else "categorical"
        raise SuiteError(
            f"policy.head = '{s.head}' cannot serve a {kind} action space.\n"
            f"Set policy.head to one of: {fits}."
        )
    if categorical and s.chunk > 1:
        raise SuiteError(
            f"policy.chunk is {s.chunk}, and a categorical head makes one action at a time.\n"
            "Set policy.chunk = 1, or choose another policy.head."
        )
    for name in ("mean", "std"):
        given = getattr(s, name)
        if given is not None and len(given) != s.observation:
            raise SuiteError(
                f"policy.{name} has {len(given)} numbers, and an observation {s.observation}.\n"
                f"Give one number for each, or leave policy.{name} out."
            )


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build a control policy of one of the two sizes."""
    from suite.plugins.policies.control.chain import DiffusionPolicy, FlowPolicy
    from suite.plugins.policies.control.policy import CategoricalActor, GaussianActor, Sizes

    s = parse_config(_Micro if name == "control/micro" else _Settings, config, "policy")
    _check(s)
    shared = ("observation", "actions", "chunk", "turns", "width", "seed", "mean", "std")
    sizes = Sizes(**{key: getattr(s, key) for key in shared})
    if s.head == "categorical":
        return CategoricalActor(sizes)
    if s.head == "gaussian":
        return GaussianActor(sizes)
    steps = s.num_flow_steps
    if s.head == "flow":
        return FlowPolicy(sizes, num_flow_steps=steps, low=s.noise_low, high=s.noise_high)
    flat = s.weights == "flat"
    return DiffusionPolicy(sizes, num_flow_steps=steps, floor=s.noise_low, flat=flat)
