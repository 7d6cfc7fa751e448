"""The maths domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.metric import Metric
    from suite.core.reward import Reward
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The maths domain."""
    from suite.core.task import Domain

    return Domain(
        name="maths",
        aliases=("math",),
        summary="A sample is the text of an answer, a token what the model's tokenizer makes of "
        "it; rewards are 1 for a right result and 0 for any other.",
        default_task="maths/arithmetic",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``."""
    if name == "maths/questions":
        from suite.domains.maths.questions import questions

        return questions(**config)
    if name == "maths/gym":
        from suite.domains.maths.gym import GymContexts

        return GymContexts(**config)
    from suite.domains.maths.contexts import ProblemContexts

    return ProblemContexts(**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``."""
    if name == "maths/gym_answer":
        from suite.domains.maths.gym import GymAnswer

        return GymAnswer(**config)
    from suite.domains.maths.form import Brevity

    return Brevity(**config)


@hookimpl
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build the metric of the answers' form."""
    from suite.domains.maths.form import AnswerForm

    return AnswerForm(**config)
