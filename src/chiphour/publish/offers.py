"""OFFERS: what is on offer now, and how well each venue answers, as programs read it.

Takes   observations of the latest polls, the register, the states of collection.
Gives   plain objects, one to an offer and one to a venue.
Keeps   a price per GPU-hour beside the offer's own size; the age of every price in sight; "not
        known" apart from "none".
Source  Decision 0015; design O6.
"""

import json
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.observe.observation import PRICES
from chiphour.observe.observation import Observation
from chiphour.observe.register import Registered
from chiphour.observe.venue import Venue
from chiphour.publish.columns import Json
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_floor
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd

OFFERS_MOST = 1_000
OFFERS_DEFAULT = 100


class Wanted(NamedTuple):
    """Which offers are asked for; None is any. `after` is the cursor of the page before."""

    venue: str | None = None
    source: str | None = None
    kind: str | None = None
    chip: str | None = None
    form: str | None = None
    tenor: str | None = None
    country: str | None = None
    after: int = 0
    limit: int = OFFERS_DEFAULT


class Offers(NamedTuple):
    """A page of offers at a time. `after` continues it, None at the end."""

    now_ns: int
    offers: tuple[Observation, ...]
    after: int | None


class Refused(NamedTuple):
    """A line of the log of refusals: what did not enter the archive, and why."""

    source: str
    shape: str
    path: str
    observed_ns: int
    code: str
    detail: str
    body_sha256: str


class Collected(NamedTuple):
    """How collection of a source stands: what it is, its standing, and its last task, if any.

    `task` is the document that the collector keeps of it; {} where it was never collected live.
    """

    venue: Venue
    standing: Registered
    live: bool
    last_seen_ns: int | None
    task: Mapping[str, object]


def offer_object(seen: Observation, now_ns: int, sites: Mapping[str, str]) -> Json:
    """Give an offer as a plain object; `sites` holds the address of each source's own page.

    A row of stock has no price: `gpus` counts what was free.
    """
    spec = json.loads(seen.spec)
    priced = seen.kind in PRICES
    return {
        "venue": seen.venue,
        "source": seen.source,
        "kind": seen.kind,
        "chip": seen.chip or None,
        "chip_name": spec.get("chip_name", ""),
        "form": seen.form,
        "memory_gb": seen.memory_gb or None,
        "tenor": seen.tenor,
        "price_usd": _rate_text(seen) if priced else None,
        "gpus": seen.gpus,
        "region": spec.get("region"),
        "country": spec.get("country"),
        "interconnect": spec.get("interconnect"),
        "observed": iso_from_ns(seen.observed_ns),
        "age_seconds": _age_s(seen.observed_ns, now_ns),
        "flags": list(seen.flags),
        "link": spec.get("source_url") or sites.get(seen.source, ""),
    }


def _rate_text(seen: Observation) -> str:
    return text_from_nanousd(round_half_even(Fraction(seen.price_nanousd, seen.gpus)))


def offers_object(page: Offers, sites: Mapping[str, str]) -> Json:
    """Give a page of offers as a plain object."""
    return {
        "time": iso_from_ns(page.now_ns),
        "offers": [offer_object(seen, page.now_ns, sites) for seen in page.offers],
        "after": page.after,
    }


def refusals_object(refused: Sequence[Refused]) -> Json:
    """Give lines of the log of refusals as a plain object, the latest first."""
    lines = [one._asdict() | {"observed": iso_from_ns(one.observed_ns)} for one in refused]
    for line in lines:
        del line["observed_ns"]
    return {"refusals": lines}


def venue_object(one: Collected, now_ns: int) -> Json:
    """Give a source as a plain object: standing, evidence, limits, and how it answers."""
    venue, standing, task = one.venue, one.standing, one.task
    seen_ns = one.last_seen_ns
    return {
        "venue": venue.name,
        "owner": standing.owner,
        "role": standing.role,
        "marketplace": standing.marketplace,
        "feed": venue.feed,
        "evidence": venue.evidence,
        "compared": venue.compared,
        "tier": standing.tier,
        "tier_citation": standing.citation,
        "terms": venue.terms,
        "terms_reviewed": standing.terms_reviewed or None,
        "site": venue.site,
        "live": one.live,
        "poll_seconds": div_floor(standing.poll_ns, NS_PER_SECOND),
        "stale_after_seconds": div_floor(standing.stale_ns, NS_PER_SECOND),
        "requests_per_minute": venue.requests_per_minute,
        "pages_max": venue.pages_max,
        "body_bytes_max": venue.body_bytes_max,
        "deadline_seconds": venue.deadline_s,
        "last_seen": None if seen_ns is None else iso_from_ns(seen_ns),
        "age_seconds": None if seen_ns is None else _age_s(seen_ns, now_ns),
        "state": task.get("state", "not collected"),
        "last_success": _time(task.get("last_success_ns")),
        "next": _time(task.get("next_ns")),
        "failures": task.get("failures", 0),
        "refusals": task.get("refusals", {}),
        "last_error": task.get("last_error") or None,
    }


def venues_object(sources: Sequence[Collected], version: str, sha256: str, now_ns: int) -> Json:
    """Give every source, with the version of the register that gives their standing."""
    return {
        "register": {"version": version, "sha256": sha256},
        "venues": [venue_object(one, now_ns) for one in sources],
    }


def _age_s(seen_ns: int, now_ns: int) -> int:
    return div_floor(max(0, now_ns - seen_ns), NS_PER_SECOND)


def _time(time_ns: object) -> str | None:
    return iso_from_ns(time_ns) if isinstance(time_ns, int) and time_ns > 0 else None
