"""TEST POLL: a poll is whole, with every page, or refused, with every byte as evidence.

Takes   a server on loopback with pages that go on, end, turn in circles, or are rubbish.
Gives   claims on paging, its bounds, each refusal, and the time that a poll takes.
Keeps   the client and the thread that reads as they are.
Source  Decision 0015.
"""

import asyncio
import hashlib
import json
import threading
import time

import pytest

from chiphour.adapters.fetch import REFUSALS
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.poll import poll
from chiphour.adapters.refusal import DETAIL_CHARACTERS_MAX
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Request
from chiphour.units import NS_PER_SECOND
from served import PageReader
from served import Served
from served import answer
from served import hang
from served import page
from served import reset
from served import venue


def clock():
    """Give a clock that goes on by one each time it is read."""
    time_ns = iter(range(1000, 10**9))
    return lambda: next(time_ns)


def polled(deeds, reader=None, paths=("/offers",), rates=(), requests=None, before_ns=None, **more):
    """Poll a server once that has these pages; give the poll and the paths asked for."""

    async def run():
        async with Served({f"/acme{path}": deed for path, deed in deeds.items()}) as server:
            read_by = reader or PageReader(venue(**more), paths)
            async with Fetcher({}, base_url=server.url, now_ns=clock()) as fetcher:
                found = await poll(read_by, fetcher, clock(), rates, requests, before_ns)
            return found, [path.removeprefix("/acme") for path in server.paths()]

    return asyncio.run(run())


def refused(deeds, *arguments, **more):
    found, asked = polled(deeds, *arguments, **more)
    assert found.refusal is not None
    assert found.refusal.code in REFUSALS
    assert found.observations == ()
    return found, asked


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_one_page_is_a_poll():
    found, asked = polled({"/offers": page(3)})
    (only,) = found.answers
    assert (found.source, found.observed_ns, found.refusal) == ("acme", 1000, None)
    assert asked == ["/offers"]
    assert [seen.row for seen in only.observations] == ["0", "1", "2"]
    assert {seen.observed_ns for seen in only.observations} == {1000}
    assert only.body.content == b'{"rows": 3, "further": []}'
    assert only.body.sha256 == sha256(only.body.content)
    assert (only.body.shape, only.body.observed_ns, only.body.dated) == ("page", 1000, True)
    assert not only.repeated


def test_pages_are_followed_in_order_and_share_the_time_of_the_poll():
    deeds = {"/a": page(1, "/c"), "/b": page(2), "/c": page(0, "/d"), "/d": page(4)}
    found, asked = polled(deeds, paths=("/a", "/b"))
    assert asked == ["/a", "/b", "/c", "/d"]
    assert [len(each.observations) for each in found.answers] == [1, 2, 0, 4]
    assert {each.body.observed_ns for each in found.answers} == {found.observed_ns}
    times_ns = [each.body.received_ns for each in found.answers]
    assert times_ns == sorted(set(times_ns))
    assert len(found.observations) == 7


def test_a_poll_may_ask_for_a_part_only():
    found, asked = polled({"/h100": page(1)}, requests=(Request("page", "/h100"),))
    assert (asked, len(found.observations)) == (["/h100"], 1)


def test_a_circle_of_pages_is_refused_and_its_bytes_are_kept():
    deeds = {"/offers": page(1, "/b"), "/b": page(1, "/offers")}
    found, asked = refused(deeds)
    assert asked == ["/offers", "/b"]
    assert (found.refusal.code, found.refusal.shape, found.refusal.sha256) == ("PAGES", "page", "")
    assert "'/offers' again" in found.refusal.detail
    kept = [json.loads(each.body.content)["further"] for each in found.answers]
    assert kept == [["/b"], ["/offers"]]


def test_a_page_that_leads_to_itself_is_refused():
    found, asked = refused({"/offers": page(1, "/offers")})
    assert (found.refusal.code, asked) == ("PAGES", ["/offers"])


def test_pages_without_end_are_refused_at_the_bound():
    async def next_page(asked, out):
        number = int(asked.target.rpartition("/")[2])
        out.write(page(1, f"/{number + 1}"))

    found, asked = refused({f"/{n}": next_page for n in range(99)}, paths=("/0",), pages_max=5)
    assert found.refusal.code == "PAGES"
    assert asked == ["/0", "/1", "/2", "/3", "/4"]
    assert len(found.answers) == 5


def test_as_many_pages_as_may_be_are_taken():
    deeds = {"/0": page(1, "/1"), "/1": page(1, "/2"), "/2": page(1)}
    found, _ = polled(deeds, paths=("/0",), pages_max=3)
    assert (found.refusal, len(found.observations)) == (None, 3)


def test_a_page_that_leads_to_too_many_is_refused_before_they_are_asked_for():
    found, asked = refused({"/offers": page(1, *(f"/{n}" for n in range(99)))}, pages_max=5)
    assert (found.refusal.code, asked) == ("PAGES", ["/offers"])


def test_nothing_at_all_is_refused():
    found, _ = refused({"/offers": page(0)})
    assert found.refusal.code == "EMPTY"
    assert found.refusal.sha256 == found.answers[0].body.sha256
    found, asked = refused({}, paths=())
    assert (found.refusal.code, found.refusal.shape, asked) == ("EMPTY", "", [])


@pytest.mark.parametrize("body", [b"", b"[1", b"<html>", b"\xff\xfe"])
def test_what_cannot_be_read_is_refused_with_its_bytes(body):
    found, _ = refused({"/a": page(5, "/b"), "/b": answer(body)}, paths=("/a",))
    refusal = found.refusal
    assert (refusal.code, refusal.shape, refusal.sha256) == ("UNREADABLE", "page", sha256(body))
    assert refusal.received_ns == found.answers[1].body.received_ns
    assert refusal.detail.startswith("acme: expected JSON, found")
    assert [each.body.content for each in found.answers][1] == body


def test_a_rate_must_be_older_than_the_poll():
    deeds = {"/offers": answer(b'{"rows": 1, "currency": "EUR"}')}
    found, _ = refused(deeds)
    assert found.refusal.code == "RATE_MISSING"
    late = Rate("EUR", 1000, 1_100_000_000)
    assert refused(deeds, rates=(late,))[0].refusal.code == "RATE_MISSING"
    found, _ = polled(deeds, rates=(late._replace(published_ns=999),))
    assert (found.refusal, len(found.observations)) == (None, 1)


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (answer(status=500), "STATUS"),
        (answer(status=403), "SECRET_REFUSED"),
        (answer(kind="text/html"), "CONTENT_TYPE"),
        (answer(b"x" * 2000), "TOO_LARGE"),
        (answer(b"x" * 100)[:-1], "INTERRUPTED"),
        (hang, "TIMEOUT"),
    ],
)
def test_a_refused_page_refuses_the_poll(deed, code):
    found, _ = refused(
        {"/a": page(5), "/b": deed}, paths=("/a", "/b"), body_bytes_max=1000, deadline_s=1
    )
    assert (found.refusal.code, found.refusal.sha256) == (code, "")
    assert len(found.answers) == 1
    assert found.refusal.received_ns > found.answers[0].body.received_ns
    assert found.retry_after_ns is None


def test_the_wait_that_a_venue_asks_for_is_handed_on():
    found, _ = refused({"/offers": answer(status=429, retry_after="7")})
    assert found.refusal.code == "RATE_LIMITED"
    assert found.retry_after_ns == 7 * NS_PER_SECOND


def test_the_deadline_is_of_the_whole_poll():
    """Five pages of a second each, every one in time by itself: in the second it is enough."""

    async def slow(asked, out):
        await asyncio.sleep(1.05)
        number = int(asked.target.rpartition("/")[2])
        out.write(page(1, f"/{number + 1}"))

    began = time.monotonic()
    found, _ = refused({f"/{n}": slow for n in range(5)}, paths=("/0",), deadline_s=2)
    assert time.monotonic() - began < 4
    assert (found.refusal.code, len(found.answers)) == ("TIMEOUT", 1)


def test_a_poll_that_must_end_before_a_time_does():
    began = time.monotonic()
    found, _ = refused({"/offers": hang}, before_ns=1000 + NS_PER_SECOND // 5)
    assert 0.15 < time.monotonic() - began < 3
    assert found.refusal.code == "TIMEOUT"


class HeldReader(PageReader):
    """Reads once it is let, at the latest in ten seconds; nothing of its thread runs meanwhile."""

    def __init__(self, *given):
        super().__init__(*given)
        self.begun, self.let = threading.Event(), threading.Event()

    def read(self, body):
        self.begun.set()
        assert self.let.wait(10)
        yield from super().read(body)


def test_reading_a_large_body_delays_nobody():
    """Poll another venue, from its request to its offers, while one is being read."""

    async def run():
        deeds = {"/slow/offers": page(1), "/acme/offers": page(1)}
        async with Served(deeds) as server, Fetcher({}, base_url=server.url) as fetcher:
            reader = HeldReader(venue("slow"))
            slow = asyncio.create_task(poll(reader, fetcher, time.time_ns, ()))
            while not reader.begun.is_set():
                await asyncio.sleep(0.01)
            other = await poll(PageReader(venue()), fetcher, time.time_ns, ())
            assert other.refusal is None and not slow.done()
            reader.let.set()
            assert (await slow).refusal is None

    asyncio.run(run())


def test_reading_counts_towards_the_deadline():
    class Slow(PageReader):
        def read(self, body):
            time.sleep(1.5)
            yield from super().read(body)

    found, _ = refused({"/offers": page(1)}, Slow(venue()), before_ns=1000 + NS_PER_SECOND)
    assert (found.refusal.code, len(found.answers)) == ("TIMEOUT", 1)
    assert found.refusal.sha256 == found.answers[0].body.sha256


def test_a_fault_of_the_reader_itself_is_raised():
    class Wrong(PageReader):
        def read(self, body):
            yield from {}["missing"]

    with pytest.raises(KeyError):
        polled({"/offers": page(1)}, Wrong(venue()))


def test_a_detail_is_bounded():
    found, _ = refused({"/offers": page(1, "/" + "x" * 9000)}, pages_max=1)
    assert found.refusal.code == "PAGES"
    found, _ = refused({"/offers": page(1, *["/" + "x" * 9000] * 2)})
    assert len(found.refusal.detail) <= DETAIL_CHARACTERS_MAX


@pytest.mark.parametrize("deed", [page(1, "/b?key=tok3n", "/b?key=tok3n"), page(1, "/b?key=tok3n")])
def test_a_key_in_a_venues_own_link_is_in_no_refusal(deed):
    found, _ = refused({"/offers": deed})
    assert found.refusal.code in ("PAGES", "STATUS")
    assert "/b" in found.refusal.detail
    assert "tok3n" not in str(found.refusal)


def test_what_is_not_modified_is_marked_in_the_poll():
    async def once(asked, out):
        known = "if-none-match" in asked.headers
        out.write(
            answer(b"", 304) if known else page(2).replace(b"\r\n\r\n", b'\r\netag: "a"\r\n\r\n')
        )

    async def run():
        deeds = {"/acme/offers": once}
        async with Served(deeds) as server, Fetcher({}, base_url=server.url) as fetcher:
            reader = PageReader(venue())
            first, second = [await poll(reader, fetcher, time.time_ns, ()) for _ in range(2)]
        assert [each.repeated for each in first.answers + second.answers] == [False, True]
        assert second.answers[0].body.content == first.answers[0].body.content
        assert len(second.observations) == 2
        assert second.observations[0].observed_ns > first.observations[0].observed_ns

    asyncio.run(run())


def test_a_break_in_the_last_page_keeps_no_row_of_the_others():
    async def broken(asked, out):
        out.write(page(5)[:-3])
        await out.drain()
        reset(out)

    found, _ = refused({"/a": page(5, "/b"), "/b": broken}, paths=("/a",))
    assert found.refusal.code == "INTERRUPTED"
    assert [each.observations for each in found.answers] == [()]
