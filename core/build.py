"""From a resolved configuration to the things that run, with every check that needs no weights."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite.core import registry
from suite.core.algorithm import Algorithm
from suite.core.catalog import fact_names
from suite.core.config import Config, off_policy_algorithms
from suite.core.errors import SuiteError
from suite.core.journal import Journal
from suite.core.metric import Codec, Metric
from suite.core.policy import CAPABILITIES, Policy
from suite.core.positions import parse_positions
from suite.core.processes import Processes
from suite.core.reward import Reward
from suite.core.run import Run
from suite.core.sampler import Sampler
from suite.core.saved_policy import FIXED, check_shape, choose
from suite.core.task import DATA, Use
from suite.core.user_rewards import user_reward


@dataclass(frozen=True, kw_only=True, eq=False)
class Built:
    """Everything of one run but its training.

    Attributes:
        policy_use: what the policy was made of, without --fix.
        fixed: the policy under --fix, or None: it replaces the run's once the base is there, for
            the demonstrations that a base learns from need not keep the template's letters.
        fixed_use: what ``fixed`` was made of.
    """

    config: Config
    run: Run
    algorithm: Algorithm
    policy_use: Use
    fixed: Policy | None = None
    fixed_use: Use | None = None
    codec: Codec | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)


def policy_use(config: Config) -> Use:
    """The policy asked for: the task's, a plugin's, or that of a folder; without its --fix."""
    if config.saved is None:
        return choose(config.task.policy, config.policy).updated(**config.section("policy"))
    settings = {key: value for key, value in config.saved.config.items() if key != FIXED}
    return Use(config.saved.name, **{**settings, **config.section("policy")})


def check_before_loading(config: Config, algorithm: Algorithm) -> None:
    """Refuse what cannot work, from manifests alone.

    Raises:
        SuiteError: the policy lacks a capability that the algorithm asks for.
    """
    entry = registry.find("policy", policy_use(config).name)
    known = fact_names(entry, "capabilities", ())
    if known:
        check_capabilities(config.recipe.name, algorithm, entry.name, known)


def check_capabilities(
    algo: str, algorithm: Algorithm, policy: str, capabilities: frozenset[str]
) -> None:
    """Raise unless the policy answers what the algorithm asks."""
    missing = sorted(algorithm.requirements() - capabilities)
    if not missing:
        return
    wanted = "; ".join(f"{name} ({CAPABILITIES.get(name, 'unknown')})" for name in missing)
    fits = fitting_algorithms(capabilities)
    raise SuiteError(
        f"the algorithm '{algo}' asks for {wanted}, which the policy '{policy}' does not answer.\n"
        f"It answers: {', '.join(sorted(capabilities))}.\n"
        f"Algorithms that fit: {', '.join(fits)}. Run `suite matrix` for all of them."
    )


def fitting_algorithms(capabilities: frozenset[str]) -> list[str]:
    """Names of the algorithms whose manifest asks for no more than these capabilities."""
    return [
        entry.name
        for entry in registry.entries("algorithm")
        if fact_names(entry, "requires", ("samples",)) <= capabilities
    ]


def _with_data(use: Use, config: Config) -> dict[str, Any]:
    return {k: (config.data if v == DATA else v) for k, v in use.config.items()}


def make_algorithm(config: Config) -> Algorithm:
    """The algorithm with this run's settings."""
    return registry.make_algorithm(config.recipe.algorithm, config.section("algo"))


def build(config: Config, *, folder: Path | None = None) -> Built:
    """Make policy, rewards, contexts and the run; the policy still has its initial weights.

    Raises:
        SuiteError: whatever the plugins refuse, a capability that is missing, a reward without
            gradients for an algorithm that needs them, a sampler for an on-policy algorithm.
    """
    algorithm = make_algorithm(config)
    check_before_loading(config, algorithm)
    task = config.task
    codec = (
        None
        if task.codec is None
        else registry.make_codec(task.codec.name, _with_data(task.codec, config))
    )
    processes = Processes(device=config.device, precision=config.precision)  # type: ignore[arg-type]
    use = policy_use(config)
    fixed_use = _under_fix(use, config, codec)
    fixed = None
    if fixed_use is not None:
        settings = _with_data(fixed_use, config)
        fixed = registry.make_policy(use.name, settings).to(processes.device)
    policy = registry.make_policy(use.name, _with_data(use, config)).to(processes.device)
    check_capabilities(config.recipe.name, algorithm, use.name, policy.capabilities)
    if config.saved is not None:
        check_shape(policy, use.name, config)
    reward = _training_reward(config)
    check_reward_view(config, algorithm, reward)
    run = Run(
        seed=config.seed,
        policy=policy,
        base=policy,
        contexts=_contexts(config),
        settings=config.train,
        reward=reward,
        held_out_reward=_reward(config, task.held_out_reward, "held_out_reward"),
        environment=_environment(config, policy),
        processes=processes,
        journal=None if folder is None else Journal(folder / "journal.jsonl"),
        sampler=_sampler(config, algorithm),
        codec=codec,
    )
    metrics = {u.name: registry.make_metric(u.name, _with_data(u, config)) for u in task.metrics}
    return Built(
        config=config,
        run=run,
        algorithm=algorithm,
        codec=codec,
        metrics=metrics,
        policy_use=use,
        fixed=fixed,
        fixed_use=fixed_use,
    )


def _training_reward(config: Config) -> Reward | None:
    """The user's reward, or the task's; None where the environment rewards each decision."""
    if config.reward is None and config.reward_cmd is None:
        return _reward(config, config.task.reward, "reward")
    if config.task.environment is not None:
        raise SuiteError(
            f"the environment of the task '{config.task.name}' rewards each decision; a reward of "
            "finished samples would not be read.\nDrop --reward and --reward-cmd, or name a "
            "task without an environment: `suite list tasks`."
        )
    return user_reward(config.reward, config.reward_cmd, config.section("reward"))


def freeze_base(built: Built) -> None:
    """Keep a frozen copy of the policy as it now is: base of every comparison, and reference.

    From here on the policy keeps what --fix fixes.
    """
    built.run.policy = under_fix(built, built.run.policy)
    built.run.base = built.run.policy.reference_copy()


def under_fix(built: Built, policy: Policy) -> Policy:
    """A policy with these weights that keeps what --fix fixes; the policy itself without --fix."""
    if built.fixed is None:
        return policy
    kept = trainable_copy(built.fixed)
    kept.load_state_dict(policy.state_dict())
    return kept


def without_fix(built: Built) -> Policy:
    """A trainable copy of the base that may learn from any demonstration."""
    if built.fixed is None:
        return trainable_copy(built.run.base)
    use = built.policy_use
    free = registry.make_policy(use.name, _with_data(use, built.config)).to(built.run.device)
    free.load_state_dict(built.run.base.state_dict())
    return free


def trainable_copy(policy: Policy) -> Policy:
    """A copy whose weights may be trained (controls start from the base)."""
    twin = copy.deepcopy(policy)
    twin.requires_grad_(requires_grad=True)
    return twin


def _under_fix(use: Use, config: Config, codec: Codec | None) -> Use | None:
    """A policy that keeps what --fix fixes, and what it kept when it was saved; None: nothing."""
    before = {} if config.saved is None else config.saved.config.get(FIXED, {})
    fixed = {int(position): letter for position, letter in before.items()}
    fixed.update(_template_letters(config, codec))
    return use.updated(**{FIXED: fixed}) if fixed else None


def _template_letters(config: Config, codec: Codec | None) -> dict[int, int]:
    """The template's letter at each position of --fix."""
    if config.fix is None:
        return {}
    template = config.task.template
    if template is None or codec is None:
        raise SuiteError(
            f"the task '{config.task.name}' has no template whose positions --fix could keep.\n"
            "Drop --fix, or name a task that has one: `suite show TASK`."
        )
    tokens = codec.encode((template,)).tensor[0].tolist()
    return {position: tokens[position] for position in parse_positions(config.fix, len(tokens))}


def _reward(config: Config, use: Use | None, section: str) -> Reward | None:
    if use is None:
        return None
    return registry.make_reward(use.name, {**_with_data(use, config), **config.section(section)})


def _contexts(config: Config) -> Any:
    use = config.task.contexts
    return registry.make_contexts(
        use.name, {**_with_data(use, config), **config.section("contexts")}
    )


def _environment(config: Config, policy: Policy) -> Any:
    use = config.task.environment
    if use is None:
        return None
    if "acts" not in policy.capabilities:
        raise SuiteError(
            f"the task '{config.task.name}' has an environment, and the policy "
            f"'{policy_use(config).name}' meets none with these settings.\n"
            "Leave out --policy or the [policy] settings that differ from the task's "
            f"(`suite show {policy_use(config).name}`), or name a policy that acts: `suite matrix`."
        )
    own = registry.make_environment(use.name, {**use.config, **config.section("environment")})
    asked, has = own.sizes, policy.sample_shape
    wrong = {key: size for key, size in asked.items() if has.get(key, size) != size}
    if wrong:
        found = ", ".join(f"{key} {has[key]}" for key in wrong)
        mend = " ".join(f"--set policy.{key}={size}" for key, size in wrong.items())
        raise SuiteError(
            f"the environment of the task '{config.task.name}' has "
            f"{', '.join(f'{key} {size}' for key, size in wrong.items())}; the policy is built for "
            f"{found}.\nFit the policy to it: {mend}"
        )
    return own


def check_reward_view(config: Config, algorithm: Algorithm, reward: Reward | None) -> None:
    """Raise unless the reward carries gradients for an algorithm that needs them."""
    if algorithm.reward_view is None or (reward is not None and reward.differentiable):
        return
    fits = [
        entry.name for entry in registry.entries("algorithm") if "reward_view" not in entry.facts
    ]
    raise SuiteError(
        f"the algorithm '{config.recipe.name}' needs a reward that carries gradients, and "
        f"{type(reward).__name__ if reward else 'this task'} does not.\n"
        f"Algorithms that need none: {', '.join(fits)}."
    )


def _sampler(config: Config, algorithm: Algorithm) -> Sampler | None:
    if config.sampler is None:
        return None
    if not algorithm.off_policy:
        raise SuiteError(
            f"the algorithm '{config.recipe.name}' learns from its own samples only, and the "
            f"sampler '{config.sampler}' would draw others.\n"
            f"Algorithms that learn from a sampler: {', '.join(off_policy_algorithms())}. "
            "Or drop --sampler."
        )
    made: Sampler = registry.make_sampler(config.sampler, config.section("sampler"))
    return made
