"""A causal language model as a policy: a decision is a token, a sample is the answer's text.

Answers are recorded as the tokens that were drawn and never tokenised again. Prompts come from
``context.native[i]["prompt"]``, after ``["system"]`` where there is one, padded on the left.

Shapes: B samples or N rows, P tokens of the longest prompt, T of an answer, S steps, H hidden
units, K layers.
"""

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import DynamicCache

from suite.core.distributions import Categorical, LazyCategorical, RelaxedTokens, StepDistribution
from suite.core.errors import SuiteError
from suite.core.policy import Policy, State, where_active
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.causal_lm.cache import on_buffer, with_room
from suite.plugins.policies.causal_lm.sampling import Nucleus, has_stop, length_at_stop

IDS, SHOWN = "causal_lm/ids", "causal_lm/shown"


class CausalLM(Policy):
    """p(y | x) = prod_t p(y_t | x, y_<t) at one temperature, y up to and with its end token.

    Args:
        model: a causal language model of transformers; tokenizer: its own, with pad and end tokens.
        num_steps: T, tokens of an answer at most; max_prompt: P at most.
        temperature: of the policy's law, everywhere: sampling, scores and likelihoods.
        chat: put prompts into the tokenizer's chat template, where it has one.
        top_p: draw from the nucleus; scores stay those of the whole law.
        stop: texts that end an answer at the token that completes one.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"samples", "scores", "likelihood", "value"})
    replays_whole: ClassVar[bool] = True
    refills: ClassVar[bool] = True

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        num_steps: int,
        max_prompt: int,
        temperature: float = 1.0,
        chat: bool = True,
        top_p: float = 1.0,
        stop: Sequence[str] = (),
    ) -> None:
        super().__init__()
        if max_prompt < 1:
            raise SuiteError(
                f"policy.num_steps = {num_steps} leaves no room for a prompt: the model reads "
                f"{max_prompt + num_steps} tokens.\nUse fewer."
            )
        self.model, self.tokenizer = model, tokenizer
        self.cache_name = cache_name(model.base_model)
        self.num_steps, self.max_prompt, self.temperature = num_steps, max_prompt, temperature
        self.chat = chat and getattr(tokenizer, "chat_template", None) is not None
        self.top_p, self.stop = top_p, tuple(stop)
        self.end, self.pad = int(tokenizer.eos_token_id), int(tokenizer.pad_token_id)

    # --- prompts --------------------------------------------------------------------------------

    def condition(self, context: Context) -> State:
        """The prompts' tokens, [N, P] long, and which of them are no padding, [N, P] bool."""
        if IDS in context.data:
            return {IDS: context.data[IDS], SHOWN: context.data[SHOWN]}
        ids = [self._prompt_ids(*row) for row in _prompts(context)]
        width = max(map(len, ids))
        padded = [[self.pad] * (width - len(one)) + one for one in ids]
        shown = [[False] * (width - len(one)) + [True] * len(one) for one in ids]
        return {
            IDS: torch.tensor(padded, device=self.device),
            SHOWN: torch.tensor(shown, device=self.device),
        }

    def _prompt_ids(self, prompt: str, system: str = "") -> list[int]:
        if system and not self.chat:
            prompt = f"{system}\n\n{prompt}"
        if self.chat:
            turns = [{"role": "system", "content": system}] if system else []
            turns = [*turns, {"role": "user", "content": prompt}]
            prompt = self.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True
            )
        ids: list[int] = self.tokenizer.encode(prompt, add_special_tokens=not self.chat)
        self._check_known(prompt, ids)
        if not ids:
            raise SuiteError("a prompt is empty, and a language model goes on from something.")
        if len(ids) > self.max_prompt:
            raise SuiteError(
                f"a prompt has {len(ids)} tokens, and {self.max_prompt} fit beside an answer of "
                f"{self.num_steps}: {prompt[:60]!r}...\n"
                "Shorten it, lower policy.num_steps, or use a model with a longer context."
            )
        return ids

    def _check_known(self, text: str, ids: Sequence[int]) -> None:
        """Characters that a tokenizer made here does not know would be lost without a word."""
        if self.tokenizer.unk_token_id is not None and self.tokenizer.unk_token_id in ids:
            raise SuiteError(
                f"the tokenizer does not know a character of {text[:60]!r}.\n"
                "Add it to policy.alphabet, or name a model whose tokenizer reads it."
            )

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        """Each different prompt is read once; its rows share what it left in the cache."""
        asked = self.condition(context)
        ids, shown = asked[IDS], asked[SHOWN]
        _, rows = torch.unique(torch.cat([ids, shown.long()], 1), dim=0, return_inverse=True)
        first = torch.stack([(rows == i).nonzero()[0, 0] for i in range(int(rows.max()) + 1)])
        past = DynamicCache()
        hidden = self._read(ids[first], shown[first], past)
        room = torch.nn.functional.pad(shown, (0, self.num_steps))
        blank = torch.full((len(ids), self.num_steps), self.pad, device=ids.device)
        return {
            "tokens": blank,
            "active": torch.ones(len(ids), dtype=torch.bool, device=ids.device),
            "shown": room,
            "hidden": hidden[:, -1].index_select(0, rows),
            "cache": with_room(past, rows, room.shape[1]),
        }

    def _read(self, ids: Tensor, shown: Tensor, past: DynamicCache) -> Tensor:
        """Hidden states of ``ids`` [N, L] after what ``past`` holds, which then holds them too.

        ``shown`` [N, past + L]: which tokens count.
        """
        places = (shown.long().cumsum(dim=1) - 1).clamp_min(0)
        output = self._trunk(
            input_ids=ids,
            attention_mask=shown.long(),
            position_ids=places[:, -ids.shape[1] :],
            use_cache=True,
            **{self.cache_name: past},
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def read_on(self, state: State, t: Tensor, token: Tensor, counts: Tensor) -> State:
        """``state`` after token ``t`` of each row, all [N], was read; ``counts``: not padding."""
        places = state["shown"].shape[1] - self.num_steps + t
        shown = state["shown"].scatter(1, places.unsqueeze(1), counts.unsqueeze(1))
        first, last = (int(place) for place in places.aminmax())
        end = last + 1
        past = on_buffer(state["cache"], last if first == last else places, end)
        hidden = self._read(token.unsqueeze(1), shown[:, :end], past)
        return {**state, "shown": shown, "hidden": hidden[:, -1]}

    def refill(self, state: State, slots: Tensor, fresh: State) -> State:
        """The buffer, by far the largest part of a state, is written in place."""
        state["cache"].index_copy_(0, slots, fresh["cache"])
        rest = {key: value for key, value in state.items() if key != "cache"}
        return {**super().refill(rest, slots, fresh), "cache": state["cache"]}

    def _trunk(self, **inputs: Any) -> Any:
        """One pass of the model below its head."""
        return self.model.base_model(**inputs)

    def step(self, state: State, t: Tensor) -> StepDistribution:
        logits = self._head(state["hidden"])  # one step of N rows: made once, [N, V]
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return Categorical(logits) if self.top_p == 1 else Nucleus(logits, self.top_p)

    def _head(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.model.get_output_embeddings()(hidden)
        return logits / self.temperature

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        active = state["active"]
        written = state["tokens"].scatter(1, t.unsqueeze(1), decision.unsqueeze(1))
        tokens = where_active(active, written, state["tokens"])
        going = active & (decision != self.end) & (t + 1 < self.num_steps)
        if self.stop:
            going = going & ~self._stopped(tokens, t, going)
        out = {**state, "tokens": tokens, "active": going}
        if not bool(going.any()):
            return out
        token = torch.where(active, decision, torch.full_like(decision, self.pad))
        return self.read_on(out, t, token, active)

    def _stopped(self, tokens: Tensor, t: Tensor, rows: Tensor) -> Tensor:
        """Which of ``rows`` [N] bool hold a stop text in their first t + 1 tokens, [N] bool."""
        found = torch.zeros_like(rows)
        for row in rows.nonzero().squeeze(-1).tolist():
            text = self.tokenizer.decode(tokens[row, : int(t[row]) + 1])
            found[row] = has_stop(text, self.stop)
        return found

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {"decision": decision.masked_fill(~state["active"], 0)}

    def finish(self, state: State) -> Samples:
        return Samples(tokens=state["tokens"], native=self.texts(state["tokens"]))

    def texts(self, tokens: Tensor) -> tuple[str, ...]:
        """Answers as text, up to their end token or with their stop text."""
        return tuple(self.tokenizer.decode(self._until_end(row)) for row in tokens.tolist())

    def _until_end(self, row: Sequence[int]) -> list[int]:
        kept = list(row)
        kept = kept[: kept.index(self.end)] if self.end in kept else kept
        return kept[: self._length(kept)] if self.stop else kept

    def _length(self, ids: Sequence[int]) -> int:
        return length_at_stop(self.tokenizer.decode, ids, self.stop)

    # --- the record -----------------------------------------------------------------------------

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        tokens, _ = self.recorded(trajectory)
        steps = torch.arange(tokens.shape[1], device=tokens.device) if steps is None else steps
        hidden = self._hidden(trajectory)[:, :-1]
        return LazyCategorical(hidden[:, steps], self._head), tokens[:, steps]

    def recorded(self, trajectory: Trajectory) -> tuple[Tensor, Tensor]:
        """The tokens of a record, [B, T], and which of them were read, [B, T] bool."""
        return trajectory.decisions["decision"], trajectory.mask

    def _hidden(self, trajectory: Trajectory) -> Tensor:
        """Hidden states before each token of the answer and after the last, [B, T + 1, H].

        The model reads no further than the longest answer; states beyond are zeros.
        """
        asked = self.condition(trajectory.context)
        tokens, read = self.recorded(trajectory)
        longest = int(read.any(dim=0).sum())
        ids = torch.cat([asked[IDS], tokens[:, :longest]], dim=1)
        shown = torch.cat([asked[SHOWN], read[:, :longest]], dim=1)
        output = self._trunk(
            input_ids=ids,
            attention_mask=shown.long(),
            position_ids=(shown.long().cumsum(dim=1) - 1).clamp_min(0),
            use_cache=False,
        )
        hidden: Tensor = output.last_hidden_state[:, asked[IDS].shape[1] - 1 :]
        return torch.nn.functional.pad(hidden, (0, 0, 0, tokens.shape[1] - longest))

    def encode(self, samples: Samples, context: Context) -> Trajectory:
        """The tokens of answers: those that were drawn, or a demonstration's text."""
        tokens = samples.tokens if samples.tokens is not None else self._tokens_of(samples)
        # Up to and with the first end; an answer without one was cut, and has num_steps tokens.
        ended = (tokens == self.end).long().cumsum(dim=1)
        mask = (ended == 0) | ((ended == 1) & (tokens == self.end))
        if self.stop:
            lengths = torch.tensor([self._length(row) for row in tokens.tolist()])
            places = torch.arange(tokens.shape[1], device=tokens.device)
            mask &= places < lengths.to(tokens.device).unsqueeze(1)
        return Trajectory(
            context=context,
            sample=samples,
            decisions={"decision": tokens},
            mask=mask,
            log_prob=torch.zeros(tokens.shape, device=tokens.device),
            group=torch.arange(len(tokens), device=tokens.device),
            seed_index=torch.arange(len(tokens), device=tokens.device),
        )

    def _tokens_of(self, samples: Samples) -> Tensor:
        assert samples.native is not None
        rows = []
        for text in samples.native:
            ids = [*self.tokenizer.encode(str(text), add_special_tokens=False), self.end]
            self._check_known(str(text), ids)
            if len(ids) > self.num_steps:
                raise SuiteError(
                    f"a demonstration has {len(ids)} tokens with its end, and policy.num_steps is "
                    f"{self.num_steps}: {str(text)[:60]!r}...\nRaise policy.num_steps."
                )
            rows.append(ids + [self.pad] * (self.num_steps - len(ids)))
        return torch.tensor(rows, device=self.device)

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        trajectory = self.encode(samples, context)
        law, decision = self.replay(trajectory)
        return -law.log_prob(decision).masked_fill(~trajectory.mask, 0.0).sum(dim=1)

    # --- value ----------------------------------------------------------------------------------

    @property
    def num_features(self) -> int:
        return int(self.model.config.hidden_size)

    def features(self, trajectory: Trajectory) -> Tensor:
        with torch.no_grad():
            return self._hidden(trajectory).float()

    # --- files ----------------------------------------------------------------------------------

    def save(self, folder: Path, *, name: str, settings: Mapping[str, Any]) -> None:
        """The suite's own two files, and beside them ``transformers/`` for everybody else."""
        super().save(folder, name=name, settings=settings)
        self.model.save_pretrained(folder / "transformers")
        self.tokenizer.save_pretrained(folder / "transformers")


def cache_name(trunk: Any) -> str:
    """The argument by which ``trunk`` takes its cache: transformers 5.24 renamed it for most."""
    return "cache" if "cache" in inspect.signature(trunk.forward).parameters else "past_key_values"


def _prompts(context: Context) -> list[tuple[str, str]]:
    """The prompt of each row, and what the system says before it."""
    rows = context.native
    if rows is None or not all(isinstance(row, Mapping) and "prompt" in row for row in rows):
        raise SuiteError(
            "a language model answers prompts, and this task's contexts have none.\n"
            'Use contexts whose native rows are mappings with a "prompt".'
        )
    return [(str(row["prompt"]), str(row.get("system", ""))) for row in rows]
