"""The protein domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.metric import Codec, Metric
    from suite.core.reward import Reward
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The protein domain."""
    from suite.core.task import Domain

    return Domain(
        name="protein",
        summary="A sample is a sequence, a token is one of the 20 amino acids; rewards are in kT "
        "or kcal/mol a residue, elementary charges, or an assay's own unit.",
        default_task="protein/bundle",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the protein contexts called ``name``."""
    return CONTEXTS[name](**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``; the manifest promises that it is one of REWARDS."""
    return REWARDS[name](**config)


@hookimpl
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build the metric called ``name``."""
    return METRICS[name](**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the codec of one-letter codes."""
    from suite.domains.protein.codec import protein_codec

    return protein_codec(**config)


def bundles(**config: Any) -> "Contexts":
    """Designed helical bundles."""
    from suite.domains.protein.contexts import bundle_contexts

    return bundle_contexts(**config)


def bundle_design(**config: Any) -> "Reward":
    """The training reward of the embedded default."""
    from suite.domains.protein.reward import BundleDesign

    return BundleDesign(**config)


def charge_distance(**config: Any) -> "Reward":
    """Distance of the net charge to a target."""
    from suite.domains.protein.reward import ChargeDistance

    return ChargeDistance(**config)


def stability(**config: Any) -> "Reward":
    """The held-out reward of the embedded default."""
    from suite.domains.protein.stability import StabilityReward

    return StabilityReward(**config)


def design_statistics(**config: Any) -> "Metric":
    """What a biologist would look at."""
    from suite.domains.protein.metrics import DesignStatistics

    return DesignStatistics(**config)


def gb1_variants(**config: Any) -> "Contexts":
    """The measured variants."""
    from suite.domains.protein.gb1_task import Gb1Contexts

    return Gb1Contexts(**config)


def gb1_oracle(**config: Any) -> "Reward":
    """An oracle of half of the measured variants."""
    from suite.domains.protein.gb1_task import gb1_oracle as build

    return build(**config)


def gb1_measured(**config: Any) -> "Metric":
    """What the assay says."""
    from suite.domains.protein.gb1_task import MeasuredFitness

    return MeasuredFitness(**config)


CONTEXTS: dict[str, Callable[..., "Contexts"]] = {
    "protein/bundles": bundles,
    "protein/gb1_variants": gb1_variants,
}
REWARDS: dict[str, Callable[..., "Reward"]] = {
    "protein/bundle_design": bundle_design,
    "protein/charge_distance": charge_distance,
    "protein/gb1_oracle": gb1_oracle,
    "protein/stability": stability,
}
METRICS: dict[str, Callable[..., "Metric"]] = {
    "protein/design_statistics": design_statistics,
    "protein/gb1_measured": gb1_measured,
}
