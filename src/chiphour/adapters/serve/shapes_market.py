"""SHAPES_MARKET: the JSON of contracts, books and tasks, described for programs.

Takes   nothing.
Gives   msgspec structs, one for each shape; they describe, the bytes come from `publish`.
Keeps   a test that reads real answers back strictly.
Source  Decision 0010.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from chiphour.adapters.serve.shapes import struct_of
from chiphour.publish.tasks import TASK_LIST

Struct = msgspec.Struct
Tasks = struct_of(TASK_LIST)


class Level(Struct, forbid_unknown_fields=True):
    """One price of a book."""

    price_usd: Annotated[str, Meta(description="US dollars per lot.", examples=["3.1800"])]
    lots: Annotated[int, Meta(description="GPU-hours at this price.", examples=[500])]


class Book(Struct, forbid_unknown_fields=True):
    """The order book of a contract."""

    contract: Annotated[str, Meta(description="Name.", examples=["H100SXMOD_USDC-PERPETUAL"])]
    time: Annotated[str, Meta(description="Market time, UTC.", examples=["2026-07-20T12:00:00Z"])]
    sequence: Annotated[int, Meta(description="Of the last command.", examples=[18233])]
    bids: Annotated[list[Level], Meta(description="Bids, best first.")]
    asks: Annotated[list[Level], Meta(description="Asks, best first.")]


class Contract(Struct, forbid_unknown_fields=True):
    """A contract: its terms and its prices of the moment, in US dollars per lot."""

    contract: Annotated[str, Meta(description="Name.", examples=["H100SXMOD_USDC-PERPETUAL"])]
    number: Annotated[int, Meta(description="Number in commands and events.", examples=[0])]
    type: Annotated[str, Meta(description="`perpetual` or `future`.", examples=["perpetual"])]
    state: Annotated[str, Meta(description="Where in its life it stands.", examples=["open"])]
    series: Annotated[str, Meta(description="Its index.", examples=["CHR.H100.SXM.OD"])]
    tick_usd: Annotated[str, Meta(description="Price increment.", examples=["0.000100"])]
    expiry: Annotated[
        str | None,
        Meta(description="Strike it settles on; null: none.", examples=["2026-08-31T00:30:00Z"]),
    ]
    funding_period_seconds: Annotated[int, Meta(description="0: no funding.", examples=[86400])]
    mark_usd: Annotated[str, Meta(description="Mark price.", examples=["3.184213"])]
    index_usd: Annotated[str, Meta(description="Index used.", examples=["3.170000"])]
    settlement_usd: Annotated[
        str, Meta(description="Price at which positions are carried.", examples=["3.170000"])
    ]
    open_interest_lots: Annotated[int, Meta(description="Open interest.", examples=[18400])]


class Contracts(Struct, forbid_unknown_fields=True):
    """Every contract ever listed."""

    contracts: Annotated[list[Contract], Meta(description="By number.")]


class CurvePoint(Struct, forbid_unknown_fields=True):
    """What an hour costs at a later day, by one source; null where that has no price."""

    date: Annotated[str, Meta(description="The day.", examples=["2026-08-31"])]
    source: Annotated[
        str, Meta(description="`fix`, `future`, `ahead auction` or `model`.", examples=["future"])
    ]
    name: Annotated[
        str, Meta(description="What is behind it.", examples=["H100SXMOD_USDC-31AUG26"])
    ]
    price_usd: Annotated[str | None, Meta(description="Price.", examples=["3.184200"])]
    low_usd: Annotated[
        str | None, Meta(description="Least of its interval.", examples=["3.170000"])
    ]
    high_usd: Annotated[str | None, Meta(description="Most of it.", examples=["3.198400"])]
    premium_percent: Annotated[
        str | None,
        Meta(description="What a future's price pays above the model's.", examples=["-1.25"]),
    ]
    reason: Annotated[
        str, Meta(description="Why it has no price.", examples=["ONLY_DEMONSTRATION"])
    ]


class Curve(Struct, forbid_unknown_fields=True):
    """The forward curve of a series; demonstration members make no point of it."""

    series: Annotated[str, Meta(description="Ticker.", examples=["CHR.H100.SXM.OD"])]
    points: Annotated[list[CurvePoint], Meta(description="By day, then source.")]
