"""The family's hook answers; torch and transformers wait inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.errors import missing_extra
from suite.core.hooks import hookimpl
from suite.plugins.policies.causal_lm.config import PretrainedConfig, SampledConfig, TinyConfig

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
        made = models.tiny(tiny)
        return _policy(tiny, *made, max_prompt=tiny.max_prompt, chat=True, learns_base=True)
    given = parse_config(PretrainedConfig, config, "policy")
    model, tokenizer = models.pretrained(given)
    room = models.context_length(model) - given.num_steps
    return _policy(given, model, tokenizer, max_prompt=room, chat=given.chat, learns_base=False)


def _policy(
    config: SampledConfig,
    model: Any,
    tokenizer: Any,
    *,
    max_prompt: int,
    chat: bool,
    learns_base: bool,
) -> "Policy":
    """The policy of a model: with adapters, and one that ``acts``, where that is asked for."""
    from suite.plugins.policies.causal_lm.policy import CausalLM
    from suite.plugins.policies.causal_lm.turns import TalkingLM

    settings: dict[str, Any] = {
        "num_steps": config.num_steps,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "stop": config.stop,
        "max_prompt": max_prompt,
        "chat": chat,
    }
    talks = config.turns > 1
    if talks:
        settings["turns"] = config.turns
    if config.lora_rank == 0:
        return (TalkingLM if talks else CausalLM)(model, tokenizer, **settings)
    from suite.plugins.policies.causal_lm.lora import AdaptedLM, add_adapters
    from suite.plugins.policies.causal_lm.lora_turns import AdaptedTalker

    lora = add_adapters(
        model,
        rank=config.lora_rank,
        alpha=config.lora_alpha,
        targets=config.lora_targets,
        seed=config.seed,
    )
    kind = AdaptedTalker if talks else AdaptedLM
    return kind(model, tokenizer, lora=lora, whole=learns_base, **settings)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the codec of texts."""
    from suite.plugins.policies.causal_lm.codec import TextCodec

    return TextCodec(**config)
