"""TEST SENSITIVITY CHART: bars that say what moves what.

Takes   `publish/sensitivity_chart.py`.
Gives   failures.
Keeps   every name and end written, the longest bar on top, a picture that parses alone.
Source  docs/how-to/rent-or-buy.md.
"""

import re
from xml.etree import ElementTree

from chiphour.publish.sensitivity_chart import Bar
from chiphour.publish.sensitivity_chart import sensitivity_chart

BARS = [
    Bar("pue", "1.15", "1.7", 23_500, 24_000),
    Bar("capital_usd", "20000", "51600", 17_100, 32_600),
    Bar("months", "36", "60", 27_600, 21_600),
]


def drawn(rent=32_250):
    return sensitivity_chart("Owning", "US dollars an hour", 23_800, rent, BARS)


def test_it_parses_and_names_everything():
    root = ElementTree.fromstring(drawn())
    texts = "".join(root.itertext())
    for word in ("capital_usd", "51600", "1.15", "mean rent 3.22", "as it is 2.38"):
        assert word in texts, word


def test_the_longest_bar_is_on_top():
    text = drawn().decode()
    names = [text.index(f">{name}<") for name in ("capital_usd", "months", "pue")]
    assert names == sorted(names)


def test_no_bar_leaves_the_picture():
    boxes = re.findall(r'<rect class="\w+" x="(\d+)" y="(\d+)" width="(\d+)"', drawn().decode())
    assert len(boxes) == 2 * len(BARS)
    assert all(int(x) >= 3_200 and int(x) + int(width) <= 9_100 for x, _, width in boxes)


def test_without_a_rent_there_is_no_line_for_it():
    assert b"mean rent" not in drawn(None)


def test_the_same_figures_give_the_same_bytes():
    assert drawn() == drawn()
