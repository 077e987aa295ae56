"""CHART: gaps stay gaps, and every point lies in its picture.

Takes   histories of any shape.
Gives   failures.
Keeps   whole coordinates.
Source  Decision 0010.
"""

import re
from datetime import date
from datetime import timedelta
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from chiphour.publish import chart
from chiphour.publish.chart import Point

FIRST = date(2026, 7, 1)


def history(*fixes: int | None) -> list[Point]:
    return [
        Point(FIRST + timedelta(days=at), fix, fix and fix - 500, fix and fix + 700)
        for at, fix in enumerate(fixes)
    ]


def lines(picture) -> list[list[tuple[int, int]]]:
    root = ElementTree.fromstring(picture.text)
    return [
        [tuple(map(int, pair.split(","))) for pair in line.attrib["points"].split()]
        for line in root.iter("polyline")
    ]


def test_a_gap_is_never_bridged():
    drawn = chart.sparkline(history(31_700, 31_800, None, 32_000, 31_900, 31_700, None), "x")
    assert [len(line) for line in lines(drawn)] == [2, 3]
    assert drawn.text.count('class="gap"') == 2
    assert drawn.text.count("<circle") == 0  # The last strike has no fix, so no tip.


def test_a_lone_fix_is_a_dot():
    drawn = chart.sparkline(history(None, 31_700, None), "x")
    assert lines(drawn) == []
    assert drawn.text.count("<circle") == 1


def test_the_picture_says_what_it_shows():
    drawn = chart.sparkline(history(31_700, None, 32_000), "H100 SXM")
    title = ElementTree.fromstring(drawn.text).find("title").text
    assert title == (
        "H100 SXM: 2 fixes on 3 strikes from 1 July 2026 to 3 July 2026, "
        "lowest 3.1700, highest 3.2000, last 3.2000"
    )


def test_higher_is_upward_and_later_is_rightward():
    (line,) = lines(chart.sparkline(history(30_000, 40_000), "x"))
    (x_first, y_first), (x_last, y_last) = line
    assert x_first < x_last
    assert y_first > y_last


def test_a_small_move_looks_small():
    """A move of 0.1 % takes at most a fiftieth of the scale, which spans 5 %."""
    (line,) = lines(chart.sparkline(history(100_000, 100_100), "x"))
    assert 0 < line[0][1] - line[1][1] <= chart.SPARK_HEIGHT // 50


def test_no_fix_at_all_is_said():
    assert "no fix" in chart.sparkline(history(None, None), "x").text
    assert "no chart" in chart.history_chart(history(None), "x").text
    assert "no fix" in chart.sparkline([], "x").text


def test_the_history_has_axes_bands_and_gaps():
    drawn = chart.history_chart(history(31_700, 31_800, None, 32_000, None, 31_000, 31_500), "x")
    root = ElementTree.fromstring(drawn.text)
    kinds = [element.attrib.get("class") for element in root.iter()]
    assert kinds.count("band") == 3
    assert kinds.count("gap") == 2
    assert kinds.count("dot") == 5
    labels = [text.text for text in root.iter("text")]
    assert "1 Jul" in labels
    prices = [text for text in labels if re.fullmatch(r"\d+\.\d\d", text)]
    assert prices == sorted(prices)
    assert 3 <= len(prices) <= chart.LINES_MOST


@given(st.lists(st.none() | st.integers(-50_000, 10_000_000), min_size=1, max_size=40))
def test_every_coordinate_lies_in_its_picture(fixes):
    """Draw any history, negative prices too: whole coordinates, all inside."""
    for draw, width, height in (
        (chart.sparkline, chart.SPARK_WIDTH, chart.SPARK_HEIGHT),
        (chart.history_chart, chart.CHART_WIDTH, chart.CHART_HEIGHT),
    ):
        drawn = draw(history(*fixes), "x").text
        for x, y in re.findall(r"(-?\d+),(-?\d+)", drawn):
            assert 0 <= int(x) <= width
            assert 0 <= int(y) <= height
        for name, limit in (("x1", width), ("x2", width), ("cx", width), ("cy", height)):
            for value in re.findall(rf'{name}="(-?\d+)"', drawn):
                assert 0 <= int(value) <= limit


def test_a_scale_is_straight():
    scale = chart.Scale(0, 10, 100, 0)
    assert [scale.place(value) for value in (0, 5, 10)] == [100, 50, 0]
    assert chart.Scale(7, 7, 0, 100).place(7) == 50
