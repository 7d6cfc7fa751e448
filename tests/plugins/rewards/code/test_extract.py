"""Which text of an answer is its source."""

import pytest

from suite.plugins.rewards.code.extract import defines, extract


def source(answer: str, entry: str | None = "f", language: str = "python") -> str | None:
    found = extract(answer, language, entry)
    return None if found is None else found.source


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("```python\na\n```", "a\n"),
        ("```\na\n```", "a\n"),
        ("~~~py\na\n~~~", "a\n"),
        ("````python\na\n```\nb\n````", "a\n```\nb\n"),
        ("```python\na\n```\n```python\nb\n```", "b\n"),
        ("```python\ndef f(): 1\n```\nfor example\n```python\nf()\n```", "def f(): 1\n"),
        ("```python\ndef f(): 1\n```\nbetter:\n```python\ndef f(): 2\n```", "def f(): 2\n"),
        ("```\nx\n```\n```python\na\n```", "a\n"),
        ("```text\nx\n```\n```bash\nrm\n```", None),
        ("```python\ncut off", "cut off\n"),
        ("<think>\n```python\nold\n```\n</think>\n```python\nnew\n```", "new\n"),
        ("<think>```python\nold\n```</think>", None),
        ("def f(): pass", "def f(): pass"),
        ("a\r\nb", "a\nb"),
        ("", None),
        (" \n\t", None),
        ("```python\n\n```", None),
    ],
)
def test_the_rule_picks_the_block(answer: str, wanted: str | None) -> None:
    assert source(answer) == wanted


def test_another_language_takes_its_own_tag() -> None:
    answer = "```python\na\n```\n```js\nb\n```"
    assert source(answer, language="javascript") == "b\n"
    assert source(answer, language="verilog") is None


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("def f(x):", "python", True),
        ("async def f(x):", "python", True),
        ("f = lambda x: x", "python", True),
        ("f == 1", "python", False),
        ("# def f", "python", False),
        ("def ff(x):", "python", False),
        ("const f = x => x", "javascript", True),
        ("function f(x) {}", "javascript", True),
        ("g = f", "javascript", False),
        ("module f(input a);", "verilog", True),
    ],
)
def test_a_definition_is_told_by_its_line(text: str, language: str, wanted: bool) -> None:
    assert defines(text, "f", language) is wanted
