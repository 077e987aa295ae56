"""TEST REVISION: events are numbered, add up, and revise only what changes enough.

Takes   events and fixings of every size of change.
Gives   a failure where a number is used twice, a row is forgotten, or the threshold is off by one.
Keeps   the threshold exact: $0.005, or 0.25 % of the old value.
Source  Methodology v2026_1, "Vintages"; decision 0017.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.revision import Revision
from chiphour.index.revision import from_json
from chiphour.index.revision import is_material
from chiphour.index.revision import next_id
from chiphour.index.revision import next_revision
from chiphour.index.revision import to_json
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_DAY
from chiphour.units import ns_from_iso
from records import fixing

AT_NS = ns_from_iso("2026-11-27T12:00:00Z")
EVENT = Revision("REV-2026-001", "wrong", AT_NS, (10, 20), ("a", "b"), ("c",))


def event(name, strikes, struck=(), added=(), known_ns=AT_NS):
    return Revision(name, "x", known_ns, tuple(strikes), tuple(struck), tuple(added))


def test_an_event_comes_back_from_its_json_as_it_was():
    text = canonical_json(to_json(EVENT))
    assert from_json(json.loads(text)) == EVENT
    with pytest.raises(KeyError):
        from_json({key: value for key, value in to_json(EVENT).items() if key != "struck"})
    with pytest.raises(TypeError):
        from_json(to_json(EVENT) | {"surprise": 1})


def test_events_are_numbered_within_their_year():
    assert next_id(AT_NS, []) == "REV-2026-001"
    assert next_id(AT_NS, [EVENT, EVENT._replace(id="REV-2026-009")]) == "REV-2026-010"
    assert next_id(AT_NS + 60 * NS_PER_DAY, [EVENT]) == "REV-2027-001"


def test_an_event_builds_on_all_earlier_ones_of_its_strikes():
    earlier = [
        event("REV-2026-001", [10], ["a"], ["c"]),
        event("REV-2026-002", [30], ["other"]),
        event("REV-2026-003", [10, 20], ["b"]),
    ]
    found = next_revision(earlier, "more", AT_NS + 1, [10], ["d"], ["e"])
    assert found == Revision("REV-2026-004", "more", AT_NS + 1, (10,), ("a", "b", "d"), ("c", "e"))
    assert next_revision(earlier, "more", AT_NS + 1, [40], ["d"], []).struck == ("d",)


def test_a_later_event_may_let_in_what_an_earlier_one_struck_and_the_other_way_round():
    earlier = [event("REV-2026-001", [10], ["a", "b"], ["c", "d"])]
    found = next_revision(earlier, "back", AT_NS + 1, [10], ["c"], ["a"])
    assert (found.struck, found.added) == (("b", "c"), ("a", "d"))
    again = next_revision([*earlier, found], "again", AT_NS + 2, [10], ["a"], ["c"])
    assert (again.struck, again.added) == (("a", "b"), ("c", "d"))


@pytest.mark.parametrize(
    ("old", "new", "material"),
    [
        (31_700, 31_700, False),
        (31_700, 31_749, False),  # $0.0049, and 0.15 %.
        (31_700, 31_750, True),
        (31_700, 31_650, True),
        (4_000, 4_009, False),  # 0.225 %
        (4_000, 4_010, True),  # 0.25 %
        (4_000, 3_990, True),
        (None, 4_000, True),
        (4_000, None, True),
        (None, None, False),
    ],
)
def test_half_a_cent_or_a_quarter_of_a_percent_revises(old, new, material):
    before, after = (
        fixing(fix_ticks=ticks, state="suppressed" if ticks is None else "fixed")
        for ticks in (old, new)
    )
    assert is_material(before, after) is material


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_threshold_is_exact(old, new):
    moved = abs(new - old)
    expected = moved >= 50 or (moved > 0 and 400 * moved >= old)
    assert is_material(fixing(fix_ticks=old), fixing(fix_ticks=new)) == expected
