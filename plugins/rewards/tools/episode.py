"""The shop as an environment of texts: calls are answered, and speech ends the episode.

After tau-bench (Yao et al., arXiv:2406.12045) with one departure: no second model plays the user.
The first turn gives the user's whole instruction, which counts as the consent to what it asks, so
the agent's first turn without a call is its last. So is the hand-over to a human.
"""

from collections.abc import Sequence
from typing import Any

from suite.core.environment import Reply, TextEnvironment, TextEpisode
from suite.plugins.rewards.tools.grammar import Call, CallSyntaxError
from suite.plugins.rewards.tools.items import named
from suite.plugins.rewards.tools.parse import parse
from suite.plugins.rewards.tools.state import StateItem, StateVerifier

LAST_CALL = "transfer_to_human_agents"


class ShopEpisode(TextEpisode):
    """One task on a database of its own; the reward is the verdict of ``tools/state``."""

    def __init__(self, item: StateItem, verifier: StateVerifier) -> None:
        self.item, self.verifier = item, verifier
        self.state = item.shop.world.initial_state()
        self.speech: list[str] = []
        self.failures: list[str] = []

    def reply(self, text: str) -> Reply:
        """What the tools answer; a call that cannot be read is an error and changes nothing."""
        try:
            turn = parse(text, tools=self.item.shop.world.tools)
        except CallSyntaxError as error:
            return Reply(text=f"Error: not a call: {error}")
        self.speech.append(turn.speech)
        if not turn.calls:
            return self._ended()
        answers = self._answers(turn.calls)
        if any(call.name == LAST_CALL for call in turn.calls):
            return self._ended()
        return Reply(text="\n".join(answers))

    def _answers(self, calls: Sequence[Call]) -> list[str]:
        world, answers = self.item.shop.world, []
        for call in calls:
            given = named(call, world.tools.get(call.name))
            if given is None:
                answers.append(f"Error: arguments of '{call.name[:60]}' without names")
                self.failures.append(answers[-1])
                continue
            self.state, observation = world.call(self.state, given.name, given.arguments)
            answers.append(observation.text)
            if observation.failed:
                self.failures.append(f"{call.name}: {observation.text}")
        return answers

    def _ended(self) -> Reply:
        speech = "\n".join(self.speech)
        judged = self.verifier.judge_state(self.state, speech, self.failures, self.item)
        return Reply(reward=judged.score, ended=True)


class ShopEnvironment(TextEnvironment):
    """Tasks of tau-bench's retail rows, side by side.

    Args:
        max_steps: turns of an episode at most.
    """

    def __init__(self, *, max_steps: int = 30) -> None:
        super().__init__(max_steps=max_steps)
        self.verifier = StateVerifier(keep_idle=True)
        self._items: dict[str, StateItem] = {}

    def open(self, asked: Any, seed: int) -> ShopEpisode:
        key = f"{asked.get('database')}/{asked['name']}"
        if key not in self._items:
            self._items[key] = self.verifier.item(asked)
        return ShopEpisode(self._items[key], self.verifier)
