"""Models and tokenizers: made in memory, or loaded as transformers loads them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from suite.core.errors import SuiteError
from suite.plugins.policies.causal_lm.config import PretrainedConfig, TinyConfig

PAD, END, UNKNOWN = "<pad>", "<end>", "<unknown>"
LONGEST = 1 << 20  # a tokenizer without a limit says a number beyond this


def made_tokenizer(alphabet: str, words: Sequence[str] = ()) -> PreTrainedTokenizerFast:
    """A tokenizer of words and, where none fits, single characters, built in memory.

    Where several words fit, the longest does.

    Raises:
        SuiteError: a character or a word is listed twice.
    """
    listed = [*alphabet, *words]
    if len(set(listed)) < len(listed):
        twice = next(c for i, c in enumerate(listed) if c in listed[:i])
        raise SuiteError(
            f"policy.alphabet and policy.words hold {twice!r} twice; list each token once."
        )
    vocabulary = {token: i for i, token in enumerate([PAD, END, UNKNOWN, *listed])}
    backend = Tokenizer(WordLevel(vocabulary, unk_token=UNKNOWN))
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join([*map(_literal, longest_first), r"[\s\S]"])
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    backend.decoder = decoders.Fuse()
    make: Any = PreTrainedTokenizerFast  # transformers has no annotations here
    tokenizer: PreTrainedTokenizerFast = make(
        tokenizer_object=backend,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )
    return tokenizer


def _literal(word: str) -> str:
    """A word as a pattern that matches it alone."""
    return "".join(rf"\x{{{ord(character):x}}}" for character in word)


def tiny(config: TinyConfig) -> tuple[Any, Any]:
    """A Llama with random weights, and its tokenizer.

    Raises:
        SuiteError: the heads do not divide the width evenly.
    """
    if config.width % (2 * config.heads):
        raise SuiteError(
            f"policy.width = {config.width} does not fit policy.heads = {config.heads}: each head "
            "needs an even share of it.\nUse a width that is a multiple of twice the heads."
        )
    tokenizer = made_tokenizer(config.alphabet, config.words)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=config.width,
        intermediate_size=2 * config.width,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        max_position_embeddings=config.max_prompt + config.num_steps,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = LlamaForCausalLM(shape)
    return model, tokenizer


def pretrained(config: PretrainedConfig) -> tuple[Any, Any]:
    """A model and its tokenizer from a folder, or by id from the hub's cache.

    Raises:
        SuiteError: nothing is there, it is no causal language model, or the tokenizer names no
            end token.
    """
    folder = Path(config.model)
    if folder.is_dir():
        _check_folder(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(config.model)
        model = AutoModelForCausalLM.from_pretrained(
            config.model, dtype=getattr(torch, config.dtype)
        )
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().partition("\n")[0]
        raise SuiteError(
            f"policy.model = '{config.model}' cannot be loaded as a causal language model: "
            f"{first}\n"
            "Give a folder with config.json, weights and a tokenizer, or an id that transformers "
            "can reach."
        ) from error
    if tokenizer.eos_token_id is None:
        raise SuiteError(
            f"the tokenizer of '{config.model}' names no end token, so no answer would ever end.\n"
            "Set eos_token in its tokenizer_config.json."
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


OTHER_KINDS = ("MaskedLM", "Classification", "QuestionAnswering", "MultipleChoice")


def _check_folder(folder: Path) -> None:
    if (folder / "model_index.json").is_file():
        raise SuiteError(
            f"policy.model = '{folder}' is a pipeline of diffusers, not a language model.\n"
            "Name the folder of a causal language model."
        )
    if not (folder / "config.json").is_file():
        raise SuiteError(
            f"policy.model = '{folder}' holds no model: it has no config.json.\n"
            "Name a folder that `save_pretrained` wrote."
        )
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("*.bin")):
        raise SuiteError(
            f"policy.model = '{folder}' has a config.json and no weights (*.safetensors).\n"
            "Copy the folder whole, or name another one."
        )
    _check_kind(folder)


def _check_kind(folder: Path) -> None:
    """Raise for a model of another kind: transformers would load it with a head of noise."""
    try:
        kinds = json.loads((folder / "config.json").read_text()).get("architectures") or []
    except (ValueError, AttributeError):
        return  # transformers says what is wrong with the file
    if kinds and all(str(kind).endswith(OTHER_KINDS) for kind in kinds):
        raise SuiteError(
            f"policy.model = '{folder}' cannot be loaded as a causal language model: it is a "
            f"{kinds[0]}.\nName the folder of a causal language model (...ForCausalLM)."
        )


def context_length(model: Any) -> int:
    """Tokens that the model can read at once."""
    return int(getattr(model.config, "max_position_embeddings", LONGEST))
