"""How strings are made letter by letter, at the end or at either end.

An action is a letter to append (v), the exit (V), or a letter to prepend (V + 1 + v). Appending
alone makes every string in one way: the states are a tree and the backward law is 1. With both
ends, a string of n letters loses its first or its last one, either as likely as the other, so that
each of its 2^(n - 1) histories has the same chance. Where both removals lead to one string (all
letters equal), they are two edges all the same: they undo two actions.

Shapes: B strings, L letters at most, T = L + 1 actions, V letters. Strings are padded with V.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class StringSpace:
    """Strings of ``shortest`` to ``longest`` of V letters; ``both_ends``: made at either end.

    Attributes:
        exit: id of the action that says that a string is done, and of padding: V.
    """

    letters: int
    shortest: int
    longest: int
    both_ends: bool

    @property
    def exit(self) -> int:
        return self.letters

    @property
    def num_actions(self) -> int:
        return (2 if self.both_ends else 1) * self.letters + 1

    def legal(self, length: Tensor) -> Tensor:
        """Actions that a string of ``length`` [...] letters allows, [..., num_actions] bool."""
        action = torch.arange(self.num_actions, device=length.device)
        size = length.unsqueeze(-1)
        leaves = (action == self.exit) & (size >= self.shortest)
        grows = (action != self.exit) & (size < self.longest)
        # The first letter is appended: prepending it would be a second way to one string.
        return leaves | (grows & ~((action > self.exit) & (size == 0)))

    def lengths(self, actions: Tensor) -> Tensor:
        """Letters before each action and after the last, [B, T + 1]."""
        grown = (actions != self.exit).long().cumsum(dim=1)
        return torch.nn.functional.pad(grown, (1, 0))

    def grow(self, strings: Tensor, length: Tensor, action: Tensor) -> Tensor:
        """Strings [B, L] after one action [B] each; ``length`` [B] is that before it."""
        place = length.clamp_max(self.longest - 1).unsqueeze(1)
        appended = strings.scatter(1, place, action.clamp_max(self.exit).unsqueeze(1))
        first = (action - self.exit - 1).clamp_min(0).unsqueeze(1)
        prepended = torch.cat([first, strings[:, :-1]], dim=1)
        after = torch.where((action > self.exit).unsqueeze(1), prepended, appended)
        return torch.where((action == self.exit).unsqueeze(1), strings, after)

    def states(self, actions: Tensor) -> Tensor:
        """The strings before each action and after the last, [B, T + 1, L]."""
        shape = (len(actions), self.longest)
        strings = torch.full(shape, self.exit, dtype=torch.long, device=actions.device)
        every, length = [strings], self.lengths(actions)
        for step, action in enumerate(actions.unbind(dim=1)):
            strings = self.grow(strings, length[:, step], action)
            every.append(strings)
        return torch.stack(every, dim=1)

    def log_backward(self, actions: Tensor) -> Tensor:
        """log of the chance of undoing each action, [B, T], nats; 0 for the exit."""
        before = self.lengths(actions)[:, :-1]
        halved = (actions != self.exit) & (before > 0) & self.both_ends
        return halved * -math.log(2.0)

    def histories(self, strings: Tensor, chances: Tensor) -> Tensor:
        """Actions [B, T] that make finished strings [B, L], drawn from the backward law.

        Args:
            strings: padded with V.
            chances: uniform on (0, 1), [B, L]: which end loses its letter next.
        """
        size = (strings != self.exit).sum(dim=1)
        actions = torch.full((len(strings), self.longest + 1), self.exit, device=strings.device)
        low, high = torch.zeros_like(size), size.clone()
        for step in range(self.longest):
            left = (high - low).clamp_min(0)
            alive = left > 0
            front = (chances[:, step] < 0.5) & (left > 1) & self.both_ends
            at = torch.where(front, low, high - 1).clamp_min(0)
            letter = strings.gather(1, at.unsqueeze(1)).squeeze(1)
            action = torch.where(front, self.exit + 1 + letter, letter)
            place = torch.where(alive, left - 1, self.longest).unsqueeze(1)
            written = torch.where(alive, action, self.exit).unsqueeze(1)
            actions = actions.scatter(1, place, written)
            low, high = low + (front & alive).long(), high - (~front & alive).long()
        return actions

    def fits(self, strings: Tensor) -> Tensor:
        """Which rows are strings of this space: letters first, then padding alone, [B] bool."""
        known = ((strings >= 0) & (strings <= self.exit)).all(dim=1)
        there = strings != self.exit
        size = there.sum(dim=1)
        gapless = there == (torch.arange(strings.shape[1], device=strings.device) < size[:, None])
        return known & gapless.all(dim=1) & (size >= self.shortest) & (size <= self.longest)
