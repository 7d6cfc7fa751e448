"""A causal language model that talks with an environment: its turns and the answers are one row.

A turn ends with the end token; what the environment answers becomes tokens of the row that the
policy reads and did not decide: their mask is False and their log-probability exactly 0. Drawn
tokens are never tokenised again. In ``decision`` and ``Samples.tokens`` a token that the
environment wrote stands V above its id, so that a record says by itself who wrote what.

Shapes: N rows while sampling, B in a record, K observed, T tokens of an episode, V vocabulary.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from suite.core.distributions import RelaxedTokens
from suite.core.errors import SuiteError
from suite.core.policy import State, where_active
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.causal_lm.policy import CausalLM

NOBODY = -1  # in a script: the policy decides here
ANSWER = "=> "  # how a transcript marks what the environment wrote


class TalkingLM(CausalLM):
    """p(turns | x, answers): the product over the policy's own tokens of all turns.

    Args:
        turns: of an episode at most; an episode also ends where its answers leave no room below
            ``num_steps`` tokens. See ``CausalLM`` for the others.
    """

    capabilities: ClassVar[frozenset[str]] = CausalLM.capabilities | {"acts"}

    def __init__(self, *parts: Any, turns: int, **settings: Any) -> None:
        super().__init__(*parts, **settings)
        if self.stop:
            raise SuiteError(
                f"policy.stop = {list(self.stop)} with policy.turns = {turns}: a turn ends with "
                "the end token alone.\nLeave policy.stop out."
            )
        self.turns = turns
        self.above = int(self.model.get_output_embeddings().weight.shape[0])  # V

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        """``script``: tokens that the environment wrote ahead; ``at``: tokens so far, [N]."""
        state = super().start(context, streams)
        none = torch.zeros(len(context), dtype=torch.long, device=self.device)
        own = {"script": torch.full_like(state["tokens"], NOBODY), "ready": none.bool()}
        return {**state, **own, "at": none, "turn": none, "since": none}

    def decides(self, state: State) -> Tensor:
        return state["active"] & (self._scripted(state, state["at"]) < 0)

    def _scripted(self, state: State, t: Tensor) -> Tensor:
        place = t.clamp_max(self.num_steps - 1).unsqueeze(1)
        return state["script"].gather(1, place).squeeze(1)

    def _kept(self, state: State, t: Tensor, decision: Tensor) -> Tensor:
        """The token of each row as it is recorded, [N]; pad where a row is over."""
        script = self._scripted(state, t)
        kept = torch.where(script >= 0, script + self.above, decision)
        return torch.where(state["active"], kept, torch.full_like(kept, self.pad))

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {"decision": self._kept(state, t, decision)}

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        """The end of a turn is read too: an answer may follow it."""
        assert isinstance(decision, Tensor)
        active, kept = state["active"], self._kept(state, t, decision)
        written = state["tokens"].scatter(1, t.unsqueeze(1), kept.unsqueeze(1))
        ended = active & (kept == self.end)
        out = {
            **state,
            "tokens": where_active(active, written, state["tokens"]),
            "active": active & ~ended & (t + 1 < self.num_steps),
            "ready": ended,
            "at": state["at"] + active,
        }
        if not bool((active & (t + 1 < self.num_steps)).any()):
            return out
        return self.read_on(out, t, kept % self.above, active)

    def emit(self, state: State) -> tuple[Tensor, tuple[str, ...]]:
        """The turns that have just ended, as text, without their end token."""
        columns = (state[key].tolist() for key in ("ready", "tokens", "since", "at"))
        texts = [
            self.tokenizer.decode(row[first : last - 1]) if done else ""
            for done, row, first, last in zip(*columns, strict=True)
        ]
        return state["ready"], tuple(texts)

    def observe(self, state: State, rows: Tensor, observation: Sequence[str]) -> State:
        """Rows go on with an answer where turns and tokens are left for a turn after it."""
        own = {key: state[key].clone() for key in ("script", "active", "turn", "since")}
        for row, text in zip(rows.tolist(), observation, strict=True):
            at = int(state["at"][row])
            if at == 0 and not text:  # the prompt alone is what an episode starts from
                continue
            own["turn"][row] += at > 0
            ids = self.answer_ids(text)
            if int(own["turn"][row]) < self.turns and at + len(ids) < self.num_steps:
                own["script"][row, at : at + len(ids)] = torch.tensor(ids, device=self.device)
                own["since"][row] = at + len(ids)
                own["active"][row] = True
        return {**state, **own}

    def answer_ids(self, text: str) -> list[int]:
        """The tokens between the end of a turn and the next turn: an answer and its end.

        A chat template's own words stand around the answer, where there is a template.
        """
        if not self.chat:
            ids = [*self.tokenizer.encode(text, add_special_tokens=False), self.end]
            self._check_known(text, ids)
            return ids
        between = self._between(text)
        found: list[int] = self.tokenizer.encode(between, add_special_tokens=False)
        return found

    def _between(self, text: str) -> str:
        """What the template writes after an assistant's turn that a tool answers."""
        mark = "\u2402turn\u2402"
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": mark}]
        for role in ("tool", "user"):  # not every template knows tools
            try:
                whole = self.tokenizer.apply_chat_template(
                    [*turns, {"role": role, "content": text}],
                    tokenize=False,
                    add_generation_prompt=True,
                )
            except Exception:  # noqa: BLE001 - templates are programs of others
                continue
            between = str(whole).rpartition(mark)[2]
            if text in between:
                return between.removeprefix(str(self.tokenizer.eos_token))
        raise SuiteError(
            "the chat template of this tokenizer has no place for a tool's answer.\n"
            "Set policy.chat = false, or use a model whose template knows the role 'tool'."
        )

    # --- the record -----------------------------------------------------------------------------

    def texts(self, tokens: Tensor) -> tuple[str, ...]:
        """Transcripts: turns and, marked, the answers to them."""
        return tuple("\n".join(self._parts(row)) for row in tokens.tolist())

    def _parts(self, row: Sequence[int]) -> list[str]:
        """The texts of an episode's turns and answers."""
        parts: list[tuple[bool, list[int]]] = [(False, [])]
        for position, token in enumerate(row):
            written = token >= self.above
            if written != parts[-1][0]:
                parts.append((written, []))
            if not written and token == self.end and not self._goes_on(row, position):
                break
            if token % self.above != self.end:
                parts[-1][1].append(token % self.above)
        return [(ANSWER if by else "") + self.tokenizer.decode(ids) for by, ids in parts]

    def _goes_on(self, row: Sequence[int], position: int) -> bool:
        return position + 1 < len(row) and row[position + 1] >= self.above

    def recorded(self, trajectory: Trajectory) -> tuple[Tensor, Tensor]:
        tokens = trajectory.decisions["decision"]
        return tokens % self.above, trajectory.mask | (tokens >= self.above)

    def encode(self, samples: Samples, context: Context) -> Trajectory:
        """An end token that no answer follows is the last; what follows it is padding."""
        made = super().encode(samples, context)
        tokens = made.decisions["decision"]
        written = tokens >= self.above
        answered = torch.nn.functional.pad(written[:, 1:], (0, 1))
        over = ((tokens == self.end) & ~answered).long()
        mask = ~written & (over.cumsum(dim=1) - over == 0)
        return Trajectory(**{**vars(made), "mask": mask})

    def _tokens_of(self, samples: Samples) -> Tensor:
        """Of demonstrations: a text is one turn; a tuple has turns and answers in turn."""
        assert samples.native is not None
        rows = [self._episode(one) for one in samples.native]
        padded = [row + [self.pad] * (self.num_steps - len(row)) for row in rows]
        return torch.tensor(padded, device=self.device)

    def _episode(self, native: Any) -> list[int]:
        parts = [native] if isinstance(native, str) else list(native)
        row: list[int] = []
        for place, text in enumerate(parts):
            if place % 2:
                row += [token + self.above for token in self.answer_ids(text)]
                continue
            ids = [*self.tokenizer.encode(text, add_special_tokens=False), self.end]
            self._check_known(text, ids)
            row += ids
        if len(row) > self.num_steps:
            raise SuiteError(
                f"a demonstration has {len(row)} tokens with its answers, and policy.num_steps is "
                f"{self.num_steps}: {parts[0][:60]!r}...\nRaise policy.num_steps."
            )
        return row
