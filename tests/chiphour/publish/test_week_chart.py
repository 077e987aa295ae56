"""WEEK_CHART: a picture that parses, names its lines and units, and bridges no gap.

Takes   a few curves and panels.
Gives   the elements of the SVG.
Keeps   every point inside of the picture.
Source  docs/formulation/runs.md, section 11.
"""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.publish.week_chart import HEIGHT
from chiphour.publish.week_chart import WIDTH
from chiphour.publish.week_chart import Curve
from chiphour.publish.week_chart import Marked
from chiphour.publish.week_chart import Panel
from chiphour.publish.week_chart import Row
from chiphour.publish.week_chart import week_chart

KINDS = ("month", "week", "day-ahead")
SVG = "{http://www.w3.org/2000/svg}"
TICKS = st.integers(-100_000, 400_000)


def drawn(curve, values=(1_000, 500, 100), marked=None):
    panel = Panel("Distance", KINDS, (Row("with", values), Row("without", values)))
    body = week_chart("A <week>", ["Mon", "Tue"], [Curve("month", curve)], marked, [panel, panel])
    return ElementTree.fromstring(body)


@settings(max_examples=30)
@given(
    st.lists(st.one_of(st.none(), TICKS), min_size=48, max_size=48).filter(any),
    st.tuples(TICKS, TICKS, TICKS),
)
def test_every_point_lies_inside_of_the_picture(curve, values):
    for line in drawn(curve, values).iter(f"{SVG}polyline"):
        for point in line.get("points").split():
            x, y = map(int, point.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_an_hour_without_a_price_is_a_gap():
    whole = [20_000] * 48
    holed = [*whole[:10], None, *whole[11:]]
    lines = [
        sum(line.get("class") == "c0" for line in drawn(curve).iter(f"{SVG}polyline"))
        for curve in (whole, holed)
    ]
    assert lines == [2, 3]  # One is the legend's.


def test_lines_units_and_what_is_shaded_are_named():
    picture = drawn([20_000] * 48, marked=Marked("outage", 6, 24))
    texts = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"A <week>", "dollars per chip-hour", "month", "with", "outage", "Tue"} <= texts
    assert len(list(picture.iter(f"{SVG}rect"))) == 1
