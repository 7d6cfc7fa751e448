"""Adapters on a model that talks with an environment: two kinds of policy joined, no new maths."""

from suite.plugins.policies.causal_lm.lora import AdaptedLM, AdaptersOff
from suite.plugins.policies.causal_lm.turns import TalkingLM


class AdaptedTalker(AdaptedLM, TalkingLM):
    """A talking model whose adapters alone train."""

    @classmethod
    def view(cls) -> type[AdaptersOff]:
        return TalkerOff


class TalkerOff(AdaptersOff, TalkingLM):
    """Its reference: the same weights with the adapters off."""

    @classmethod
    def owner(cls) -> type[AdaptedLM]:
        return AdaptedTalker
