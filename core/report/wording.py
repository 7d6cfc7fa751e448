"""Numbers as a reader wants them: no more digits than the interval carries, and with units."""

import math

from suite.core.report.intervals import Estimate

MINUS = "\u2212"
NOTHING = "\u2013"
SUPERSCRIPT = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)
LARGE, SMALL = 1e6, 1e-3  # outside these a number is written with a power of ten
TINY = 1e-5  # a half width below it would need more than six decimals
ROUNDING = 1e-12  # of the mean: a half width that is only what floating point left over


def number(value: float | None, *, digits: int = 4) -> str:
    """``value`` to ``digits`` significant digits; a dash when there is none."""
    if value is None:
        return NOTHING
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "\u221e" if value > 0 else f"{MINUS}\u221e"
    if value == 0:
        return "0"
    if not SMALL <= abs(value) < LARGE:
        return scientific(value, min(digits, 3))
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return _plain(text.rstrip("0").rstrip(".") if "." in text else text)


def scientific(value: float, digits: int) -> str:
    """``value`` to ``digits`` significant digits, times a power of ten."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{_plain(mantissa)}\u00d710{str(int(exponent)).translate(SUPERSCRIPT)}"


def fixed(value: float, decimals: int) -> str:
    """``value`` with exactly ``decimals`` digits after the point; never minus zero."""
    text = f"{value:,.{decimals}f}"
    return _plain(text[1:] if text.startswith("-") and float(text.replace(",", "")) == 0 else text)


def quantity(mean: float | None, half_width: float | None, *, signed: bool = False) -> str:
    """``mean`` and its interval to the interval's second digit: ``1.23 \u00b1 0.05``."""
    if mean is None or not math.isfinite(mean):
        return number(mean)
    sign = "+" if signed and mean > 0 else ""
    if half_width is None or not math.isfinite(half_width):
        return sign + number(mean)
    if half_width <= ROUNDING * abs(mean):
        return f"{sign}{number(mean)} \u00b1 0"
    if max(abs(mean), half_width) >= LARGE or half_width < TINY:
        return f"{sign}{number(mean, digits=3)} \u00b1 {number(half_width, digits=2)}"
    decimals = max(0, 1 - math.floor(math.log10(half_width)))
    return f"{sign}{fixed(mean, decimals)} \u00b1 {fixed(half_width, decimals)}"


def written(estimate: Estimate | None, *, signed: bool = False) -> str:
    """An estimate as ``quantity`` writes it; a dash when there is none."""
    return (
        NOTHING if estimate is None else quantity(estimate.mean, estimate.half_width, signed=signed)
    )


def count(value: float | None) -> str:
    """A whole number with its thousands apart; a dash when there is none."""
    if value is None or not math.isfinite(value):
        return number(value)
    return _plain(f"{round(value):,}")


def duration(seconds: float | None) -> str:
    """Seconds as people say them: ``0.42 s``, ``2 min 41 s``, ``1 h 3 min``."""
    if seconds is None or not math.isfinite(seconds):
        return number(seconds)
    if seconds < 60:
        return f"{number(seconds, digits=2 if seconds < 10 else 3)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(num_bytes: int) -> str:
    """Bytes in powers of 1000."""
    value, unit = float(num_bytes), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{number(value, digits=3)} {unit}"


def with_unit(text: str, unit: str) -> str:
    """``text`` followed by ``unit``; the unit "none" is not written."""
    return text if unit in ("", "none") else f"{text} {unit}"


def axis_label(text: str, unit: str) -> str:
    """``text (unit)``; the unit "none" is not written."""
    return text if unit in ("", "none") else f"{text} ({unit})"


def plain_ascii(text: str) -> str:
    """For terminals: the minus sign and the dash of this module as hyphens."""
    return text.replace(MINUS, "-").replace(NOTHING, "-").replace("\u00b1", "+-")


def _plain(text: str) -> str:
    return text.replace("-", MINUS)
