"""Problems of reasoning-gym by the name of the dataset, scored by the dataset's own verifier.

Only datasets whose verifiers compare texts are taken: others of the library's evaluate an answer as
Python or as a formula (countdown, polynomial_multiplication, spiral_matrix, ...), and no untrusted
answer may reach that.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from suite.core.errors import SuiteError, missing_extra, unknown_name
from suite.core.file_contexts import RowContexts
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward

# Read by hand in reasoning-gym 0.1.25: equality of texts, of their words, or of two decimals.
NAMES = """
    acre aiw base_conversion basic_arithmetic binary_alternation caesar_cipher chain_sum
    circuit_logic color_cube_rotation count_bits count_primes course_schedule dice
    family_relationships gcd isomorphic_strings knights_knaves largest_island lcm leg_counting
    letter_counting maze mini_sudoku modulo_grid needle_haystack number_filtering
    number_sequence palindrome_generation path_star products ransom_note rotate_matrix
    rotten_oranges self_reference simple_equations simple_geometry string_manipulation
    string_splitting string_synthesis syllogism word_sequence_reversal word_sorting
    zebra_puzzles
"""
DATASETS = frozenset(NAMES.split())
TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
LONGEST_ANSWER = 10_000  # characters; the verifiers are linear in them
TRIES = 4  # rows drawn for each one wanted, as small datasets repeat themselves


def dataset(name: str, size: int, seed: int, options: Mapping[str, Any]) -> Any:
    """A dataset of the library.

    Raises:
        SuiteError: the library is missing, the name is none of ``DATASETS``, or an option is
            refused.
    """
    if name not in DATASETS:
        raise unknown_name(
            "dataset whose verifier compares texts",
            name,
            DATASETS,
            next_step="Set contexts.dataset to one of them.",
        )
    try:
        import reasoning_gym
    except ModuleNotFoundError as error:
        raise missing_extra("reasoning-gym", "logic", needed_by="maths/gym") from error
    try:
        return reasoning_gym.create_dataset(name, size=size, seed=seed, **options)
    except (AssertionError, TypeError, ValueError) as error:
        raise SuiteError(
            f"reasoning-gym refuses contexts.options = {dict(options)} of '{name}': {error}.\n"
            "Name settings of that dataset's configuration."
        ) from error


class GymContexts(RowContexts):
    """Rows with prompt, question, answer, dataset and metadata.

    Args:
        dataset: a name of ``DATASETS``; options: settings of it (min_terms=3, ...).
        num_rows: questions, fewer where the dataset repeats itself; seed: of all of them.
        held_out: the share of questions that are held out, chosen by a hash of the question.
        instruction: text that follows each question.

    Raises:
        SuiteError: as ``dataset``, or there are not two different questions.
    """

    def __init__(
        self,
        *,
        dataset: str = "basic_arithmetic",
        options: Mapping[str, Any] | None = None,
        num_rows: int = 2000,
        seed: int = 0,
        held_out: float = 0.1,
        instruction: str = "\nGive the answer alone in <answer></answer>.\n",
    ) -> None:
        if num_rows < 2:
            raise SuiteError(f"contexts.num_rows must be at least 2; got {num_rows}.")
        rows = _rows(dataset, dict(options or {}), num_rows, seed, instruction)
        super().__init__(rows, source=f"reasoning-gym's '{dataset}'", held_out=held_out)


def _rows(
    name: str, options: Mapping[str, Any], count: int, seed: int, instruction: str
) -> list[Mapping[str, Any]]:
    made = dataset(name, TRIES * count, seed, options)
    found: dict[str, Mapping[str, Any]] = {}
    for number in range(TRIES * count):
        entry = made[number]
        question = str(entry["question"])
        found.setdefault(question, {**entry, "prompt": question + instruction, "dataset": name})
        if len(found) == count:
            break
    return list(found.values())


class GymAnswer(Reward):
    """1 where the dataset's own verifier gives full marks, else 0 (or its score, on request).

    The answer is what the last <answer></answer> holds, else the whole text, without blanks around
    it. By default the library's partial marks are not paid: many of its verifiers give some to any
    text that contains the answer.

    Args:
        credit: "full": full marks or nothing; "graded": the library's score.
    """

    unit = "score"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"native"})

    def __init__(self, *, credit: str = "full") -> None:
        if credit not in ("full", "graded"):
            raise SuiteError(f"maths/gym_answer: 'credit' must be full or graded; got {credit!r}.")
        self.credit = credit
        self._datasets: dict[str, Any] = {}

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.native is None or context.native is None:
            raise SuiteError(
                "maths/gym_answer scores texts against rows of maths/gym.\nUse it in that task."
            )
        pairs = zip(samples.native, context.native, strict=True)
        return Scores.all_valid(
            torch.tensor([self._score(str(text), row) for text, row in pairs], dtype=torch.float32)
        )

    def _score(self, text: str, row: Mapping[str, Any]) -> float:
        name = row["dataset"]
        if name not in self._datasets:
            self._datasets[name] = dataset(name, 1, 0, {})
        tagged = TAGGED.findall(text[-LONGEST_ANSWER:])
        answer = (tagged[-1] if tagged else text[-LONGEST_ANSWER:]).strip()
        try:
            score = float(self._datasets[name].score_answer(answer, row))
        except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
            score = 0.0  # what the library's parser cannot read is no answer
        score = min(max(score, 0.0), 1.0)
        return score if self.credit == "graded" else float(score == 1.0)
