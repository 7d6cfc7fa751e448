"""Nothing that a model writes can become markup, or hide."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.core.report.markup import Markup, clip, join, table, tag, untrusted, visible

HOSTILE = [
    "<script>alert(1)</script>",
    '"\' onload=alert(1) x="',
    "</style><img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp; &#x3c;",
    "a\x00b\x1b[31mred\x7f",
    "\u202eevil\u2066 \u200b\u00ad",
    "\ud800 lone",
    "\ufffe",
    "]]><!--",
]


class Collector(HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(markup: str) -> Collector:
    collector = Collector()
    collector.feed(markup)
    collector.close()
    return collector


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_between_tags_and_in_attributes(text: str) -> None:
    markup = tag("p", text, title=text)
    seen = parse(markup)
    assert seen.tags == ["p"]
    assert seen.attributes == [("title", visible(text))]
    assert seen.text == visible(text)
    ElementTree.fromstring(markup)  # also as XML, where control characters are forbidden
    markup.encode("utf-8")


@given(st.text())
def test_any_text_comes_back_from_a_parser_as_its_visible_form(text: str) -> None:
    seen = parse(tag("p", text))
    assert seen.tags == ["p"]
    assert seen.text == visible(text)


def test_characters_that_cannot_be_seen_are_named() -> None:
    assert visible("a\x00b\x1b\x7f") == "a\u2400b\u241b\u2421"
    assert visible("\u202ex\u2069") == "\u27e8U+202E\u27e9x\u27e8U+2069\u27e9"
    assert visible("\ud800") == "\u27e8U+D800\u27e9"


def test_letters_of_any_script_new_lines_and_tabs_stay() -> None:
    text = "\u05e9\u05dc\u05d5\u05dd\n\t\u4f60\u597d e\u0301"
    assert visible(text) == text


def test_a_long_text_is_clipped_and_says_by_how_much() -> None:
    assert clip("a" * 1_500, 10) == "aaaaaaaaaa\u2026 (1,490 more characters)"
    assert clip("a" * 10, 10) == "a" * 10


def test_untrusted_text_cannot_turn_its_neighbours_around() -> None:
    assert untrusted("\u05d0<b>") == "<bdi>\u05d0&lt;b&gt;</bdi>"


def test_markup_is_not_escaped_twice_and_none_is_left_out() -> None:
    assert join([Markup("<b>"), None, "<"]) == "<b>&lt;"
    assert tag("p", None, tag("b", "&")) == "<p><b>&amp;</b></p>"


def test_attributes_take_their_html_names() -> None:
    made = tag("line", class_="a", stroke_width=1.5, x1=1 / 3, hidden=True, id=None, alt=False)
    assert made == '<line class="a" stroke-width="1.5" x1="0.33" hidden></line>'
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_a_table_has_headers_for_its_columns_and_rows() -> None:
    markup = table(["a", "b"], [["x", "<"]], caption="c")
    assert '<th scope="col">a</th><th scope="col">b</th>' in markup
    assert '<th scope="row">x</th><td>&lt;</td>' in markup
