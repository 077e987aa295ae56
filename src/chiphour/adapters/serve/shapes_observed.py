"""SHAPES_OBSERVED: the JSON of offers, venues, refusals and commitments, described for programs.

Takes   nothing.
Gives   msgspec structs, one for each shape; they describe, the bytes come from `publish`.
Keeps   a test that reads real answers back strictly.
Source  Decision 0015.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

Struct = msgspec.Struct


class Offer(Struct, forbid_unknown_fields=True):
    """A price that a venue asked, or what it showed as free, when it was last seen."""

    venue: Annotated[str, Meta(description="Whose price it is.", examples=["vast"])]
    source: Annotated[str, Meta(description="The reader that saw it.", examples=["vast"])]
    kind: Annotated[str, Meta(description="ask, list, bid_floor or stock.", examples=["ask"])]
    chip: Annotated[str | None, Meta(description="Null: a name no table holds.", examples=["H100"])]
    chip_name: Annotated[str, Meta(description="The source's name.", examples=["H100 SXM"])]
    form: Annotated[str, Meta(description="Form factor, empty or UNKNOWN.", examples=["SXM"])]
    memory_gb: Annotated[int | None, Meta(description="Null: not said.", examples=[80])]
    tenor: Annotated[str, Meta(description="How it is rented.", examples=["SPOT"])]
    price_usd: Annotated[
        str | None,
        Meta(description="For one GPU, one hour; null: stock.", examples=["2.190000000"]),
    ]
    gpus: Annotated[int, Meta(description="GPUs of the offer, or GPUs free.", examples=[8])]
    region: Annotated[str | None, Meta(description="The source's word.", examples=["France, FR"])]
    country: Annotated[str | None, Meta(description="ISO 3166, or null.", examples=["FR"])]
    interconnect: Annotated[str | None, Meta(description="Null: not said.", examples=["NVLINK"])]
    observed: Annotated[str, Meta(description="When, UTC.", examples=["2026-07-20T07:41:00Z"])]
    age_seconds: Annotated[int, Meta(description="How long ago.", examples=[1740])]
    flags: Annotated[list[str], Meta(description="Doubts about it.", examples=[["CARRIED"]])]
    link: Annotated[str, Meta(description="Where to look it up.", examples=["https://vast.ai/"])]


class Offers(Struct, forbid_unknown_fields=True):
    """A page of offers."""

    time: Annotated[
        str, Meta(description="What ages count from.", examples=["2026-07-20T08:10:00Z"])
    ]
    offers: Annotated[list[Offer], Meta(description="In the order in which they were kept.")]
    after: Annotated[int | None, Meta(description="Asks for the next page; null: the last.")]


class Venue(Struct, forbid_unknown_fields=True):
    """A source of observations."""

    venue: Annotated[str, Meta(description="Its word.", examples=["verda"])]
    owner: Annotated[str, Meta(description="Who owns it.", examples=["verda"])]
    role: Annotated[str, Meta(description="What its prices may do.", examples=["eligible"])]
    marketplace: Annotated[bool, Meta(description="Whether hosts set the price.")]
    feed: Annotated[str, Meta(description="`book` or `posted`.", examples=["posted"])]
    evidence: Annotated[str, Meta(description="`recorded` or `schema`.", examples=["recorded"])]
    compared: Annotated[bool, Meta(description="Whether it serves comparison alone.")]
    tier: Annotated[int, Meta(description="Capacity: 1 largest, 0 unknown.", examples=[0])]
    tier_citation: Annotated[str, Meta(description="Who counted.", examples=[""])]
    terms: Annotated[str, Meta(description="Its terms.", examples=["https://verda.com/terms"])]
    terms_reviewed: Annotated[str | None, Meta(description="Day of review; null: never.")]
    site: Annotated[str, Meta(description="Its page.", examples=["https://verda.com/"])]
    live: Annotated[bool, Meta(description="Whether it can be collected live.")]
    poll_seconds: Annotated[int, Meta(description="Poll interval.", examples=[1800])]
    stale_after_seconds: Annotated[int, Meta(description="Age limit.", examples=[86400])]
    requests_per_minute: Annotated[int, Meta(description="Rate limit.", examples=[30])]
    pages_max: Annotated[int, Meta(description="Pages of a poll.", examples=[20])]
    body_bytes_max: Annotated[int, Meta(description="Bytes of an answer.", examples=[16777216])]
    deadline_seconds: Annotated[int, Meta(description="Of a poll.", examples=[60])]
    last_seen: Annotated[str | None, Meta(description="Latest observation, UTC; null: none.")]
    age_seconds: Annotated[int | None, Meta(description="How long ago that was.")]
    state: Annotated[
        str,
        Meta(
            description="closed, open, half-open, failed, or `not collected`.", examples=["closed"]
        ),
    ]
    last_success: Annotated[str | None, Meta(description="Last poll that was kept, UTC.")]
    next: Annotated[str | None, Meta(description="Next poll, UTC.")]
    failures: Annotated[int, Meta(description="In a row.", examples=[0])]
    refusals: Annotated[dict[str, int], Meta(description="Counts by code.")]
    last_error: Annotated[str | None, Meta(description="Why the last poll was refused.")]


class Register(Struct, forbid_unknown_fields=True):
    """Which register of venues gives their standing."""

    version: Annotated[str, Meta(description="Day of its last change.", examples=["2026-11-27"])]
    sha256: Annotated[str, Meta(description="Hash of its rows.")]


class Venues(Struct, forbid_unknown_fields=True):
    """Every source."""

    register: Annotated[Register, Meta(description="Where their standing comes from.")]
    venues: Annotated[list[Venue], Meta(description="By name.")]


class Refusal(Struct, forbid_unknown_fields=True):
    """One line of the log of refusals."""

    source: Annotated[str, Meta(description="The source.", examples=["verda"])]
    shape: Annotated[str, Meta(description="Of the body, or empty.", examples=["instance-types"])]
    path: Annotated[str, Meta(description="Of the recording, or empty.")]
    code: Annotated[str, Meta(description="Why.", examples=["TIMEOUT"])]
    detail: Annotated[str, Meta(description="In words.")]
    body_sha256: Annotated[str, Meta(description="Of the bytes that came, or empty.")]
    observed: Annotated[str, Meta(description="When, UTC.", examples=["2026-07-20T07:41:00Z"])]


class Refusals(Struct, forbid_unknown_fields=True):
    """The log of refusals."""

    refusals: Annotated[list[Refusal], Meta(description="The latest first.")]


class Commitment(Struct, forbid_unknown_fields=True):
    """When a book is polled before a strike: a hash that is known before, the times after it.

    `sha256` is that of the JSON object of venue, day, nonce and offsets_ns, with sorted keys and no
    spaces.
    """

    venue: Annotated[str, Meta(description="Who is polled.", examples=["vast"])]
    day: Annotated[str, Meta(description="Of the strike, UTC.", examples=["2026-07-20"])]
    sha256: Annotated[str, Meta(description="Binds us to the times, and hides them.")]
    committed: Annotated[str, Meta(description="When, UTC.", examples=["2026-07-19T00:30:00Z"])]
    opens: Annotated[str, Meta(description="The window, UTC.", examples=["2026-07-20T00:20:00Z"])]
    strike: Annotated[str, Meta(description="Its end, UTC.", examples=["2026-07-20T00:30:00Z"])]
    revealed: Annotated[str | None, Meta(description="When the rest was; null: not yet.")]
    nonce: Annotated[str | None, Meta(description="Null: not revealed yet.")]
    offsets_ns: Annotated[
        list[int] | None, Meta(description="The times, from `opens`; null: not revealed yet.")
    ]
    polls: Annotated[list[str], Meta(description="Polls kept between `opens` and `strike`, UTC.")]


class Commitments(Struct, forbid_unknown_fields=True):
    """Commitments to the times of polls."""

    commitments: Annotated[list[Commitment], Meta(description="The latest day first.")]
