"""INDEX_CLOCK: strikes are published when they close, and not before.

Takes   an archive with a few days of rate cards; a clock that the test moves.
Gives   a failure where a strike is fixed early, missed, or fixed twice.
Keeps   the batch of a strike before its fixes in the log.
Source  Decision 0020.
"""

import json
import threading
from datetime import date

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.index_clock import GRACE_NS
from chiphour.adapters.index_clock import index_clock
from chiphour.adapters.index_clock import last_close_ns
from chiphour.adapters.index_clock import last_moment_ns
from chiphour.adapters.index_clock import next_moment_ns
from chiphour.adapters.index_clock import publish_closed
from chiphour.adapters.log import open_log
from chiphour.index.series import ALL_SERIES
from chiphour.observe.venue import body_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns
from signed import rows

FIRST = strike_ns(date(2026, 7, 20))
CLOSE_NS = 5 * NS_PER_MINUTE


def keep(archive, strike):
    cards = rows(strike)
    seen_ns = cards[0].observed_ns
    body = body_of(str(strike).encode(), "list", seen_ns, seen_ns, (), True)
    seen = tuple(card._replace(raw_sha256=body.sha256) for card in cards)
    archive.keep_poll("snapshot", "1", [Answer(body, seen)])


@pytest.fixture
def world(tmp_path):
    archive = Archive(tmp_path)
    for day in range(3):
        keep(archive, FIRST + day * NS_PER_DAY)
    log = open_log(tmp_path)
    yield archive, log
    log.close()
    archive.close()


def strikes(archive):
    return sorted({fixing.strike_ns for fixing in archive.fixings()})


def test_a_strike_closes_five_minutes_after_it():
    close = FIRST + CLOSE_NS
    assert last_close_ns(close) == close
    assert last_close_ns(close - 1) == close - NS_PER_DAY
    assert last_close_ns(close + NS_PER_DAY - 1) == close


def test_moments_are_strikes_and_closes_by_turns():
    strike, close = FIRST + NS_PER_DAY, FIRST + NS_PER_DAY + CLOSE_NS
    assert last_moment_ns(strike - 1) == FIRST + CLOSE_NS
    assert last_moment_ns(strike) == last_moment_ns(close - 1) == strike
    assert last_moment_ns(close) == close
    assert next_moment_ns(FIRST + CLOSE_NS) == strike
    assert next_moment_ns(strike) == close


def test_a_fix_is_final_from_the_next_strike_on(world):
    archive, log = world
    publish_closed(archive, log, FIRST + CLOSE_NS)
    publish_closed(archive, log, FIRST + NS_PER_DAY - 1)
    assert {fixing.vintage for fixing in archive.fixings()} == {"provisional"}
    publish_closed(archive, log, FIRST + NS_PER_DAY)
    assert {fixing.vintage for fixing in archive.fixings()} == {"final"}


def test_what_has_closed_is_published_and_nothing_else(world):
    archive, log = world
    assert publish_closed(archive, log, FIRST + CLOSE_NS - 1) == 0
    assert (strikes(archive), log.size) == ([], 0)
    assert publish_closed(archive, log, FIRST + NS_PER_DAY + CLOSE_NS) == len(ALL_SERIES)
    assert strikes(archive) == [FIRST, FIRST + NS_PER_DAY]
    size = log.size
    assert publish_closed(archive, log, FIRST + NS_PER_DAY + CLOSE_NS + 1) == len(ALL_SERIES)
    assert log.size == size


def test_every_fix_stands_after_its_batch(world):
    archive, log = world
    publish_closed(archive, log, FIRST + 2 * NS_PER_DAY + CLOSE_NS)
    leaves = [json.loads(leaf) for leaf in log.leaves(0, log.size)]
    batches = {leaf["strike"]: at for at, leaf in enumerate(leaves) if leaf["type"] == "batch"}
    fixes = [(at, leaf) for at, leaf in enumerate(leaves) if leaf["type"] == "fix"]
    assert len(batches) == 3
    assert fixes
    assert all(at > batches[leaf["strike"]] for at, leaf in fixes)


def test_the_clock_publishes_when_the_time_comes(world):
    archive, log = world
    now_ns = [FIRST + CLOSE_NS + GRACE_NS]
    seen = threading.Event()

    def clock():
        if len(strikes(archive)) == 2:
            seen.set()
        return now_ns[0]

    with index_clock(archive, log, clock):
        assert strikes(archive) == [FIRST]  # That which closed while nobody was there.
        now_ns[0] += NS_PER_DAY
        assert seen.wait(timeout=30)
    assert strikes(archive) == [FIRST, FIRST + NS_PER_DAY]
