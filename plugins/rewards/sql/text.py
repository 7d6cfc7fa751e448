"""The SQL in an answer, and statements in a text. No parser: quotes and comments alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from suite.core.verifier import Verdict

LONGEST = 100_000  # characters; SQLite's own limit is set to the same
ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)```", re.DOTALL)
# A word of SQL is written in one case; "With this in mind" and "Select one" are prose.
WHOLE = re.compile(
    r"(?:SELECT|WITH|VALUES|INSERT|UPDATE|DELETE|REPLACE|DROP|CREATE|ALTER|ATTACH|DETACH|PRAGMA"
    r"|VACUUM|EXPLAIN|BEGIN|COMMIT|REINDEX|ANALYZE|COPY|SET|CALL|LOAD|INSTALL"
    r"|select|with|values|insert|update|delete|replace|drop|create|alter|attach|detach|pragma"
    r"|vacuum|explain|begin|commit|reindex|analyze|copy|set|call|load|install)\b"
)
START = re.compile(r"^[ \t]*(?:SELECT|WITH|select|with)\b", re.MULTILINE)
# A string, a quoted name, a comment (all may be left open), a semicolon, or what lies between.
TOKEN = re.compile(
    r"'(?:[^']|'')*(?:'|$)|\"(?:[^\"]|\"\")*(?:\"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)"
    r"|--[^\n]*|/\*.*?(?:\*/|$)|;|[^'\"`\[;/-]+|.",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """What an answer holds: ``sql``, or the verdict that it gets without being run, and why."""

    sql: str = ""
    verdict: Verdict | None = None
    reason: str | None = None


def statements(text: str) -> list[str]:
    """The text cut at semicolons outside quotes and comments; pieces of comments alone go."""
    pieces = [""]
    code = [False]
    for token in _tokens(text):
        if token == ";":
            pieces.append("")
            code.append(False)
            continue
        pieces[-1] += token
        code[-1] |= not (token.startswith(("--", "/*")) or token.isspace())
    return [piece.strip() for piece, kept in zip(pieces, code, strict=True) if kept]


def _tokens(text: str) -> Iterator[str]:
    return (match[0] for match in TOKEN.finditer(text))


def sql_of(answer: str) -> Extracted:
    """The one statement that an answer gives.

    In this order: the last <answer> of the text (of the whole text, if there is none); in it the
    last fenced block; else the text itself, if it begins with a word of SQL; else the last
    paragraph with a line that begins with SELECT or WITH, from there to a semicolon at the end of
    a line. None: no_code. Several statements, a NUL character, a lone surrogate, more than
    ``LONGEST`` characters: bad_source.
    """
    found = _candidate(answer)
    if found is None:
        return Extracted(verdict=Verdict.NO_CODE, reason="the answer holds no SQL")
    if (problem := _problem(found)) is not None:
        return Extracted(verdict=Verdict.BAD_SOURCE, reason=problem)
    pieces = statements(found)
    if not pieces:
        return Extracted(verdict=Verdict.NO_CODE, reason="the answer holds no SQL")
    if len(pieces) > 1:
        return Extracted(verdict=Verdict.BAD_SOURCE, reason="there are several statements")
    return Extracted(sql=pieces[0])


def _problem(sql: str) -> str | None:
    if len(sql) > LONGEST:
        return f"the statement is longer than {LONGEST} characters"
    if "\0" in sql:
        return "the statement holds a NUL character"
    try:
        sql.encode()
    except UnicodeEncodeError:
        return "the statement is not Unicode text"
    return None


def _candidate(answer: str) -> str | None:
    tagged = ANSWER.findall(answer)
    text = tagged[-1] if tagged else answer
    fenced = FENCE.findall(text)
    if fenced:
        return str(fenced[-1][1])
    stripped = text.strip()
    if tagged or WHOLE.match(_without_comments(stripped)):
        return stripped or None
    return _last_query(text)


def _without_comments(text: str) -> str:
    while text.startswith(("--", "/*")):
        end = "\n" if text.startswith("--") else "*/"
        text = text.partition(end)[2].lstrip()
    return text


def _last_query(text: str) -> str | None:
    """The query in the last paragraph that has one."""
    for paragraph in reversed(re.split(r"\n[ \t]*\n", text)):
        if (start := START.search(paragraph)) is not None:
            return re.split(r";[ \t]*(?:\n|$)", paragraph[start.start() :], maxsplit=1)[0]
    return None
