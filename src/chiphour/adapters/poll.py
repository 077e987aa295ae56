"""POLL: one venue asked once: all its pages, read; whole, or refused as a whole.

Takes   a reader, the fetcher, the time, the rates of currencies that are known.
Gives   `Poll`: the answers and what was read from them, or why it is refused.
Keeps   a poll whole: where anything is refused, no observation of it is kept, but the bytes that
        came are, as evidence. Pages and time bounded; no page asked for twice. A large body is
        read on another thread, so that it delays nobody.
Source  Decisions 0003 and 0015.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from typing import NamedTuple

from chiphour.adapters.fetch import Fetched
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.fetch import FetchRefused
from chiphour.adapters.fetch import shown_path
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.refusal import bounded_detail
from chiphour.observe.observation import Observation
from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venue import Body
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Reader
from chiphour.observe.venue import Request
from chiphour.observe.venue import body_of
from chiphour.units import NS_PER_SECOND


class Answer(NamedTuple):
    """One answer and what was read from it; nothing where the poll is refused.

    `repeated` tells that the venue called it unchanged, and the bytes are those of last time.
    """

    body: Body
    observations: tuple[Observation, ...]
    repeated: bool


class Poll(NamedTuple):
    """One poll of one venue. `retry_after_ns` is the wait that the venue asked for, if any.

    The refusal's `shape` is that of the request refused; its `received_ns` is when the refused body
    came, or else when the poll was given up.
    """

    source: str
    observed_ns: int
    answers: tuple[Answer, ...]
    refusal: Refusal | None
    retry_after_ns: int | None

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Give all that was read, in the order of the pages."""
        return tuple(seen for answer in self.answers for seen in answer.observations)


class _Refused(Exception):
    """Ends a poll; carries what its refusal says."""

    def __init__(
        self,
        code: str,
        detail: str,
        request: Request,
        body: Body | None = None,
        retry_after_ns: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.request = request
        self.body = body
        self.retry_after_ns = retry_after_ns


async def poll(
    reader: Reader,
    fetcher: Fetcher,
    now_ns: Callable[[], int],
    rates: tuple[Rate, ...],
    requests: Iterable[Request] | None = None,
    before_ns: int | None = None,
) -> Poll:
    """Poll a venue once, within its deadline; `before_ns` is when it must have ended as well.

    Asks for `requests`, or all that the reader asks for, and for the pages that follow. What goes
    wrong in the world becomes the poll's refusal; a fault of the reader itself is raised.
    """
    work = _Work(reader, fetcher, now_ns, rates, before_ns)
    try:
        await work.run(reader.requests() if requests is None else requests)
    except _Refused as fault:
        return work.refused(fault)
    return Poll(reader.VENUE.name, work.observed_ns, tuple(work.answers), None, None)


class _Work:
    """A poll under way."""

    def __init__(
        self,
        reader: Reader,
        fetcher: Fetcher,
        now_ns: Callable[[], int],
        rates: tuple[Rate, ...],
        before_ns: int | None,
    ) -> None:
        self._reader = reader
        self._venue = reader.VENUE
        self._fetcher = fetcher
        self._now_ns = now_ns
        self.observed_ns = now_ns()
        self._rates = tuple(rate for rate in rates if rate.published_ns < self.observed_ns)
        self._seen: set[Request] = set()
        self._waiting: deque[Request] = deque()
        self.answers: list[Answer] = []
        seconds: float = self._venue.deadline_s
        if before_ns is not None:
            seconds = min(seconds, (before_ns - self.observed_ns) / NS_PER_SECOND)
        self._deadline = asyncio.get_running_loop().time() + seconds

    async def run(self, requests: Iterable[Request]) -> None:
        """Ask for every page; raises _Refused at the first that is not as it should be."""
        last = Request("", "")
        for request in requests:
            self._add(request)
        while self._waiting:
            last = self._waiting.popleft()
            for request in await self._answer(last):
                self._add(request)
        if not any(answer.observations for answer in self.answers):
            body = self.answers[-1].body if self.answers else None
            raise _Refused("EMPTY", "expected at least one observation, found none", last, body)

    def refused(self, fault: _Refused) -> Poll:
        """Give the poll without observations, its bodies kept as evidence."""
        evidence = tuple(answer._replace(observations=()) for answer in self.answers)
        refusal = Refusal(
            self._venue.name,
            fault.request.shape,
            "",
            self.observed_ns,
            fault.body.received_ns if fault.body else self._now_ns(),
            fault.code,
            bounded_detail(fault.detail),
            fault.body.sha256 if fault.body else "",
        )
        return Poll(self._venue.name, self.observed_ns, evidence, refusal, fault.retry_after_ns)

    def _add(self, request: Request) -> None:
        """Put a page on the list; refuse it before it is asked for where the list may not grow."""
        if request in self._seen:
            detail = f"expected a further page, found {shown_path(request)!r} again"
            raise _Refused("PAGES", detail, request)
        if len(self._seen) >= self._venue.pages_max:
            detail = f"expected at most {self._venue.pages_max} pages, found more"
            raise _Refused("PAGES", detail, request)
        self._seen.add(request)
        self._waiting.append(request)

    async def _answer(self, request: Request) -> list[Request]:
        """Fetch and read one page; give the requests that it leads to."""
        fetched = await self._fetch(request)
        body = body_of(
            fetched.content, request.shape, self.observed_ns, fetched.received_ns, self._rates
        )
        self.answers.append(Answer(body, (), fetched.repeated))
        observations, further = await self._read(request, body)
        self.answers[-1] = Answer(body, observations, fetched.repeated)
        return further

    async def _fetch(self, request: Request) -> Fetched:
        try:
            return await self._fetcher.fetch(request, self._venue, self._deadline)
        except FetchRefused as fault:
            raise _Refused(fault.code, fault.detail, request, None, fault.retry_after_ns) from None

    async def _read(
        self, request: Request, body: Body
    ) -> tuple[tuple[Observation, ...], list[Request]]:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await asyncio.to_thread(_read_all, self._reader, body)
        except RateMissing as fault:
            raise _Refused("RATE_MISSING", str(fault), request, body) from None
        except UnexpectedData as fault:
            raise _Refused("UNREADABLE", str(fault), request, body) from None
        except TimeoutError:
            raise _Refused("TIMEOUT", "expected it read in time", request, body) from None


def _read_all(reader: Reader, body: Body) -> tuple[tuple[Observation, ...], list[Request]]:
    """Read a body to its end; on a thread of its own."""
    observations: list[Observation] = []
    further: list[Request] = []
    for found in reader.read(body):
        if isinstance(found, Request):
            further.append(found)
        else:
            observations.append(found)
    return tuple(observations), further
