"""Positions as people write them: "1-10,45", counted from 1, both ends included."""

from suite.core.errors import SuiteError


def parse_positions(text: str, length: int) -> list[int]:
    """Positions counted from 0, increasing, without repeats.

    Raises:
        SuiteError: not a list of positions and ranges, or outside 1 to ``length``.
    """
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise SuiteError(
                f"--fix '{text}': '{part}' is neither a position nor a range.\n"
                "Write positions counted from 1, such as 1-10,45."
            )
        low, high = int(first), int(last) if dash else int(first)
        if low > high or low < 1 or high > length:
            raise SuiteError(
                f"--fix '{text}': '{part}' is not within the positions 1 to {length}.\n"
                "Write positions counted from 1, the smaller one first."
            )
        found.update(range(low - 1, high))
    return sorted(found)
