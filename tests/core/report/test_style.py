"""Colours that can be read in both schemes, by the contrast ratio of WCAG 2."""

import re

import pytest

from suite.core.report.style import CLASSES, DARK, LIGHT, SERIES, style_sheet

SCHEMES = {"light": LIGHT, "dark": DARK}


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_contrast_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_a_contrast_of_four_and_a_half(scheme: str) -> None:
    colours = SCHEMES[scheme]
    pairs = [("ink", "page"), ("muted", "page"), ("muted", "card"), ("ink", "card")]
    pairs += [("good", "good_card"), ("bad", "bad_card")]
    pairs += [("ink", f"{group}_card") for group in set(CLASSES.values())]
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_curves_and_logo_letters_have_a_contrast_of_three(scheme: str) -> None:
    colours = SCHEMES[scheme]
    ratios = {
        name: contrast(colours[name], colours["page"]) for name in (*SERIES, *CLASSES.values())
    }
    assert {name: ratio for name, ratio in ratios.items() if ratio < 3} == {}


def test_both_schemes_define_the_same_names_and_the_rules_use_no_other() -> None:
    assert LIGHT.keys() == DARK.keys()
    used = set(re.findall(r"var\(--([a-z_]+)\)", style_sheet())) - {"c"}
    assert used <= LIGHT.keys()


def test_the_style_sheet_loads_nothing() -> None:
    assert "url(" not in style_sheet()
    assert "@import" not in style_sheet()
