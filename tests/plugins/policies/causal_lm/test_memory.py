"""A large vocabulary is never laid out for all tokens of a batch."""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import LlamaConfig, LlamaForCausalLM

from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.rollout import rollout
from suite.core.scoring import score
from suite.plugins.policies.causal_lm.models import made_tokenizer
from suite.plugins.policies.causal_lm.policy import CausalLM

VOCABULARY, ROWS, STEPS, CHUNK = 150_000, 2, 12, 4


class Largest(TorchDispatchMode):
    """Numbers of the largest tensor that any operation makes, forward or backward."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(made) if isinstance(leaf, Tensor)]
        self.numbers = max([self.numbers, *sizes])
        return made


def large() -> CausalLM:
    tokenizer = made_tokenizer("0123456789")
    shape = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=2,
        intermediate_size=4,
        num_hidden_layers=1,
        num_attention_heads=1,
        max_position_embeddings=32,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    return CausalLM(LlamaForCausalLM(shape), tokenizer, num_steps=STEPS, max_prompt=8)


def largest(policy: CausalLM, rows_a_chunk: int) -> int:
    context = Context(index=torch.arange(ROWS), native=({"prompt": "12"},) * ROWS)
    policy._until_end = lambda row: []  # type: ignore[method-assign,assignment]  # no such letters
    record = rollout(policy, context, Streams(0, 0, "rollout", range(ROWS)))
    assert record.num_steps == STEPS
    with Largest() as seen:
        scores = score(policy, record, entropy=True, rows_a_chunk=rows_a_chunk)
        assert scores.entropy is not None
        (scores.log_prob.sum() + scores.entropy.sum()).backward()
    return seen.numbers


def test_150k_letters_never_stand_in_memory_for_every_token() -> None:
    policy = large()
    assert largest(policy, CHUNK) <= CHUNK * VOCABULARY
    assert largest(policy, ROWS * STEPS) == ROWS * STEPS * VOCABULARY  # what the meter would see
