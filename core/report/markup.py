"""HTML and SVG that cannot forget to escape.

``tag`` escapes every child and every attribute that is not already ``Markup``, so a sample, a
config value or a file name reaches the page as text whatever it holds. Escaping alone is not enough
for text that a model wrote: characters that no reader can see (NUL, right-to-left overrides, lone
surrogates) are shown as their names, and each sample sits in a ``bdi`` element.
"""

import html
import unicodedata
from collections.abc import Iterable

VOID = frozenset({"meta", "br", "hr", "link", "input", "img", "col"})
CONTROL_PICTURES = 0x2400  # U+2400 SYMBOL FOR NULL, then one picture for each C0 control
DELETE, DELETE_PICTURE = "\x7f", "\u2421"
# Control, format (bidirectional overrides, zero widths), surrogate, private use, unassigned.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

Attribute = str | float | bool | None


class Markup(str):
    """Text that is HTML already; only this module's functions should make one."""

    __slots__ = ()


def _visible_letter(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in UNSEEN:
        return letter
    if letter == DELETE:
        return DELETE_PICTURE
    code = ord(letter)
    return chr(CONTROL_PICTURES + code) if code < 0x20 else f"\u27e8U+{code:04X}\u27e9"


def visible(text: str) -> str:
    """``text`` with every character that no reader can see replaced by its name or picture.

    New lines and tabs stay. The result always encodes as UTF-8 and holds no character that HTML
    or XML forbids.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible_letter, text))


def clip(text: str, limit: int) -> str:
    """The first ``limit`` characters, and how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\u2026 ({len(text) - limit:,} more characters)"


def escape(text: str) -> Markup:
    """``text`` as HTML, safe between tags and inside a quoted attribute."""
    return text if isinstance(text, Markup) else Markup(html.escape(visible(text), quote=True))


def join(parts: Iterable[str | None], separator: str = "") -> Markup:
    """The parts one after another, escaped where they need it; None is left out."""
    return Markup(escape(separator).join(escape(part) for part in parts if part is not None))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = value if isinstance(value, str) else coordinate(value)
    return f' {name}="{escape(text)}"'


def coordinate(value: float) -> str:
    """A length in user units to a hundredth of one, as short as it goes."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def tag(name: str, *children: str | None, **attributes: Attribute) -> Markup:
    """One element.

    Args:
        name: the element, ours and never a user's.
        children: text, which is escaped, or Markup, which is not; None is left out.
        attributes: ``class_`` stands for class and ``stroke_width`` for stroke-width; True gives
            a bare attribute, None and False give none, numbers are lengths.
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name in VOID:
        return Markup(opening)
    return Markup(f"{opening}{join(children)}</{name}>")


def untrusted(text: str, *, limit: int = 400) -> Markup:
    """Text that a model wrote: clipped, visible, and unable to turn its neighbours around."""
    return tag("bdi", clip(text, limit))


def table(
    headers: Iterable[str],
    rows: Iterable[Iterable[str]],
    *,
    caption: str,
    class_: str | None = None,
) -> Markup:
    """A table in a box that scrolls sideways; the first cell of a row is its header."""
    head = tag("tr", *(tag("th", header, scope="col") for header in headers))
    body = []
    for row in rows:
        first, *rest = row
        body.append(tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)))
    inner = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", head),
        tag("tbody", *body),
        class_=class_,
    )
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def figure(picture: Markup, caption: str) -> Markup:
    """A picture under what it shows."""
    return tag("figure", tag("figcaption", caption), picture)


def definitions(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Names and values in two columns."""
    rows = (part for name, value in pairs for part in (tag("dt", name), tag("dd", value)))
    return tag("dl", *rows, class_="pairs")
