"""From an answer in prose to the source that is judged.

The rule, in order:

1. Text up to the last ``</think>`` is not the answer.
2. Fenced blocks (``` or ~~~) are read. Blocks tagged with the item's language are preferred to
   untagged ones; blocks tagged otherwise ("text", "bash") are never run. A fence that is not
   closed, as of a model that was cut off, runs to the end of the text.
3. Of these the last that defines the entry point wins; where none does, the last one.
4. Without any fence the whole text is the source, if it defines the entry point or parses; whether
   it parses is found out in the sandbox, since a parser too can be attacked.

Only text is handled here: nothing is parsed and nothing is run.
"""

import re
from dataclasses import dataclass

TAGS = {
    "python": frozenset({"python", "py", "python3"}),
    "javascript": frozenset({"javascript", "js", "node"}),
    "verilog": frozenset({"verilog", "v", "systemverilog", "sv"}),
}
LANGUAGES = tuple(TAGS)

FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*$")
END_OF_THOUGHT = "</think>"


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """The source in an answer; ``fenced`` says whether it stood in a fence."""

    source: str
    fenced: bool


@dataclass(frozen=True, kw_only=True)
class _Block:
    tag: str
    body: str


def extract(answer: str, language: str = "python", entry: str | None = None) -> Extracted | None:
    """The source in ``answer``, or None where it holds no code by the rule above."""
    text = answer.replace("\r\n", "\n").rpartition(END_OF_THOUGHT)[2]
    blocks = _blocks(text)
    if not blocks:
        return Extracted(source=text, fenced=False) if text.strip() else None
    own = [block for block in blocks if block.tag in TAGS[language]]
    bodies = [block.body for block in own or blocks if block.tag in TAGS[language] or not block.tag]
    bodies = [body for body in bodies if body.strip()]
    if not bodies:
        return None
    defining = [body for body in bodies if entry is not None and defines(body, entry, language)]
    return Extracted(source=(defining or bodies)[-1], fenced=True)


def defines(source: str, entry: str, language: str = "python") -> bool:
    """Whether a line of ``source`` seems to define ``entry``; a guess that only picks a block."""
    name = re.escape(entry)
    if language == "python":
        pattern = rf"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+{name}\b|^{name}[ \t]*(?:=(?!=)|:)"
    elif language == "javascript":
        pattern = rf"\b(?:function\*?|class|const|let|var)[ \t]+{name}\b|^[ \t]*{name}[ \t]*="
    else:
        pattern = rf"\bmodule[ \t]+{name}\b"
    return re.search(pattern, source, re.MULTILINE) is not None


def _blocks(text: str) -> list[_Block]:
    """The fenced blocks in order; a closing fence has no tag and is at least as long."""
    blocks: list[_Block] = []
    opened: tuple[str, str] | None = None
    body: list[str] = []
    for line in text.split("\n"):
        fence = FENCE.match(line)
        if opened is None:
            if fence:
                opened, body = (fence[1], fence[2].lower()), []
        elif fence and fence[1].startswith(opened[0]) and not line.strip().strip(fence[1][0]):
            blocks.append(_Block(tag=opened[1], body="\n".join(body) + "\n"))
            opened = None
        else:
            body.append(line)
    if opened is not None:
        blocks.append(_Block(tag=opened[1], body="\n".join(body) + "\n"))
    return blocks
