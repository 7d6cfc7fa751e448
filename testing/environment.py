"""Conformance of an Environment. Shapes: N episodes, K of them stepped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.environment import Environment, Transition
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.testing.checks import Check, distance, require, run_checks

Act = Callable[[Tensor], Tensor]  # observations [N, ...] -> actions [N, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class EnvironmentSubject:
    """An environment, what plays it, and one seed an episode."""

    environment: Environment
    act: Act
    seeds: Sequence[int] = (3, 1, 4, 15)

    def play(self, seeds: Sequence[int], num_steps: int) -> list[Transition]:
        """The transitions of ``num_steps`` steps; episodes that ended are not stepped again."""
        observation = self.environment.reset(seeds)
        alive = torch.ones(len(seeds), dtype=torch.bool)
        transitions = []
        for _ in range(num_steps):
            rows = torch.nonzero(alive).squeeze(-1)
            if len(rows) == 0:
                break
            actions = self.act(observation).index_select(0, rows)
            answer = self.environment.step(rows, actions)
            observation = observation.index_copy(0, rows, answer.observation)
            alive[rows[answer.terminated | answer.truncated | answer.failed]] = False
            transitions.append(answer)
        return transitions


def check_environment(
    environment: Environment, act: Act, *, seeds: Sequence[int] = (3, 1, 4, 15)
) -> None:
    """Hold an environment to its contract.

    Args:
        environment: what is checked.
        act: what plays it: a function of observations [N, ...] that draws nothing at random.
        seeds: one an episode, at least 2, all different.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    require(len(set(seeds)) == len(seeds) >= 2, "pass at least two seeds, all different")
    subject = EnvironmentSubject(environment=environment, act=act, seeds=seeds)
    run_checks(ENVIRONMENT_CHECKS, subject)


def played_by(policy: Policy, contexts: Contexts) -> Act:
    """What a policy that ``acts`` does, as a function of observations; equal streams every time."""

    def act(observation: Tensor) -> Tensor:
        rows = torch.arange(len(observation))
        context = contexts.train(torch.zeros_like(rows))
        streams = Streams(0, 0, "conformance", rows.tolist())
        with torch.no_grad():
            state = policy.start(context, streams)
            state = policy.observe(state, rows, observation)
            first = torch.zeros(len(observation), dtype=torch.long)
            state = policy.advance(state, first, policy.step(state, first).sample(streams))
        actions: Tensor = policy.emit(state)[1]
        return actions

    return act


def starts_one_episode_a_seed(subject: EnvironmentSubject) -> None:
    """``reset`` returns finite observations [N, ...], and max_steps is at least 1."""
    require(subject.environment.max_steps >= 1, "max_steps must be at least 1")
    first = subject.environment.reset(subject.seeds)
    require(
        first.shape[0] == len(subject.seeds),
        f"reset returns {tuple(first.shape)}; lead with N = {len(subject.seeds)}, one row a seed",
    )
    require(bool(torch.isfinite(first).all()), "first observations are not finite")


def starts_from_its_seed_alone(subject: EnvironmentSubject) -> None:
    """An episode's start is a function of its seed, not of its slot or of earlier episodes."""
    first = subject.environment.reset(subject.seeds).clone()
    again = subject.environment.reset(list(reversed(subject.seeds))).flip(0)
    require(
        distance(again, first) == 0.0,
        "equal seeds give other first observations in other slots; seed each episode by its own",
    )


def answers_every_row_it_is_asked_for(subject: EnvironmentSubject) -> None:
    """A Transition has finite floats and bools that lead with K, for any subset of rows."""
    observation = subject.environment.reset(subject.seeds)
    rows = torch.arange(len(subject.seeds))[1:]
    answer = subject.environment.step(rows, subject.act(observation).index_select(0, rows))
    size = len(rows)
    require(
        tuple(answer.observation.shape) == (size, *observation.shape[1:]),
        f"step of {size} rows returns observations {tuple(answer.observation.shape)}; return "
        f"{(size, *observation.shape[1:])}",
    )
    require(
        tuple(answer.reward.shape) == (size,) and bool(torch.isfinite(answer.reward).all()),
        f"reward must be finite, [{size}]; a row that could not be stepped is marked failed",
    )
    for name in ("terminated", "truncated", "failed"):
        flag = getattr(answer, name)
        require(
            tuple(flag.shape) == (size,) and flag.dtype == torch.bool,
            f"{name} is {flag.dtype} {tuple(flag.shape)}; return bools [{size}]",
        )


def plays_the_same_again(subject: EnvironmentSubject) -> None:
    """Equal seeds and equal actions give equal episodes: a resumed run replays them."""
    num_steps = min(subject.environment.max_steps, 20)
    first, again = (subject.play(subject.seeds, num_steps) for _ in range(2))
    require(len(first) == len(again), "equal seeds and actions give episodes of unequal length")
    for step, (one, other) in enumerate(zip(first, again, strict=True)):
        gap = max(distance(one.observation, other.observation), distance(one.reward, other.reward))
        require(
            gap == 0.0 and torch.equal(one.terminated, other.terminated),
            f"equal seeds and actions differ by {gap:.2g} at step {step}; take everything random "
            "from the episode's seed",
        )


def keeps_episodes_apart(subject: EnvironmentSubject) -> None:
    """An episode is the same whatever is played beside it."""
    beside = subject.play(subject.seeds, 1)[0]
    alone = subject.play(subject.seeds[:1], 1)[0]
    gap = max(
        distance(alone.observation[0], beside.observation[0]),
        distance(alone.reward[0], beside.reward[0]),
    )
    require(gap <= 1e-5, f"an episode changes by {gap:.2g} when it is played alone")


def ends_in_time(subject: EnvironmentSubject) -> None:
    """Every episode ends by max_steps; one that fails is dropped, and not all of them fail."""
    transitions = subject.play(subject.seeds, subject.environment.max_steps)
    ended = sum(int((t.terminated | t.truncated | t.failed).sum()) for t in transitions)
    failed = sum(int(t.failed.sum()) for t in transitions)
    require(failed < len(subject.seeds), "every episode failed; look at what the simulator raises")
    require(
        ended == len(subject.seeds),
        f"{len(subject.seeds) - ended} episodes go on after max_steps = "
        f"{subject.environment.max_steps} steps; set truncated there",
    )


ENVIRONMENT_CHECKS: tuple[Check[EnvironmentSubject], ...] = (
    starts_one_episode_a_seed,
    starts_from_its_seed_alone,
    answers_every_row_it_is_asked_for,
    plays_the_same_again,
    keeps_episodes_apart,
    ends_in_time,
)
