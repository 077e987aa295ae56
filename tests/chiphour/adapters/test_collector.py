"""TEST COLLECTOR: every venue has its polls, whatever the others do, and what came is kept whole.

Takes   a server on loopback that plays many venues, good and bad; stores; a clock that runs fast.
Gives   claims on a round, on the lanes, on faults of venues, of ours and of the store, on stopping.
Keeps   sockets, threads and kills real.
Source  Decision 0015.
"""

import asyncio
import contextlib
import json
import logging
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from chiphour.adapters import collector as collecting
from chiphour.adapters.collector import Collector
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.schedule import BOOK_NS
from chiphour.adapters.schedule import Commitment
from chiphour.adapters.schedule import check_reveal
from chiphour.adapters.schedule import commitment
from chiphour.adapters.schedule import strike_polls_ns
from chiphour.observe.observation import MarketError
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Request
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import strike_ns
from served import PageReader
from served import Served
from served import answer
from served import hang
from served import page
from served import reset
from served import venue

SEED = b"a seed of the tests"
DAY = date(2026, 8, 1)
NOW = strike_ns(DAY) + NS_PER_HOUR


class Store:
    """Keeps in memory; notes on which threads it is called."""

    def __init__(self, rates=(), last_polls=None, tasks=()):
        self.polls, self.refusals, self.states = [], [], {each.source: each for each in tasks}
        self.commitments, self.revealed = {}, []
        self.known_rates, self.lasts_ns = rates, dict(last_polls or {})
        self.threads, self.history = set(), []

    def keep_poll(self, poll):
        self.threads.add(threading.current_thread())
        self.polls.append(poll)
        if poll.refusal is None:
            self.lasts_ns[poll.source] = poll.observed_ns
        return len(poll.observations)

    def refuse(self, refusal):
        self.refusals.append(refusal)

    def keep_task(self, state):
        self.threads.add(threading.current_thread())
        self.states[state.source] = state
        self.history.append(state)

    def tasks(self):
        return tuple(self.states.values())

    def last_polls(self):
        return dict(self.lasts_ns)

    def rates(self, before_ns):
        self.threads.add(threading.current_thread())
        return tuple(rate for rate in self.known_rates if rate.published_ns < before_ns)

    def commit(self, commitment):
        self.commitments.setdefault((commitment.venue, commitment.day), commitment)

    def reveal(self, revealed):
        self.revealed.append(revealed)

    def unrevealed(self):
        known = {(each.venue, each.day) for each in self.revealed}
        return tuple(made for key, made in self.commitments.items() if key not in known)

    def of(self, source):
        return [poll for poll in self.polls if poll.source == source]


class Clock:
    """Stands until it is moved."""

    def __init__(self, start_ns=NOW):
        self.start_ns = start_ns

    def now_ns(self):
        return self.start_ns

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)


class Leaping(Clock):
    """Leaps, when all sleep who can, to the moment at which the first one wakes.

    So hours pass at once, and however slow the machine is, nothing is late. The sleepers are the
    tasks of the venues and the one that keeps the commitments.
    """

    def __init__(self, venues, start_ns=NOW):
        super().__init__(start_ns)
        self._sleepers = venues + 1
        self._asleep = []

    async def sleep(self, seconds):
        wakes = asyncio.get_running_loop().create_future()
        self._asleep.append((self.start_ns + round(seconds * NS_PER_SECOND), wakes))
        if len(self._asleep) == self._sleepers:
            self.start_ns = min(wakes_ns for wakes_ns, _ in self._asleep)
            due = [wakes for wakes_ns, wakes in self._asleep if wakes_ns <= self.start_ns]
            self._asleep = [each for each in self._asleep if each[0] > self.start_ns]
            for each in due:
                if not each.done():
                    each.set_result(None)
        await wakes


@contextlib.asynccontextmanager
async def collecting_from(deeds, readers, store, clock=None, **more):
    """Give a collector of these readers, from a server that does these deeds, and the server."""
    timed = {"now_ns": clock.now_ns, "sleep": clock.sleep} if clock else {}
    async with Served(deeds) as server, Fetcher({}, base_url=server.url) as fetcher:
        made = Collector(readers, fetcher, store, **{"seed": SEED} | timed | more)
        yield made, server


async def until(is_so, seconds=10.0):
    """Wait until something is so; fail where it takes too long."""
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(made):
    """Let a collector run while the context lasts; then it must stop within two seconds."""
    stop = asyncio.Event()
    task = asyncio.create_task(made.run(stop))
    try:
        yield task
    finally:
        stop.set()
        began = time.monotonic()
        await task
        assert time.monotonic() - began < 2


@contextlib.asynccontextmanager
async def running_from(deeds, readers, store, clock, **more):
    """Let such a collector run while the context lasts; give the server."""
    async with (
        collecting_from(deeds, readers, store, clock, **more) as (made, server),
        running(made),
    ):
        yield server


def readers(*names, **fields):
    return [PageReader(venue(name, **fields)) for name in names]


def test_a_round_polls_every_venue_once_and_keeps_what_came():
    async def run():
        store = Store()
        deeds = {"/a/offers": page(2, "/b"), "/a/b": page(1), "/b/offers": page(5)}
        async with collecting_from(deeds, readers("a", "b"), store) as (made, server):
            outcomes = await made.round()
        assert sorted(server.paths()) == ["/a/b", "/a/offers", "/b/offers"]
        assert [(each.source, each.new) for each in outcomes] == [("a", 3), ("b", 5)]
        assert [each.poll for each in outcomes] == sorted(store.polls)
        assert all(each.elapsed_ns > 0 and each.state.state == "closed" for each in outcomes)
        assert [store.states[name].rows for name in "ab"] == [3, 5]
        assert [each._replace(queue=0) for each in made.states()] == [
            each.state._replace(queue=0) for each in outcomes
        ]

    asyncio.run(run())


def test_a_source_that_is_only_recorded_is_not_asked():
    async def run():
        async with collecting_from({}, readers("a", base_url=""), Store()) as (made, server):
            assert await made.round() == []
            assert server.asked == []

    asyncio.run(run())


def test_rates_come_before_the_venues_that_need_them():
    class WithRates(Store):
        def keep_poll(self, poll):
            if poll.source == "bank":
                self.known_rates = (Rate("EUR", 1, 1_100_000_000),)
            return super().keep_poll(poll)

    async def late(asked, out):
        await asyncio.sleep(0.2)
        out.write(page(1))

    async def run():
        deeds = {"/euro/offers": answer(b'{"rows": 1, "currency": "EUR"}'), "/bank/offers": late}
        first = frozenset({"bank", "unknown"})
        read_by = readers("euro", "bank")
        for how in ("round", "run"):
            store = WithRates()
            async with collecting_from(deeds, read_by, store, first=first) as (made, _):
                if how == "round":
                    await made.round()
                else:
                    async with running(made):
                        await until(lambda store=store: store.of("euro"))
            assert [each.refusal for each in store.polls] == [None, None]

    asyncio.run(run())


def test_a_source_of_rates_that_hangs_holds_nobody_for_long(monkeypatch):
    monkeypatch.setattr(collecting, "FIRST_WAIT_S", 0.2)

    async def run():
        store = Store()
        deeds = {"/a/offers": page(1), "/bank/offers": hang}
        read_by = [*readers("a"), *readers("bank", deadline_s=1)]
        first = frozenset({"bank"})
        async with collecting_from(deeds, read_by, store, first=first) as (made, _):
            outcomes = await made.round()
        assert outcomes[0].poll.refusal is None
        assert store.polls[0].source == "a"
        assert outcomes[1].poll.refusal.code == "TIMEOUT"

    asyncio.run(run())


async def flood(asked, out):
    out.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    while True:
        out.write(b"[" * 65536)
        await out.drain()


async def broken(asked, out):
    out.write(page(9)[:-3])
    await out.drain()
    reset(out)


BAD = {
    "hung": (hang, "TIMEOUT"),
    "flooding": (flood, "TOO_LARGE"),
    "rubbish": (answer(b"<html>"), "UNREADABLE"),
    "typed": (answer(b"<html>", kind="text/html"), "CONTENT_TYPE"),
    "busy": (answer(b"", 429, retry_after="600"), "RATE_LIMITED"),
    "down": (answer(b"", 500), "STATUS"),
    "broken": (broken, "INTERRUPTED"),
    "empty": (page(0), "EMPTY"),
    "turning": (page(1, "/offers"), "PAGES"),
}


def test_no_bad_venue_delays_or_spoils_another():
    """Nine venues each with its own fault beside nine good ones, all at once."""
    good = [f"good{number}" for number in range(9)]

    async def run():
        store = Store()
        deeds = {f"/{name}/offers": page(100) for name in good}
        deeds |= {f"/{name}/offers": deed for name, (deed, _) in BAD.items()}
        read_by = readers(*BAD, *good, deadline_s=3, body_bytes_max=8 << 20)
        async with collecting_from(deeds, read_by, store) as (made, _):
            began = time.monotonic()
            outcomes = {each.source: each for each in await made.round()}
            assert time.monotonic() - began < 9  # Nine that hang in turn take 27.
        for name in good:
            assert outcomes[name].new == 100
            assert outcomes[name].elapsed_ns < 3 * NS_PER_SECOND
        for name, (_, code) in BAD.items():
            assert outcomes[name].poll.refusal.code == code
            assert outcomes[name].poll.observations == ()
            assert outcomes[name].state.refusals == {code: 1}
        kept = {poll.source: poll for poll in store.polls}
        assert kept.keys() == outcomes.keys()
        assert kept["rubbish"].answers[0].body.content == b"<html>"

    asyncio.run(run())


def test_a_round_respects_the_breakers():
    async def run():
        store, clock = Store(), Clock()
        deeds = {"/busy/offers": answer(b"", 429, retry_after="600"), "/a/offers": page(1)}
        async with collecting_from(deeds, readers("a", "busy"), store, clock) as (made, server):
            await made.round()
            for elapsed_s, asked in ((599, 1), (600, 2), (601, 2)):
                clock.start_ns = NOW + elapsed_s * NS_PER_SECOND
                outcome = (await made.round())[1]
                assert server.paths().count("/busy/offers") == asked
                assert (outcome.poll is not None) == (elapsed_s == 600)
            assert server.paths().count("/a/offers") == 4
            assert outcome.state.next_ns == NOW + 1200 * NS_PER_SECOND

    asyncio.run(run())


def test_a_venue_that_fails_is_asked_less_and_less_until_it_is_well():
    """Retries come after 5, 10 and 30 s; then it is well, and the breaker closes."""
    times_ns = []

    async def run():
        store, clock = Store(), Leaping(1)

        async def ill(asked, out):
            times_ns.append(clock.now_ns())
            out.write(page(1) if len(times_ns) > 3 else answer(b"", 500))

        more = {"jitter_ppm": lambda: 0}
        async with running_from({"/a/offers": ill}, readers("a"), store, clock, **more):
            await until(lambda: "a" in store.states and store.states["a"].successes)
        state = store.states["a"]
        assert (state.state, state.refusals, state.failures) == ("closed", {"STATUS": 3}, 0)
        words = [each.state for each in store.history if each.last_try_ns]
        assert words[:4] == ["closed", "closed", "open", "closed"]
        waits_ns = [later - time_ns for time_ns, later in pairwise(times_ns)]
        assert waits_ns[:3] == [5 * NS_PER_SECOND, 10 * NS_PER_SECOND, 30 * NS_PER_SECOND]
        assert waits_ns[3:] == [30 * NS_PER_MINUTE] * len(waits_ns[3:])

    asyncio.run(run())


class Books(PageReader):
    """A venue with a book, of which the perpetual needs one page."""

    def requests_book(self):
        yield Request("page", "/h100")


def test_the_lanes_of_a_day():
    """From eleven minutes before a strike to just after it."""
    strike = strike_ns(DAY)

    async def run():
        store, clock = Store(), Leaping(2, strike - 11 * NS_PER_MINUTE)
        deeds = {"/vast/offers": page(9), "/vast/h100": page(2), "/card/offers": page(1)}
        read_by = [Books(venue("vast", feed="book")), *readers("card")]
        intervals_ns = {"card": 5 * NS_PER_MINUTE}
        async with running_from(deeds, read_by, store, clock, intervals_ns=intervals_ns):
            await until(lambda: store.revealed)
            await until(lambda: clock.now_ns() > strike + 30 * NS_PER_SECOND)
        return store

    store = asyncio.run(run())
    began_ns = strike - 11 * NS_PER_MINUTE
    times_ns = {}  # By source and rows: when those polls began.
    for each in store.polls:
        assert each.refusal is None
        if each.observed_ns < strike:
            place = each.source, len(each.observations)
            times_ns.setdefault(place, []).append(each.observed_ns)
    # The first poll is of the lane "round"; then come the five of the strike, each in its time.
    assert times_ns["vast", 9] == [began_ns, *strike_polls_ns(SEED, "vast", DAY)]
    assert times_ns["card", 1] == [began_ns + n * 5 * NS_PER_MINUTE for n in range(3)]
    books = times_ns["vast", 2]
    every = sorted(books + times_ns["vast", 9])
    assert all(later - time_ns <= BOOK_NS for time_ns, later in pairwise(every))
    assert all(time_ns - every[every.index(time_ns) - 1] == BOOK_NS for time_ns in books)
    assert len(times_ns) == 3
    made = store.commitments["vast", DAY]
    assert made.committed_ns < strike - 10 * NS_PER_MINUTE
    (revealed,) = store.revealed
    assert check_reveal(made.sha256, revealed)
    assert {day for _, day in store.commitments} == {DAY, date(2026, 8, 2)}
    assert {name for name, _ in store.commitments} == {"vast"}


def test_a_collector_that_begins_in_the_window_commits_before_it_polls():
    class Noting(Store):
        def commit(self, commitment):
            time.sleep(0.05)
            self.order = [*getattr(self, "order", []), "committed"]
            super().commit(commitment)

        def rates(self, before_ns):
            self.order = [*getattr(self, "order", []), "polls"]
            return super().rates(before_ns)

    async def run():
        store = Noting()
        deeds = {f"/{name}/offers": page(1) for name in "abc"}
        clock = Clock(strike_ns(DAY) - 5 * NS_PER_MINUTE)
        async with running_from(deeds, readers(*"abc", feed="book"), store, clock):
            await until(lambda: len(store.polls) == 3)
        assert store.order[:4] == ["committed"] * 3 + ["polls"]

    asyncio.run(run())


class Impatient(Clock):
    """Stands until it is moved; looks again at once, where another would look in a second."""

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, 0.005))


def test_a_clock_that_is_set_back_stops_nobody():
    """Set it back by a week while a book waits for its next poll, and another for its breaker."""
    week_ns = 7 * 24 * NS_PER_HOUR

    async def run():
        store, clock = Store(), Impatient()
        deeds = {"/book/offers": page(1), "/ill/offers": answer(b"", 500)}
        read_by = [*readers("book", feed="book"), *readers("ill")]
        more = {"jitter_ppm": lambda: 0}
        async with running_from(deeds, read_by, store, clock, **more):
            await until(
                lambda: {"book", "ill"} <= {name for name in store.states if store.of(name)}
            )
            await asyncio.sleep(0.05)
            clock.start_ns -= week_ns
            await until(lambda: len(store.of("book")) == 2)
            await until(lambda: date(2026, 7, 26) in {day for _, day in store.commitments})
            clock.start_ns += 4 * NS_PER_SECOND
            await asyncio.sleep(0.1)
            assert len(store.of("ill")) == 1  # It is left alone for five seconds, as it was.
            clock.start_ns += 2 * NS_PER_SECOND
            await until(lambda: len(store.of("ill")) == 2)
        assert store.of("book")[1].observed_ns == NOW - week_ns

    asyncio.run(run())


def test_a_new_collector_fills_the_gap_at_once_and_only_the_gap():
    async def run():
        store = Store(last_polls={"old": NOW - NS_PER_HOUR, "fresh": NOW - NS_PER_MINUTE})
        deeds = {f"/{name}/offers": page(1) for name in ("old", "fresh", "never")}
        read_by = readers("old", "fresh", "never")
        async with running_from(deeds, read_by, store, Clock()) as server:
            await until(lambda: store.of("old") and store.of("never"))
            await asyncio.sleep(0.1)
            assert "/fresh/offers" not in server.paths()
        assert store.states["fresh"].next_ns == NOW + 29 * NS_PER_MINUTE
        assert store.states["fresh"].last_success_ns == NOW - NS_PER_MINUTE

    asyncio.run(run())


def test_a_new_collector_keeps_the_wait_that_a_venue_asked_for():
    async def run():
        store, clock = Store(), Clock()
        deeds = {"/busy/offers": answer(b"", 429, retry_after="600")}
        async with running_from(deeds, readers("busy"), store, clock):
            await until(lambda: "busy" in store.states)
        clock.start_ns += NS_PER_MINUTE
        async with running_from(deeds, readers("busy"), store, clock) as server:
            await asyncio.sleep(0.2)
        assert server.asked == []
        assert len(store.polls) == 1

    asyncio.run(run())


class Crashing(PageReader):
    """Its program fails at first."""

    left = 2

    def read(self, body):
        self.left -= 1
        if self.left >= 0:
            raise [AssertionError("ours"), KeyError("row")][self.left]
        yield from super().read(body)


def test_a_task_that_dies_is_begun_again_and_the_others_go_on(caplog):
    async def run():
        store, clock = Store(), Leaping(2)
        deeds = {"/crashing/offers": page(3), "/a/offers": page(1)}
        read_by = [Crashing(venue("crashing")), *readers("a")]
        intervals_ns = {"a": NS_PER_SECOND}
        async with running_from(deeds, read_by, store, clock, intervals_ns=intervals_ns):
            await until(lambda: "crashing" in store.states and store.states["crashing"].successes)
        failed = next(each for each in store.history if each.state == "failed")
        assert (failed.failures, failed.next_ns > NOW + 4 * NS_PER_SECOND) == (1, True)
        assert failed.last_error == "FAILED: KeyError: 'row'"
        state = store.states["crashing"]
        assert (state.state, state.refusals, state.rows) == ("closed", {"FAILED": 2}, 3)
        assert [(r.source, r.code) for r in store.refusals] == [("crashing", "FAILED")] * 2
        assert len(store.of("a")) > 5
        assert all(poll.refusal is None for poll in store.polls)

    asyncio.run(run())
    assert "Traceback" in caplog.text
    assert caplog.text.count("failed source=") == 2


def test_a_fault_of_ours_in_a_round_is_an_outcome():
    async def run():
        store = Store()
        deeds = {"/crashing/offers": page(3), "/a/offers": page(1)}
        read_by = [Crashing(venue("crashing")), *readers("a")]
        async with collecting_from(deeds, read_by, store) as (made, _):
            crashed, good = await made.round()
        assert (crashed.poll, crashed.new, crashed.state.state) == (None, 0, "failed")
        assert good.new == 1

    asyncio.run(run())


def test_a_store_that_fails_is_tried_again_and_stops_nobody(caplog):
    class Full(Store):
        faults = 3

        def keep_poll(self, poll):
            if self.faults:
                self.faults -= 1
                raise MarketError("expected room, found none")
            return super().keep_poll(poll)

        def keep_task(self, state):
            if 0 < self.faults < 3:
                raise MarketError("expected room, found none")
            super().keep_task(state)

    async def run():
        store = Full()
        clock = Leaping(1)
        async with running_from({"/a/offers": page(1)}, readers("a"), store, clock):
            await until(lambda: store.of("a"))
        assert store.states["a"].refusals == {"FAILED": 3}
        assert [poll.refusal for poll in store.polls] == [None]

    asyncio.run(run())
    assert "unkept source=" in caplog.text
    assert "Traceback" not in caplog.text  # The world's fault: its words are enough.


def test_one_thread_touches_the_store_and_it_is_not_the_loops():
    async def run():
        store = Store()
        names = [f"v{number}" for number in range(20)]
        deeds = {f"/{name}/offers": page(1) for name in names}
        async with collecting_from(deeds, readers(*names), store) as (made, _):
            await made.round()
        assert len(store.threads) == 1
        assert store.threads != {threading.main_thread()}

    asyncio.run(run())


def test_a_slow_store_holds_no_loop_and_its_queue_is_seen_and_bounded(monkeypatch):
    monkeypatch.setattr(collecting, "QUEUE_MAX", 3)

    class Held(Store):
        """Keeps its first poll once it is let, at the latest in ten seconds."""

        let = threading.Event()

        def keep_poll(self, poll):
            assert self.let.wait(10)
            return super().keep_poll(poll)

    async def run():
        store = Held()
        names = [f"v{number}" for number in range(12)]
        deeds = {f"/{name}/offers": page(1) for name in names}
        async with collecting_from(deeds, readers(*names), store) as (made, server):
            round_ = asyncio.create_task(made.round())
            await until(lambda: len(server.paths()) == 12)  # Polls go on while the store is held.
            await until(lambda: max(state.queue for state in made.states()) > 3)
            assert not store.polls and not round_.done()
            store.let.set()
            outcomes = await round_
        assert len(store.polls) == 12
        assert max(each.state.queue for each in outcomes) > 3
        assert all(state.queue == 0 for state in made.states())

    asyncio.run(run())


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_it_ends_within_two_seconds_whatever_hangs(how):
    """A venue that hangs, one that floods slowly, a store that is busy: then nothing is left."""

    class Busy(Store):
        def keep_poll(self, poll):
            time.sleep(0.3)
            return super().keep_poll(poll)

    async def run():
        store = Busy()
        deeds = {"/hung/offers": hang, **{f"/{name}/offers": page(1) for name in "abcdefgh"}}
        read_by = readers("hung", *"abcdefgh", deadline_s=60)
        before = asyncio.all_tasks()
        async with collecting_from(deeds, read_by, store) as (made, server):
            stop = asyncio.Event()
            task = asyncio.create_task(made.run(stop))
            await until(lambda: store.polls and "/hung/offers" in server.paths())
            began = time.monotonic()
            stop.set() if how == "stop" else task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 2
            assert task.cancelled() == (how == "cancel")
            kept = len(store.polls)
            await asyncio.sleep(0.5)
            assert len(store.polls) == kept  # Nobody writes any more.
        assert asyncio.all_tasks() == before
        assert not [t for t in threading.enumerate() if t.name.startswith("collect-store")]

    asyncio.run(run())


def test_a_collector_that_was_cancelled_can_go_on():
    async def run():
        store, clock = Store(), Clock()
        deeds = {"/a/offers": answer(b"", 500)}
        async with collecting_from(deeds, readers("a"), store, clock) as (made, server):
            for _ in range(3):
                clock.start_ns += NS_PER_HOUR
                await made.round()
            server.deeds["/a/offers"] = hang
            clock.start_ns += NS_PER_HOUR
            task = asyncio.create_task(made.round())
            await until(lambda: len(server.asked) == 4)
            assert made.states()[0].state == "half-open"
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            server.deeds["/a/offers"] = page(1)
            (outcome,) = await made.round()
            assert (outcome.new, outcome.state.state) == (1, "closed")

    asyncio.run(run())


def test_commitments_are_tried_again_and_stay_and_another_seeds_are_not_revealed(caplog):
    yesterday = date(2026, 7, 31)

    class Shy(Store):
        faults = 1

        def commit(self, commitment):
            if self.faults:
                self.faults -= 1
                raise MarketError("expected room, found none")
            super().commit(commitment)

    async def run():
        store = Shy()
        of_old = Commitment("vast", yesterday, commitment(SEED, "vast", yesterday), 1)
        of_another = Commitment("vast", DAY, commitment(SEED * 2, "vast", DAY), 1)
        store.commitments = {("vast", yesterday): of_old, ("vast", DAY): of_another}
        clock = Leaping(1)
        read_by = readers("vast", feed="book")
        async with running_from({"/vast/offers": page(1)}, read_by, store, clock):
            await until(lambda: len(store.commitments) == 3)
            await until(lambda: store.revealed)
            await until(lambda: "unrevealed source=" in caplog.text)  # The seed told comes first.
        assert [each.day for each in store.revealed] == [yesterday]
        assert store.commitments["vast", DAY] == of_another

    asyncio.run(run())
    assert "uncommitted day=" in caplog.text


def test_each_thing_done_is_one_line_without_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    token = "tok3n-nobody-may-see"

    class Secret(PageReader):
        def requests(self):
            yield Request("page", "/a\n", secret="ACME_TOKEN", secret_as="query key")

    async def run():
        deeds = {"/offers": page(3), "/a%0A": answer(b"", 500)}
        async with Served(deeds) as server, Fetcher({"ACME_TOKEN": token}) as fetcher:
            read_by = [
                PageReader(venue("good", base_url=server.url)),
                Secret(venue("bad", base_url=server.url)),
            ]
            await Collector(read_by, fetcher, Store(), seed=SEED).round()
            assert any(token in asked.target for asked in server.asked) == (len(server.asked) == 2)

    asyncio.run(run())
    ours = [each for each in caplog.records if each.name == "chiphour.collect"]
    assert sorted(each.getMessage().split(" ")[0] for each in ours) == ["polled", "refused"]
    for each in ours:
        assert "\n" not in each.getMessage()
        assert json.loads(each.getMessage().split("source=")[1].split(" ")[0]) in ("good", "bad")
    assert token not in caplog.text


class SqliteStore(Store):
    """Keeps polls in a file: each with all its rows, in one transaction."""

    def __init__(self, file):
        super().__init__()
        self._base = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("create table if not exists polls(source, observed_ns, rows)")
        self._base.execute("create table if not exists rows(source, observed_ns, row)")

    def keep_poll(self, poll):
        self._base.execute("begin immediate")
        place = (poll.source, poll.observed_ns)
        seen = poll.observations
        self._base.execute("insert into polls values (?, ?, ?)", (*place, len(seen)))
        for each in seen:
            self._base.execute("insert into rows values (?, ?, ?)", (*place, each.row))
        self._base.execute("commit")
        return len(seen)

    def last_polls(self):
        return dict(self._base.execute("select source, max(observed_ns) from polls group by 1"))

    def torn(self):
        """Give the polls whose rows are not all there, and the rows without a poll."""
        return self._base.execute(
            "select source, observed_ns, sum(n) from (select source, observed_ns, rows as n from "
            "polls union all select source, observed_ns, -1 from rows) group by 1, 2 having "
            "sum(n) != 0"
        ).fetchall()


NAMES = ("a", "b", "c")


def collect_for_ever(url, file):
    """Poll without a pause, until killed; the child of the test below."""

    async def run():
        intervals_ns = dict.fromkeys(NAMES, 1)
        async with Fetcher({}, base_url=url) as fetcher:
            store = SqliteStore(file)
            made = Collector(readers(*NAMES), fetcher, store, seed=SEED, intervals_ns=intervals_ns)
            await made.run(asyncio.Event())

    asyncio.run(run())


@pytest.mark.long
@pytest.mark.suite
def test_a_collector_that_is_killed_leaves_nothing_half_and_the_next_goes_on(tmp_path):
    file = tmp_path / "store.db"
    store = SqliteStore(file)
    chance = random.Random(3)
    here = Path(__file__)
    program = "import test_collector; test_collector.collect_for_ever(*{})"

    def polls():
        return store._base.execute("select count(*) from polls").fetchone()[0]

    async def run():
        deeds = {f"/{name}/offers": page(3000) for name in NAMES}
        async with Served(deeds) as server:
            for _ in range(6):
                before = polls()
                folders = [str(here.parent), str(here.parents[2])]
                child = subprocess.Popen(
                    [sys.executable, "-c", program.format((server.url, str(file)))],
                    env={"PYTHONPATH": ":".join(folders), "PYTHONDONTWRITEBYTECODE": "1"},
                )
                try:
                    await until(lambda before=before: polls() > before, 30)
                    await asyncio.sleep(chance.uniform(0, 0.2))
                finally:
                    child.send_signal(signal.SIGKILL)
                    child.wait()
                assert store.torn() == []
            last_ns = max(store.last_polls().values())
            async with Fetcher({}, base_url=server.url) as fetcher:
                intervals_ns = dict.fromkeys(NAMES, 1)
                made = Collector(
                    readers(*NAMES), fetcher, store, seed=SEED, intervals_ns=intervals_ns
                )
                async with running(made):
                    await until(lambda: min(store.last_polls().values()) > last_ns)
        assert store.torn() == []

    asyncio.run(run())
