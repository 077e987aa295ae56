"""STYLE: what is written on the paper can be read, by day and by night.

Takes   the stylesheet.
Gives   failures.
Keeps   the contrast that WCAG 2.2 asks at level AA: 4.5 for text, 3 for what is drawn.
Source  Decision 0010; WCAG 2.2, success criteria 1.4.3 and 1.4.11.
"""

import re

import pytest

from chiphour.publish.style import STYLE

THEMES = [dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in STYLE.split("@media")[:2]]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_reckoned_as_the_standard_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES, ids=("light", "dark"))
def test_text_and_lines_stand_out(theme):
    for text in ("ink", "muted", "accent"):
        assert contrast(theme[text], theme["paper"]) >= 4.5, text
    assert contrast(theme["ink"], theme["note"]) >= 4.5
    assert contrast(theme["ink"], theme["panel"]) >= 4.5
    for ground in ("paper", "band"):
        assert contrast(theme["line"], theme[ground]) >= 3, ground


def test_the_sheet_needs_nothing_from_elsewhere():
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "//" not in STYLE
    assert STYLE.count("{") == STYLE.count("}")
