"""CARRY: who is carried, on the rule's own edges.

Takes   sightings of one machine among the polls of a book.
Gives   a failure where a sighting outside a stretch counts, or one inside does not.
Keeps   the edges in nanoseconds; what whole books do with it is in test_panel.
Source  Methodology v2026_1, "Carry".
"""

from chiphour.index.carry import carried
from chiphour.index.parameters import V2026_1
from chiphour.units import NS_PER_HOUR
from records import observation

STRIKE_NS = 1_784_507_400_000_000_000
DAY_NS = 24 * NS_PER_HOUR


def seen(machine, age_ns):
    return observation(STRIKE_NS - age_ns, machine_key=machine, feed="book")


def stretch_of(*ages_ns):
    polls = [seen("other", age_ns) for age_ns in ages_ns]
    rows = [seen("m", age_ns) for age_ns in ages_ns]
    return carried(polls + rows, {"other"}, STRIKE_NS, V2026_1).get("m", ())


def test_the_edges_of_a_span_and_of_vanishing():
    assert len(stretch_of(NS_PER_HOUR, 7 * NS_PER_HOUR)) == 2
    assert stretch_of(NS_PER_HOUR, 7 * NS_PER_HOUR - 1) == ()
    assert len(stretch_of(DAY_NS - 1, DAY_NS + 6 * NS_PER_HOUR)) == 2
    assert stretch_of(DAY_NS, DAY_NS + 6 * NS_PER_HOUR) == ()


def test_a_stretch_reaches_back_a_day_from_the_last_sighting():
    last = 3 * NS_PER_HOUR
    reach = last + DAY_NS
    assert [STRIKE_NS - row.observed_ns for row in stretch_of(last, reach)] == [last, reach]
    assert stretch_of(last, reach + 1) == ()
    assert len(stretch_of(last, last + 6 * NS_PER_HOUR, reach + 1)) == 2


def test_slices_of_one_poll_are_one_sighting():
    """Three polls, of which the machine was in one: two slices there count once."""
    rows = [seen("other", hours * NS_PER_HOUR) for hours in (1, 3, 5, 7, 9)]
    rows += [seen("m", 9 * NS_PER_HOUR), seen("m", 1 * NS_PER_HOUR)]
    assert carried(rows, {"other"}, STRIKE_NS, V2026_1) == {}
    rows += [seen("m", 1 * NS_PER_HOUR)._replace(gpus=2)]
    assert carried(rows, {"other"}, STRIKE_NS, V2026_1) == {}
    rows += [seen("m", 5 * NS_PER_HOUR)]
    assert set(carried(rows, {"other"}, STRIKE_NS, V2026_1)) == {"m"}
