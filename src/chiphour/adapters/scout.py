"""SCOUT: phase one of the report: what was written elsewhere, each claim with its source.

Takes   sources; the time; secrets by name.
Gives   `Scouted`: claims, and a sentence for each source or entry that was refused.
Keeps   bytes, time and number of everything bounded. A claim is a sentence that stands on a page
        whose bytes were fetched and hashed; an entry without an address is none. Links lead to
        hosts that the operator named; nothing is followed further. What a page says is data: it is
        read by a program that looks for a sentence, and decides nothing.
Source  Decision 0043; the article of decision 0042, "Context scout".
"""

import asyncio
import hashlib
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chiphour.adapters.fetch import Fetched
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.fetch import FetchRefused
from chiphour.adapters.news_feed import Entry
from chiphour.adapters.news_feed import FeedRefused
from chiphour.adapters.news_feed import entries_of
from chiphour.adapters.refusal import bounded_detail
from chiphour.adapters.report_sources import Source
from chiphour.adapters.report_sources import Sources
from chiphour.adapters.report_sources import host_of
from chiphour.adapters.report_sources import url_from
from chiphour.analyse.page_text import quotation_of
from chiphour.analyse.page_text import text_of
from chiphour.analyse.report import CLAIMS_MAX
from chiphour.analyse.report import Claim
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import iso_from_ns

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/xml", "text/xml")
SEARCH_TYPES = ("application/json",)
PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
BODY_BYTES_MAX = 1 << 20
REQUEST_S = 10.0
SCOUT_S = 60.0
PAGES_MAX = 8  # Of one source.
CLAIMS_OF_SOURCE_MAX = 4
REFUSALS_KEPT = 50


class Scouted(NamedTuple):
    """What was found. `reached` tells how many sources answered."""

    claims: tuple[Claim, ...]
    refusals: tuple[str, ...]
    reached: int


def scout(
    sources: Sources,
    secrets: Mapping[str, str],
    *,
    request_s: float = REQUEST_S,
    scout_s: float = SCOUT_S,
) -> Scouted:
    """Ask every source once, all at the same time; nothing of it raises for a source's fault."""
    return asyncio.run(_scout(sources, secrets, request_s, scout_s))


async def _scout(
    sources: Sources, secrets: Mapping[str, str], request_s: float, scout_s: float
) -> Scouted:
    async with Fetcher(secrets, paced=False) as fetcher:
        asked = [_Asked(fetcher, source, sources.words, request_s) for source in sources.sources]
        tasks = [asyncio.create_task(each.ask()) for each in asked]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=scout_s)
            for task, each in zip(tasks, asked, strict=True):
                if task in late:
                    task.cancel()
                    each.refuse(f"expected an end within {scout_s:g} s, found none")
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in tasks:
                if not task.cancelled() and (fault := task.exception()) is not None:
                    raise fault
    return Scouted(
        _numbered([claim for each in asked for claim in each.claims]),
        tuple(refusal for each in asked for refusal in each.refusals)[:REFUSALS_KEPT],
        sum(each.reached for each in asked),
    )


def _numbered(found: Sequence[Claim]) -> tuple[Claim, ...]:
    """Give each page once, with ids in their order."""
    once = list({claim.url: claim for claim in reversed(found)}.values())[::-1]
    kept = enumerate(once[:CLAIMS_MAX], 1)
    return tuple(msgspec.structs.replace(claim, id=f"c{place}") for place, claim in kept)


class _Asked:
    """One source while it is asked."""

    def __init__(
        self, fetcher: Fetcher, source: Source, words: Sequence[str], request_s: float
    ) -> None:
        self._fetcher, self._source = fetcher, source
        self._words, self._request_s = words, request_s
        self.claims: list[Claim] = []
        self.refusals: list[str] = []
        self.reached = False

    def refuse(self, why: str) -> None:
        """Keep why something of this source is not used."""
        words = why if why.startswith(self._source.name) else f"{self._source.name}: {why}"
        self.refusals.append(bounded_detail(words))

    async def ask(self) -> None:
        """Ask the source, then the pages that it points at, one after the other."""
        source = self._source
        try:
            types = SEARCH_TYPES if source.results else FEED_TYPES
            answer = await self._get(source.url, types, source.secret)
            self.reached = True
            entries = await asyncio.to_thread(entries_of, source, answer.content)
        except (FetchRefused, FeedRefused) as fault:
            self.refuse(str(fault))
            return
        for entry in entries[:PAGES_MAX]:
            if len(self.claims) < CLAIMS_OF_SOURCE_MAX:
                await self._read(entry)

    async def _read(self, entry: Entry) -> None:
        """Make a claim of an entry, or keep why there is none."""
        named = repr(entry.title[:60])
        url = url_from(entry.link)
        if url is None:
            self.refuse(f"{named}: expected the address of its page, found {entry.link[:60]!r}")
            return
        if host_of(url) not in self._source.hosts:
            self.refuse(f"{named}: expected a host that is named, found {host_of(url)!r}")
            return
        try:
            page = await self._get(entry.link, PAGE_TYPES, "")
            text = await asyncio.to_thread(lambda: text_of(page.content.decode()))
        except FetchRefused as fault:
            self.refuse(str(fault))
            return
        except UnicodeDecodeError:
            self.refuse(f"{named}: expected a page in UTF-8, found another coding")
            return
        quotation = quotation_of(text, self._words)
        if not quotation:
            self.refuse(f"{named}: expected a sentence with a word that is looked for, found none")
            return
        self.claims.append(self._claim(entry, page, quotation))

    def _claim(self, entry: Entry, page: Fetched, quotation: str) -> Claim:
        return Claim(
            id="",
            source=self._source.name,
            url=entry.link,
            title=entry.title or "Without a title",
            quotation=quotation,
            published=entry.published,
            retrieved=iso_from_ns(page.received_ns),
            sha256=hashlib.sha256(page.content).hexdigest(),
        )

    async def _get(self, address: str, types: tuple[str, ...], secret: str) -> Fetched:
        """Ask for an address, whole and within every bound; raises FetchRefused."""
        url = url_from(address)
        assert url is not None
        asked = Venue(
            *(self._source.name, "", "", "", "", (), "", "posted", "schema", ""),
            base_url=f"{url.scheme}://{host_of(url)}",
            body_bytes_max=BODY_BYTES_MAX,
            content_types=types,
        )
        path = url.raw_path.decode("ascii")
        request = Request(host_of(url), path, secret=secret, secret_as=self._source.secret_as)
        deadline = asyncio.get_running_loop().time() + self._request_s
        return await self._fetcher.fetch(request, asked, deadline)
