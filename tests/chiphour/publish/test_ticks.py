"""TICKS: the real-time index as it is published.

Takes   a tick.
Gives   failures.
Keeps   the published word apart from the raw one.
Source  Decision 0023.
"""

from chiphour.publish.columns import object_of
from chiphour.publish.ticks import TICK
from published import LIVE


def test_a_tick_says_what_was_published_and_from_what():
    assert object_of(TICK, LIVE) == {
        "series": "CHR.H100.SXM.OD",
        "time": "2026-07-20T00:35:00Z",
        "state": "live",
        "stale_count": 0,
        "raw_usd": "3.2000",
        "published_usd": "3.1700",
        "clamped": True,
        "grade": "B",
        "members": 6,
        "kept": 5,
        "mark_input_usd": "3.1650",
        "feeds": [
            {"source": "vast", "venue": "vast", "feed": "book", "age_seconds": 12, "fresh": True}
        ],
    }


def test_a_halted_tick_publishes_nothing():
    halted = LIVE._replace(
        state="halted", raw_ticks=None, published_ticks=None, mark_input_ticks=None
    )
    shown = object_of(TICK, halted)
    assert [shown[name] for name in ("raw_usd", "published_usd", "mark_input_usd")] == [None] * 3
