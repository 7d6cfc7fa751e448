"""The molecule domain's hook answers. rdkit and torch wait inside functions."""

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
    """The molecule domain."""
    from suite.core.task import Domain

    return Domain(
        name="molecule",
        summary="A sample is a small molecule; a token is an atom's element or a bond's order "
        "(graphs), or a symbol of a SMILES string. Rewards are desirabilities from 0 to 1.",
        default_task="molecule/druglike",
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
    """Build the codec called ``name``."""
    return CODECS[name](**config)


def made(**config: Any) -> "Contexts":
    """Molecules made by rule."""
    from suite.domains.molecule.contexts import MadeMolecules

    return MadeMolecules(**config)


def smiles_strings(**config: Any) -> "Contexts":
    """SMILES of a file, or of molecules made by rule."""
    from suite.domains.molecule.strings import SmilesStrings

    return SmilesStrings(**config)


def scratch(**config: Any) -> "Contexts":
    """Nothing to learn from."""
    from suite.core.contexts import Unconditioned

    return Unconditioned(**config)


def desirability(**config: Any) -> "Reward":
    """The geometric mean of named parts."""
    from suite.domains.molecule.reward import Desirability

    return Desirability(**config)


def one_part(part: str) -> "Callable[..., Reward]":
    """A reward of one desirability alone."""

    def build(**config: Any) -> "Reward":
        return desirability(parts=(part,), **config)

    return build


def graphs(**config: Any) -> "Codec":
    """SMILES to graphs and back."""
    from suite.domains.molecule.chemistry import GraphCodec

    return GraphCodec(**config)


def made_statistics(max_nodes: int = 12, num_known: int = 4_000) -> "Metric":
    """Statistics of graphs; novel is what the rule has not made."""
    from suite.domains.molecule.corpus import made_molecules
    from suite.domains.molecule.metrics import MoleculeStatistics

    known = frozenset(made_molecules(0, num_known, max_nodes))
    return MoleculeStatistics(codec=graphs(max_nodes=max_nodes), known=known)


def smiles(**config: Any) -> "Codec":
    """SMILES to symbols and back."""
    from suite.domains.molecule.smiles import SmilesCodec

    return SmilesCodec(**config)


def string_statistics(length: int = 64, data: str | None = None) -> "Metric":
    """Statistics of SMILES strings; novel is what the file, or the rule, does not hold."""
    from suite.domains.molecule.metrics import MoleculeStatistics
    from suite.domains.molecule.strings import corpus

    return MoleculeStatistics(codec=smiles(length=length), known=frozenset(corpus(data)))


CONTEXTS: dict[str, Callable[..., "Contexts"]] = {
    "molecule/made": made,
    "molecule/scratch": scratch,
    "molecule/strings": smiles_strings,
}
REWARDS: dict[str, Callable[..., "Reward"]] = {
    "molecule/desirability": desirability,
    "molecule/qed": one_part("qed"),
    "molecule/accessibility": one_part("accessibility"),
    "molecule/logp": one_part("logp"),
    "molecule/alerts": one_part("alerts"),
}
METRICS: dict[str, Callable[..., "Metric"]] = {
    "molecule/made_statistics": made_statistics,
    "molecule/string_statistics": string_statistics,
}
CODECS: dict[str, Callable[..., "Codec"]] = {
    "molecule/graphs": graphs,
    "molecule/smiles": smiles,
}
