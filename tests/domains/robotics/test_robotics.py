"""Gymnasium environments, demonstrations and success, each against numbers made by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor

from suite.core.api import run as run_suite
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_contexts, make_environment, make_metric
from suite.testing.environment import check_environment

EMPTY = Context(index=torch.zeros(2, dtype=torch.long))


class Faulty(gymnasium.Env[Any, Any]):
    """Raises at its third step in every episode whose seed is 1 modulo 16, or in all of them."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (3,))
    action_space = gymnasium.spaces.Box(-2.0, 2.0, (1,))

    def __init__(self, *, always: bool = False) -> None:
        self.always = always

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.faulty, self.taken = self.always or bool((seed or 0) % 16 == 1), 0
        return np.zeros(3, dtype=np.float32), {}

    def step(self, action: Any) -> Any:
        self.taken += 1
        if self.faulty and self.taken == 3:
            raise RuntimeError("a joint broke")
        return np.full(3, 0.1, dtype=np.float32), float(action[0]), False, False, {}


class Wordy(Faulty):
    action_space = gymnasium.spaces.MultiDiscrete([2, 3])


class Unmade(Faulty):
    def __init__(self) -> None:
        raise OSError("no such robot")


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    gymnasium.register("Faulty-v0", Faulty)
    gymnasium.register("Broken-v0", Faulty, kwargs={"always": True})
    gymnasium.register("Wordy-v0", Wordy)
    gymnasium.register("Unmade-v0", Unmade)
    yield
    for name in ("Faulty-v0", "Broken-v0", "Wordy-v0", "Unmade-v0"):
        gymnasium.registry.pop(name)


def gym(id: str, max_steps: int = 10) -> Any:
    return make_environment("robotics/gym", {"id": id, "max_steps": max_steps})


# --- environment --------------------------------------------------------------------------------


def lean(observation: Tensor) -> Tensor:
    return (observation[:, 2] > 0).long()


def damp(observation: Tensor) -> Tensor:
    return -observation[:, 2:3] / 8


@pytest.mark.parametrize(("id", "act"), [("CartPole-v1", lean), ("Pendulum-v1", damp)])
def test_it_keeps_the_contract_of_environments(id: str, act: Any) -> None:
    check_environment(gym(id), act)


def test_a_chunk_is_the_same_actions_one_after_the_other() -> None:
    one, other = gym("Pendulum-v1"), gym("Pendulum-v1")
    one.reset([4])
    other.reset([4])
    chunk = torch.tensor([[[0.5], [-0.25], [1.0]]])
    row = torch.zeros(1, dtype=torch.long)
    together = one.step(row, chunk)
    apart = [other.step(row, chunk[:, k]) for k in range(3)]
    assert torch.equal(together.observation, apart[-1].observation)
    assert float(together.reward) == pytest.approx(sum(float(a.reward) for a in apart), rel=1e-6)


def test_a_chunk_stops_where_the_episode_ends_and_truncation_is_no_termination() -> None:
    environment = gym("Pendulum-v1", max_steps=2)
    environment.reset([4])
    answer = environment.step(torch.zeros(1, dtype=torch.long), torch.zeros(1, 3, 1))
    assert bool(answer.truncated)
    assert not bool(answer.terminated)
    alone = gymnasium.make("Pendulum-v1", max_episode_steps=2)
    alone.reset(seed=4)
    steps = [alone.step(np.zeros(1, dtype=np.float32)) for _ in range(2)]
    np.testing.assert_allclose(answer.observation[0].numpy(), steps[-1][0])
    assert float(answer.reward) == pytest.approx(float(steps[0][1] + steps[1][1]))


def test_shares_of_a_space_reach_its_ends_and_no_further() -> None:
    from suite.domains.robotics.gym import from_space, to_space

    space = gymnasium.spaces.Box(np.array([-2.0, 0.0]), np.array([2.0, 1.0]), dtype=np.float64)
    assert to_space(space, np.array([1.0, -1.0])).tolist() == [2.0, 0.0]
    assert to_space(space, np.array([9.0, 0.0])).tolist() == [2.0, 0.5]
    shares = np.array([[0.3, -0.7], [-1.0, 1.0]])
    back = np.stack([from_space(space, to_space(space, row)) for row in shares])
    np.testing.assert_allclose(back, shares)


def test_an_unknown_environment_is_named() -> None:
    with pytest.raises(SuiteError, match=r"no Gymnasium environment 'CartPole-v99'"):
        gym("CartPole-v99")


@pytest.mark.parametrize(
    ("id", "meant"), [("HalfCheeta-v5", "HalfCheetah-v5"), ("CartPole-v9", "CartPole-v1")]
)
def test_an_environment_near_the_unknown_one_is_suggested(id: str, meant: str) -> None:
    with pytest.raises(SuiteError, match=f"Did you mean '{meant}'") as caught:
        gym(id)
    assert "pprint_registry()" in str(caught.value)


def test_an_environment_that_cannot_be_made_says_why() -> None:
    with pytest.raises(SuiteError, match=r"'Unmade-v0' can be made: OSError: no such robot"):
        gym("Unmade-v0")


def test_an_action_space_that_no_policy_serves_is_refused() -> None:
    with pytest.raises(SuiteError, match=r"MultiDiscrete.*no policy here can serve"):
        gym("Wordy-v0")


def test_a_policy_of_another_size_is_refused_with_the_settings_that_fit(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        run_suite(
            task="robotics/micro", out=tmp_path / "run", settings={"environment.id": "CartPole-v1"}
        )
    assert str(caught.value).endswith(
        "--set policy.observation=4 --set policy.actions=2 --set policy.continuous=0"
    )
    assert not (tmp_path / "run").exists()


# --- environments that raise --------------------------------------------------------------------


def small(id: str) -> dict[str, Any]:
    return {
        "environment.id": id,
        "train.num_steps": 2,
        "train.group_size": 32,
        "train.eval_samples": 32,
        "controls.enabled": False,
    }


def test_an_episode_that_raises_is_dropped_and_counted(tmp_path: Path) -> None:
    import json

    run_suite(task="robotics/micro", out=tmp_path / "run", settings=small("Faulty-v0"))
    text = (tmp_path / "run" / "metrics.jsonl").read_text()
    dropped = [row["dropped"] for row in map(json.loads, text.splitlines()) if "dropped" in row]
    assert dropped
    assert all(0 < count <= 6 for count in dropped)


def test_repeated_failures_stop_the_run_and_say_what_was_raised(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        run_suite(task="robotics/micro", out=tmp_path / "run", settings=small("Broken-v0"))
    first, second = str(caught.value).split(".\n")
    assert first.startswith("100% of the scores of one collect failed")
    assert first.endswith("the environment 'Broken-v0' raised RuntimeError: a joint broke")
    assert second.startswith("Mend the reward or environment")


# --- demonstrations -----------------------------------------------------------------------------


def test_a_scripted_expert_is_played_the_same_every_time() -> None:
    settings = {"id": "CartPole-v1", "episodes": 2, "steps": 30, "slip": 0.5}
    first, again = (make_contexts("robotics/starts", settings) for _ in range(2))
    rows = torch.arange(first.num_demonstrations)
    one, other = first.demonstrations(rows)[1], again.demonstrations(rows)[1]
    assert torch.equal(one.tensor, other.tensor)


def test_the_cheetahs_gait_runs_from_most_starts() -> None:
    """Mean speed in metres a second, forwards; being blind, it stumbles from some starts."""
    from suite.domains.robotics.experts import play

    episodes = play("HalfCheetah-v5", episodes=8, steps=100, slip=0.0, seed=7)
    speed = np.array([seen[:, 8].mean() for seen, _ in episodes])
    assert speed.mean() > 1.5
    assert (speed > 1.0).mean() >= 0.75


def test_the_search_for_gaits_finds_one_that_beats_standing_still() -> None:
    from suite.domains.robotics.gaits import episode_return, search

    gait = search("HalfCheetah-v5", rounds=8, draws=16, seed=0)
    environment = gymnasium.make("HalfCheetah-v5")
    assert np.mean([episode_return(environment, gait, 50 + i) for i in range(4)]) > 50.0


def test_the_pendulum_expert_swings_up() -> None:
    contexts: Any = make_contexts(
        "robotics/starts", {"id": "Pendulum-v1", "episodes": 4, "fragment": 200}
    )
    metric = make_metric("robotics/success", {"id": "Pendulum-v1"})
    assert metric(Samples(values=contexts.values), EMPTY)[""] >= 0.75


def write(path: Path, *, obs: int = 3, extra: int = 0) -> Path:
    """Two episodes, of 3 and 2 steps, of a pendulum; torques 2, -2, 0 | 1, 0."""
    count = 5 + 2 + extra
    table = np.arange(count * obs, dtype=np.float32).reshape(count, obs)
    acts = np.array([[2.0], [-2.0], [0.0], [1.0], [0.0]], dtype=np.float32)
    np.savez(path, obs=table, acts=acts, indices=np.array([3]))
    return path


def test_a_files_episodes_become_fragments_in_shares_of_the_action_space(tmp_path: Path) -> None:
    path = write(tmp_path / "demos.npz")
    contexts: Any = make_contexts(
        "robotics/starts", {"id": "Pendulum-v1", "data": str(path), "fragment": 2}
    )
    turns = contexts.values.view(3, 2, 5)
    assert turns[0].tolist() == [[1, 0, 1, 2, 1], [1, 3, 4, 5, -1]]
    assert turns[1].tolist() == [[1, 6, 7, 8, 0], [0, 0, 0, 0, 0]]
    assert turns[2].tolist() == [[1, 12, 13, 14, 0.5], [1, 15, 16, 17, 0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"obs": 4}, r"observations \[4\]"), ({"extra": 1}, "8 observations for 5 actions in 2")],
)
def test_a_file_that_does_not_fit_is_refused(
    tmp_path: Path, options: dict[str, int], message: str
) -> None:
    path = write(tmp_path / "demos.npz", **options)
    with pytest.raises(SuiteError, match=message):
        make_contexts("robotics/starts", {"id": "Pendulum-v1", "data": str(path)})


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "demos.npz").write_text("nothing")
    with pytest.raises(SuiteError, match=r"cannot read the demonstrations in .*demos\.npz"):
        make_contexts("robotics/starts", {"id": "Pendulum-v1", "data": str(tmp_path / "demos.npz")})


@pytest.mark.parametrize(("id", "name"), [("CartPole-v1", "cartpole"), ("Pendulum-v1", "pendulum")])
def test_the_expert_files_are_read(data_folder: Path, id: str, name: str) -> None:
    path = data_folder / "robotics" / f"{name}_expert_rollouts.npz"
    contexts: Any = make_contexts("robotics/starts", {"id": id, "data": str(path)})
    width = {"cartpole": 6, "pendulum": 5}[name]
    turns = contexts.values.view(len(contexts.values), -1, width)
    assert int(turns[..., 0].sum()) == {"cartpole": 26964, "pendulum": 11200}[name]
    assert float(turns[..., -1].abs().max()) <= 1.0 + 1e-6


# --- success ------------------------------------------------------------------------------------


def test_success_on_a_cart_is_standing_to_the_end() -> None:
    turns = torch.zeros(2, 4, 6)
    turns[0, :, 0] = 1.0
    turns[1, :3, 0] = 1.0
    metric = make_metric("robotics/success", {"id": "CartPole-v1"})
    assert metric(Samples(values=turns.flatten(1)), EMPTY) == {"": 0.5, "turns": 3.5}


def test_success_of_a_pendulum_is_upright_in_the_last_quarter() -> None:
    turns = torch.zeros(2, 8, 5)
    turns[..., 0] = 1.0
    turns[0, 6:, 1] = 0.95
    turns[1, :6, 1] = 1.0
    metric = make_metric("robotics/success", {"id": "Pendulum-v1"})
    assert metric(Samples(values=turns.flatten(1)), EMPTY)[""] == 0.5


def test_an_environment_without_a_rule_of_success_is_named() -> None:
    with pytest.raises(SuiteError, match="no rule of success for named 'Acrobot-v1'"):
        make_metric("robotics/success", {"id": "Acrobot-v1"})
