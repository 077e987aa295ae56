"""CARDS: the pictures that stand where a page is shared, drawn on demand and kept for a while.

Takes   requests for a series, a day, a report.
Gives   PNG.
Keeps   the loop and other requests free: one card is drawn at a time, on a thread; a few may wait,
        more are told to come again. A card is at most half an hour old, and so many are kept.
Source  Decision 0041.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from typing import cast

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.exceptions import ServiceUnavailableException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import day_asked
from chiphour.adapters.serve.asked import named_file
from chiphour.adapters.serve.asked import series_named
from chiphour.adapters.serve.gathered import release_of
from chiphour.adapters.serve.view import IndexView
from chiphour.publish.card import day_card
from chiphour.publish.card import fix_card
from chiphour.publish.card_words import day_card_of
from chiphour.publish.card_words import fix_card_of
from chiphour.publish.card_words import report_card_of
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import strike_day

PNG = "image/png"
KEPT_SECONDS = 1_800
KEPT_MOST = 256  # Of some 30 kB each.
WAITING_MOST = 4
KEEPING = f"public, max-age={KEPT_SECONDS}"
RELEASE = "GPU rental reference prices"


class Cards:
    """Cards by what they show. Safe from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Hold none; `now` counts seconds."""
        self._now = now
        self._kept: OrderedDict[object, tuple[float, bytes]] = OrderedDict()
        self._drawing = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING_MOST)

    def card(self, key: object, draw: Callable[[], bytes]) -> bytes:
        """Give a card, drawn now or within the last half hour.

        Raises ServiceUnavailableException where too many wait for theirs.
        """
        held = self._held(key)
        if held is not None:
            return held
        if not self._waiting.acquire(blocking=False):
            raise ServiceUnavailableException(
                f"expected at most {WAITING_MOST} cards to be drawn at once, found more; ask again",
                headers={"Retry-After": "2"},
            )
        try:
            with self._drawing:
                held = self._held(key)  # Another may have drawn it meanwhile.
                if held is None:
                    held = draw()
                    self._kept[key] = self._now(), held
                    while len(self._kept) > KEPT_MOST:
                        self._kept.popitem(last=False)
                return held
        finally:
            self._waiting.release()

    def _held(self, key: object) -> bytes | None:
        made, card = self._kept.get(key, (0.0, b""))
        return card if card and self._now() - made < KEPT_SECONDS else None


def _answered(request: Asked, key: object, draw: Callable[[], bytes]) -> Response[bytes]:
    cards = cast(Cards, request.app.state.cards)
    return answered(request, cards.card(key, draw), PNG, KEEPING)


def _series_card(view: IndexView, slug: str, day: date | None) -> bytes:
    series = series_named(slug)
    known = in_order(view.fixings(series.ticker))
    history = [fixing for fixing in known if day is None or strike_day(fixing) <= day]
    return fix_card(fix_card_of(series, history, view.frame().labels))


def _day_card(view: IndexView, day: date) -> bytes:
    return day_card(day_card_of(RELEASE, release_of(view, day)))


def _report_card(view: IndexView, day: date) -> bytes:
    report = view.report(day)
    assert report is not None, "it is one of `report_days`"
    before = [each for each in view.days() if each <= day]
    release = release_of(view, max(before)) if before else None
    return day_card(report_card_of(day, report.title, release, view.frame().labels))


@get("/cards/series/{file:str}", include_in_schema=False, media_type=PNG, sync_to_thread=True)
def series_card(request: Asked, file: FromPath[str]) -> Response[bytes]:
    """Give the card of a series: its latest strike."""
    slug, _ = named_file(file, ("png",))
    name, view = series_named(slug).slug, view_of(request)
    return _answered(request, ("series", name), lambda: _series_card(view, name, None))


@get(
    "/cards/series/{slug:str}/{file:str}",
    include_in_schema=False,
    media_type=PNG,
    sync_to_thread=True,
)
def fix_card_file(request: Asked, slug: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """Give the card of a series at a strike."""
    name, view = series_named(slug).slug, view_of(request)
    day = day_asked(view, named_file(file, ("png",))[0])
    return _answered(request, ("series", name, day), lambda: _series_card(view, name, day))


@get("/cards/release.png", include_in_schema=False, media_type=PNG, sync_to_thread=True)
def release_card(request: Asked) -> Response[bytes]:
    """Give the card of the latest release."""
    view = view_of(request)
    days = view.days()
    if not days:
        raise NotFoundException("expected a first release, found none yet: nothing was fixed")
    return _answered(request, ("day", max(days)), lambda: _day_card(view, max(days)))


@get("/cards/report/{file:str}", include_in_schema=False, media_type=PNG, sync_to_thread=True)
def report_card(request: Asked, file: FromPath[str]) -> Response[bytes]:
    """Give the card of the report of a day: its title, and the figures that it had before it."""
    view = view_of(request)
    day = day_from_text(named_file(file, ("png",))[0], view.report_days(), "report")
    return _answered(request, ("report", day), lambda: _report_card(view, day))


CARDS: Sequence[HTTPRouteHandler] = (series_card, fix_card_file, release_card, report_card)
