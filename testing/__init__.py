"""The conformance kit: what a plugin's own tests, and ``suite plugins check``, hold it to.

Each function raises AssertionError with a message that says what to do. ``check_distribution`` runs
all of them on everything that an installed package provides.
"""

from suite.testing.algorithm import check_algorithm
from suite.testing.claim import check_claim
from suite.testing.conformance import Result, check_distribution
from suite.testing.dialogue import check_dialogue
from suite.testing.environment import check_environment, played_by
from suite.testing.outside import check_launcher, check_tracker
from suite.testing.policy import check_policy
from suite.testing.reward import check_reward
from suite.testing.sampler import check_sampler
from suite.testing.values import (
    check_codec,
    check_contexts,
    check_demonstrations,
    check_domain,
    check_metric,
    check_task,
)

__all__ = [
    "Result",
    "check_algorithm",
    "check_claim",
    "check_codec",
    "check_contexts",
    "check_demonstrations",
    "check_dialogue",
    "check_distribution",
    "check_domain",
    "check_environment",
    "check_launcher",
    "check_metric",
    "check_policy",
    "check_reward",
    "check_sampler",
    "check_task",
    "check_tracker",
    "played_by",
]
