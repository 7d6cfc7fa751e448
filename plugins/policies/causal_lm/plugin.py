"""The family's hook answers; torch and transformers wait inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.errors import missing_extra
from suite.core.hooks import hookimpl
from suite.plugins.policies.causal_lm.config import PretrainedConfig, TinyConfig

if TYPE_CHECKING:
    from suite.core.metric import Codec
    from suite.core.policy import Policy

SIZES: dict[str, dict[str, Any]] = {
    "causal_lm/tiny": {},
    "causal_lm/micro": {"width": 12, "layers": 1, "heads": 2, "alphabet": "0123456789+-=#. "},
}


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the policy called ``name``; the manifest promises that it is known."""
    try:
        return _make(name, config)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("transformers", "tokenizers"):
            raise
        raise missing_extra("transformers", "text", needed_by=f"the policy '{name}'") from error


def _make(name: str, config: Mapping[str, Any]) -> "Policy":
    from suite.plugins.policies.causal_lm import models

    if name in SIZES:
        tiny = parse_config(TinyConfig, {**SIZES[name], **config}, "policy")
        return _policy(
            tiny.turns,
            *models.tiny(tiny),
            num_steps=tiny.num_steps,
            temperature=tiny.temperature,
            max_prompt=tiny.max_prompt,
        )
    given = parse_config(PretrainedConfig, config, "policy")
    model, tokenizer = models.pretrained(given)
    return _policy(
        given.turns,
        model,
        tokenizer,
        num_steps=given.num_steps,
        temperature=given.temperature,
        max_prompt=models.context_length(model) - given.num_steps,
        chat=given.chat,
    )


def _policy(turns: int, *parts: Any, **settings: Any) -> "Policy":
    """One that answers in one turn, or one that ``acts``."""
    from suite.plugins.policies.causal_lm.policy import CausalLM
    from suite.plugins.policies.causal_lm.turns import TalkingLM

    if turns == 1:
        return CausalLM(*parts, **settings)
    return TalkingLM(*parts, **settings, turns=turns)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the codec of texts."""
    from suite.plugins.policies.causal_lm.codec import TextCodec

    return TextCodec(**config)
