"""The DNA domain's hook answers. torch waits inside functions: listing must stay fast."""

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
    """The DNA domain."""
    from suite.core.task import Domain

    return Domain(
        name="dna",
        summary="A sample is a DNA sequence, a token is one of the 4 bases; rewards are "
        "log-probabilities of binding in nats, or E-scores of a binding microarray.",
        default_task="dna/enhancer",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``."""
    return CONTEXTS[name](**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``."""
    return REWARDS[name](**config)


@hookimpl
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build the metric called ``name``."""
    return METRICS[name](**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the codec of base letters."""
    return letters(**config)


def letters() -> "Codec":
    """Sequences as strings of A, C, G and T."""
    from suite.core.alphabet import LetterCodec
    from suite.domains.dna.alphabet import DNA

    return LetterCodec(DNA)


def enhancers(**config: Any) -> "Contexts":
    """Background DNA with a few binding sites."""
    from suite.domains.dna.enhancer import EnhancerContexts

    return EnhancerContexts(**config)


def weak_binders(**config: Any) -> "Contexts":
    """8-mers of the weaker half."""
    from suite.domains.dna.tfbind8 import WeakBinders

    return WeakBinders(**config)


def occupancy(**config: Any) -> "Reward":
    """Mean log-occupancy of chosen factors."""
    from suite.domains.dna.enhancer import EnhancerReward

    return EnhancerReward(**config)


def binding(**config: Any) -> "Reward":
    """Measured E-score."""
    from suite.domains.dna.tfbind8 import BindingReward

    return BindingReward(**config)


def enhancer_statistics(**config: Any) -> "Metric":
    """GC, diversity, words."""
    from suite.domains.dna.metrics import EnhancerStatistics

    return EnhancerStatistics(**config)


def binding_optimum(**config: Any) -> "Metric":
    """Regret to the best 8-mer."""
    from suite.domains.dna.tfbind8 import BindingOptimum

    return BindingOptimum(**config)


CONTEXTS: dict[str, Callable[..., "Contexts"]] = {
    "dna/enhancers": enhancers,
    "dna/weak_binders": weak_binders,
}
REWARDS: dict[str, Callable[..., "Reward"]] = {
    "dna/occupancy": occupancy,
    "dna/tfbind8": binding,
}
METRICS: dict[str, Callable[..., "Metric"]] = {
    "dna/enhancer_statistics": enhancer_statistics,
    "dna/tfbind8_optimum": binding_optimum,
}
