"""OFFERS: what every venue asks now, as far as each source showed it last.

Takes   a connection to the archive, the time, how old a price may be, what is wanted.
Gives   a page of observations: of each source and venue the prices and the stock of its last poll
        in the time allowed, in the order in which they were kept.
Keeps   every answer bounded, and quick whatever the archive holds: it looks up the last poll of
        each venue, then reads the rows of these polls alone.
Source  Decision 0015.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any
from typing import NamedTuple

from sqlalchemy import BigInteger
from sqlalchemy import ColumnElement
from sqlalchemy import Connection
from sqlalchemy import Text
from sqlalchemy import and_
from sqlalchemy import column
from sqlalchemy import select
from sqlalchemy import values

from chiphour.adapters.archive_rows import Stored
from chiphour.adapters.archive_rows import stored_from
from chiphour.adapters.archive_tables import OBSERVATIONS
from chiphour.adapters.archive_tables import READINGS
from chiphour.adapters.archive_tables import SHOWN
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import canonical_json
from chiphour.observe.venue import PART
from chiphour.observe.venues import venues

OFFERED = (*PRICES, "stock")  # The kinds that tell what can be rented.
LIMIT_MAX = 1000
POLLS_MAX = 5_000  # In one question: a database takes 32,766 values in one.


class Filter(NamedTuple):
    """What is wanted of the offers; None is any. `country` is the word in `spec`."""

    source: str | None = None
    venue: str | None = None
    kind: str | None = None
    chip: str | None = None
    form: str | None = None
    tenor: str | None = None
    country: str | None = None


ALL = Filter()


class Page(NamedTuple):
    """Offers, and where to go on: the `after` of the next page, None where nothing follows."""

    offers: tuple[Stored, ...]
    next: int | None


def current_offers(
    connection: Connection, now_ns: int, age_ns_max: int, only: Filter, after: int, limit: int
) -> Page:
    """Give the offers that are current at a time, from the one after `after` on."""
    assert 1 <= limit <= LIMIT_MAX
    offer = OBSERVATIONS.c
    latest = _latest(connection, now_ns - age_ns_max, now_ns, only)
    parts = (latest[start : start + POLLS_MAX] for start in range(0, len(latest), POLLS_MAX))
    each = (_sequences(connection, part, only, after, limit + 1) for part in parts)
    found = sorted(chain.from_iterable(each))[: limit + 1]
    here = found[:limit]
    rows = select(OBSERVATIONS).where(offer.sequence.in_(here)).order_by(offer.sequence)
    offers = tuple(stored_from(row) for row in connection.execute(rows))
    return Page(offers, here[-1] if len(found) > limit else None)


def _sequences(
    connection: Connection, latest: list[tuple[str, str, int]], only: Filter, after: int, most: int
) -> list[int]:
    """Give the sequences after `after` of what is wanted of these polls, the first ones."""
    polls = values(
        column("source", Text), column("venue", Text), column("at", BigInteger), name="polls"
    ).data(latest)
    poll = polls.cte("polls")
    offer = OBSERVATIONS.c
    of_poll = and_(
        offer.source == poll.c.source,
        offer.venue == poll.c.venue,
        offer.observed_ns == poll.c.at,
        offer.kind.in_(OFFERED),
    )
    # By `sequence + 0`, lest a planner walk the whole table in the order of `sequence`.
    wanted = (
        select(offer.sequence)
        .join_from(poll, OBSERVATIONS, of_poll)
        .where(offer.sequence > after, *_wanted(only))
        .order_by(offer.sequence + 0)
        .limit(most)
    )
    return list(connection.execute(wanted).scalars())


def _latest(
    connection: Connection, from_ns: int, until_ns: int, only: Filter
) -> list[tuple[str, str, int]]:
    """Give the time of the last poll in [from, until] for each source and venue that has one."""
    seen = OBSERVATIONS.c
    at = (
        select(seen.observed_ns)
        .where(
            seen.source == SHOWN.c.source,
            seen.venue == SHOWN.c.venue,
            seen.observed_ns.between(from_ns, until_ns),
            seen.kind.in_(OFFERED),
        )
        .order_by(seen.observed_ns.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = select(SHOWN.c.source, SHOWN.c.venue, at)
    for name in ("source", "venue"):
        word = getattr(only, name)
        if word is not None:
            wanted = wanted.where(SHOWN.c[name] == word)
    found = [tuple(row) for row in connection.execute(wanted) if row[2] is not None]
    whole = {source: _last_whole(connection, from_ns, until_ns, source) for source in in_parts()}
    latest = ((source, venue, whole.get(source, at)) for source, venue, at in found)
    return [(source, venue, at) for source, venue, at in latest if at is not None]


@cache
def in_parts() -> tuple[str, ...]:
    """Give the sources of which some polls ask for a part alone: such a poll is not the last."""
    return tuple(name for name, reader in venues().items() if hasattr(reader, "requests_book"))


def _last_whole(connection: Connection, from_ns: int, until_ns: int, source: str) -> int | None:
    """Give the time of the last poll in [from, until] that asked a source for all it offers."""
    read = READINGS.c
    wanted = (
        select(read.observed_ns)
        .where(
            read.source == source,
            read.observed_ns.between(from_ns, until_ns),
            read.shape.not_like(f"%{PART}"),
        )
        .order_by(read.observed_ns.desc())
        .limit(1)
    )
    return connection.execute(wanted).scalar()


def _wanted(only: Filter) -> Iterator[ColumnElement[Any]]:
    """Yield a condition for each word of a filter."""
    for name in ("kind", "chip", "form", "tenor"):
        word = getattr(only, name)
        if word is not None:
            yield OBSERVATIONS.c[name] == word
    if only.country is not None:
        # `spec` is canonical: the pair stands in it in one form, and inside no other text.
        pair = canonical_json({"country": only.country})[1:-1]
        yield OBSERVATIONS.c.spec.contains(pair, autoescape=True)
