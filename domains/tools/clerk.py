"""The clerk whose log a base learns from: knows the way, and does not always go it.

Its slips: it stops before the change, changes the wrong thing, says no without need, or does what
it must not. Apart from those it sometimes forgets a bracket, reads the error and calls again.
"""

import random
from collections.abc import Sequence

from suite.domains.tools import office
from suite.domains.tools.environment import OfficeEpisode
from suite.domains.tools.errands import DONE, NO, Errand
from suite.domains.tools.office import Call

FORGETS = 0.1  # the share of errands with a call that is no JSON


def log(errand: Errand, draw: random.Random, *, slips: float) -> tuple[str, ...]:
    """Turns and answers of one errand, in turn; a share ``slips`` of errands goes wrong."""
    said = _wrong(errand, draw) if draw.random() < slips else _right(errand)
    if draw.random() < FORGETS and len(said) > 1:
        place = draw.randrange(len(said) - 1)
        said.insert(place, said[place][:-1])
    return played(errand, said)


def played(errand: Errand, said: Sequence[str]) -> tuple[str, ...]:
    """What was said with the office's answers between."""
    episode = OfficeEpisode(errand)
    parts = [part for turn in said for part in (turn, episode.reply(turn).text)]
    return tuple(parts[:-1])


def _right(errand: Errand) -> list[str]:
    return [*(call.text for call in errand.calls), errand.word]


def _wrong(errand: Errand, draw: random.Random) -> list[str]:
    if errand.word == NO:
        attempt = [call.text for call in errand.attempt]
        return draw.choice(([*attempt, DONE], [*attempt[:-1], DONE]))
    *looks, change = errand.calls
    turns = [call.text for call in looks]
    fate = draw.random()
    if fate < 0.2:
        return [*turns, NO]
    if fate < 0.4:
        return [*turns, DONE]
    return [*turns, altered(change, draw).text, DONE]


def altered(call: Call, draw: random.Random) -> Call:
    """The call with one argument that is another value of its sort."""
    key = draw.choice(sorted(call.arguments))
    value = call.arguments[key]
    sorts = (office.DAYS, office.TOPICS, office.ROOMS, office.ITEMS)
    if isinstance(value, bool):
        other: object = not value
    elif isinstance(value, int):
        low, high = (1, 9) if value < 10 else (10, 99)
        other = draw.choice([n for n in range(low, high + 1) if n != value])
    else:
        sort = next(one for one in sorts if value in one)
        other = draw.choice([one for one in sort if one != value])
    return Call(call.name, {**call.arguments, key: other})
