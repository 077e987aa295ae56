"""TEST REALTIME: ticks from an archive, from what a collector heard, and again by replay.

Takes   a book of three venues, polled every fifteen seconds into an archive.
Gives   claims on `RealTimeIndex`, `replay` .
Keeps   a tick blind to what came after it.
Source  docs/methodology/real-time.md; decision 0022.
"""

import pytest

from archives import answer
from chiphour.adapters.archive import Archive
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.realtime import replay
from chiphour.index.realtime import REAL_TIME
from chiphour.index.realtime import TickRefused
from chiphour.index.realtime import parameters_sha256
from chiphour.index.series import BY_TICKER
from chiphour.publish.columns import object_of
from chiphour.publish.ticks import TICK
from chiphour.units import NS_PER_SECOND

SPOT = BY_TICKER["CHR.H100.SXM.SPOT"]
START_NS = 1_784_507_400_000_000_000
SECOND = NS_PER_SECOND
VENUES = ("vast", "hyperbolic", "salad")


def at(tick):
    return START_NS + 15 * SECOND * tick


def offers(venue, price_ticks):
    return [
        {
            "source": venue,
            "venue": venue,
            "feed": "book",
            "kind": "ask",
            "tenor": "SPOT",
            "machine_key": f"m{number}",
            "host_key": f"h{number}",
            "price_nanousd": price_ticks * 100_000,
        }
        for number in range(5)
    ]


def keep(archive, seen_ns, price_ticks, **of):
    for venue in VENUES:
        content = f"{venue} {seen_ns}".encode()
        poll = answer(content, offers(venue, price_ticks), seen_ns, **of)
        archive.keep_poll(venue, "acme-1", [poll])


@pytest.fixture
def archive(tmp_path):
    archive = Archive(tmp_path)
    for tick in range(1, 24):
        keep(archive, at(tick) - SECOND, 20_000 + tick)
    yield archive
    archive.close()


def test_an_archive_gives_ticks_and_the_last_of_them(archive):
    index = RealTimeIndex(archive, [SPOT])
    made = [index.tick(at(tick))[0] for tick in range(1, 22)]
    assert [tick.raw_ticks for tick in made] == [20_000 + tick for tick in range(1, 22)]
    assert [tick.state for tick in made] == ["halted"] * 19 + ["live"] * 2
    assert index.ticks() == [made[-1]]
    assert index.ticks(SPOT.ticker) == made
    assert index.ticks("CHR.NONE") == []


def test_a_replay_gives_the_ticks_that_were_served(archive):
    index = RealTimeIndex(archive, [SPOT])
    served = [index.tick(at(tick)) for tick in range(1, 24)]
    assert list(replay(archive, at(1) - 1, at(24), [SPOT])) == served


def test_a_row_that_came_after_a_tick_is_not_in_it(tmp_path):
    archive = Archive(tmp_path)
    keep(archive, at(1) - SECOND, 20_000, received_ns=at(1) + SECOND)
    index = RealTimeIndex(archive, [SPOT])
    assert index.tick(at(1))[0].raw_ticks is None
    assert index.tick(at(2))[0].raw_ticks == 20_000
    archive.close()


def test_what_a_collector_read_counts_without_an_archive(archive):
    index = RealTimeIndex(series=[SPOT])
    index.hear(archive.observations(at(1) - SECOND, at(1)))
    assert index.tick(at(1))[0].raw_ticks == 20_001
    index.hear(archive.observations(at(2) - SECOND, at(3)))  # The next poll is among them.
    assert index.tick(at(2))[0].raw_ticks == 20_002
    assert index.tick(at(3))[0].raw_ticks == 20_003


def test_a_clock_that_goes_back_is_refused_and_nothing_changes(archive):
    index = RealTimeIndex(archive, [SPOT])
    index.tick(at(2))
    with pytest.raises(TickRefused):
        index.tick(at(1))
    assert len(index.ticks(SPOT.ticker)) == 1
    assert index.tick(at(3))[0].raw_ticks == 20_003


def test_a_tick_leaves_as_decimal_text(archive):
    index = RealTimeIndex(archive, [SPOT])
    for tick in range(1, 21):
        (made,) = index.tick(at(tick))
    found = object_of(TICK, made)
    assert found["published_usd"] == found["mark_input_usd"] == "2.0010"
    assert (found["raw_usd"], found["state"], found["clamped"]) == ("2.0020", "live", False)
    assert found["time"] == "2026-07-20T00:35:00Z"
    assert [feed["venue"] for feed in found["feeds"]] == ["hyperbolic", "salad", "vast"]
    assert {age.age_ns for age in made.feeds} == {SECOND}
    assert index.parameters_sha256() == parameters_sha256(REAL_TIME)
