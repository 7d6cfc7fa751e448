r"""Which words of a completion are its answer."""

import pytest

from suite.plugins.rewards.maths.extraction import LONGEST_TAIL, WAYS, extract

ORDER = tuple(WAYS)


@pytest.mark.parametrize(
    ("completion", "text", "way"),
    [
        (r"so \boxed{5}.", "5", "boxed"),
        (r"\boxed{\frac{1}{\sqrt{2}}}", r"\frac{1}{\sqrt{2}}", "boxed"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}", "boxed"),
        (r"\boxed 5", "5", "boxed"),
        (r"\fbox{5}", "5", "boxed"),
        (r"\boxed{4} no, \boxed{5}", "5", "boxed"),
        (r"The answer is 4. \boxed{5} #### 6", "5", "boxed"),
        ("<answer>4</answer><answer> 5 </answer>", "5", "tagged"),
        (r"<answer>\boxed{5}</answer>", "5", "boxed"),
        ("9 * 2 = 18\n#### 18", "18", "marked"),
        ("#### 18\nthe answer is 19", "18", "marked"),
        ("The answer is 4. Wait. The final answer is: **5**.\n", "5", "stated"),
        ("Answer: 3.5 apples. Done", "3.5 apples", "stated"),
        ("I count 3 and then 1,234.", "1,234", "number"),
        ("it is -7", "-7", "number"),
        ("17-4", "4", "number"),
        ("costs $12.50!", "$12.50", "number"),
        ("about 3/4 or 75%", "75%", "number"),
        ("5km", "5", "number"),
    ],
)
def test_the_first_way_that_finds_something_decides(completion: str, text: str, way: str) -> None:
    found = extract(completion, ORDER)
    assert (found.text, found.way) == (text, way)


@pytest.mark.parametrize(
    "completion", ["", "I do not know", "5x", "2^{5}", r"5\x", "version 1.2.3", "\u0665"]
)
def test_where_there_is_no_answer_none_is_found(completion: str) -> None:
    found = extract(completion.replace(r"5\x", "5x"), ORDER)
    assert found.text is None
    assert found.reason == "no answer was found"


def test_a_box_that_is_never_closed_takes_back_the_ones_before() -> None:
    found = extract(r"\boxed{5} so \boxed{6", ORDER)
    assert found.text is None
    assert found.reason == "the last box is never closed"


def test_the_order_is_a_setting() -> None:
    completion = r"\boxed{5} #### 6"
    assert extract(completion, ("marked", "boxed")).text == "6"
    assert extract(completion, ("boxed",)).text == "5"
    assert extract("#### 6", ("boxed",)).text is None


@pytest.mark.parametrize(
    "piece", [r"\boxed{", "answer is ", "<answer>", "#### ", "1,234", "{", "1/"]
)
def test_long_texts_take_no_time(piece: str) -> None:
    extract(piece * (10 * LONGEST_TAIL // len(piece)), ORDER)
