"""SHAPES: the JSON that the API gives, described for programs: OpenAPI is written from here.

Takes   the columns of `publish.datasets`.
Gives   msgspec structs, one for each shape; they describe, the bytes come from `publish`.
Keeps   the fixing's shape equal to its table of columns. A test reads real answers back strictly.
Source  Decision 0010.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import Column

Struct = msgspec.Struct


def _field(column: Column) -> tuple[str, object]:
    kind = column.type | None if column.nullable else column.type
    return column.name, Annotated[kind, Meta(description=column.meaning, examples=[column.example])]


class Member(Struct, forbid_unknown_fields=True):
    """One owner's rate in a panel."""

    name: Annotated[str, Meta(description="The owner.", examples=["verda"])]
    venues: Annotated[list[str], Meta(description="Its venues.", examples=[["datacrunch"]])]
    rate_usd: Annotated[str, Meta(description="Rate, nine decimals.", examples=["3.250000000"])]
    rate_nanousd: Annotated[
        str, Meta(description="The exact rate, a fraction.", examples=["3250000000/1"])
    ]
    kept: Annotated[bool, Meta(description="Whether the outlier screen kept it.", examples=[True])]
    observations: Annotated[list[str], Meta(description="Ids of its rows, SHA-256.")]


class Rejection(Struct, forbid_unknown_fields=True):
    """One row or owner left out, and by which rule."""

    what: Annotated[str, Meta(description="An id of a row, or an owner.", examples=["lambda"])]
    rule: Annotated[str, Meta(description="Code of the rule.", examples=["SCREEN"])]
    statistic: Annotated[str, Meta(description="What was found.", examples=["0.740000000"])]
    threshold: Annotated[str, Meta(description="What was allowed.", examples=["0.330000000"])]


FixingRow = msgspec.defstruct(
    "FixingRow",
    [_field(column) for column in FIXING_COLUMNS],
    namespace={"__doc__": "A row of the fixings: one series at one strike."},
    forbid_unknown_fields=True,
)
Panel = msgspec.defstruct(
    "Panel",
    [
        *(_field(column) for column in FIXING_COLUMNS),
        ("reason_text", Annotated[str, Meta(description="The reason in words; else empty.")]),
        ("members", Annotated[list[Member], Meta(description="The panel, before the screen.")]),
        ("rejections", Annotated[list[Rejection], Meta(description="What was left out.")]),
    ],
    namespace={"__doc__": "A fixing with all that it was made from."},
    forbid_unknown_fields=True,
)
Fixings = msgspec.defstruct(
    "Fixings",
    [
        ("licence", Annotated[str, Meta(description="Licence.", examples=["CC-BY-4.0"])]),
        ("fixings", Annotated[list[FixingRow], Meta(description="By strike, then series.")]),  # type: ignore[valid-type]
    ],
    namespace={"__doc__": "Fixings of many series and strikes."},
    forbid_unknown_fields=True,
)

_ABOUT: list[tuple[str, object]] = [
    ("series", Annotated[str, Meta(description="Ticker.", examples=["CHR.H100.SXM.OD"])]),
    ("slug", Annotated[str, Meta(description="Name in addresses.", examples=["h100-sxm-od"])]),
    ("chip", Annotated[str, Meta(description="The chip.", examples=["H100"])]),
    ("form", Annotated[str, Meta(description="Form factor, or empty.", examples=["SXM"])]),
    ("tenor", Annotated[str, Meta(description="How it is rented.", examples=["OD"])]),
    ("measures", Annotated[str, Meta(description="What the series measures, a sentence.")]),
]
SeriesRow = msgspec.defstruct(
    "SeriesRow",
    [
        *_ABOUT,
        ("latest", Annotated[FixingRow | None, Meta(description="Its latest fixing.")]),
    ],
    namespace={"__doc__": "A series with its latest fixing."},
    forbid_unknown_fields=True,
)
SeriesList = msgspec.defstruct(
    "SeriesList",
    [("series", Annotated[list[SeriesRow], Meta(description="In the order of the table.")])],  # type: ignore[valid-type]
    namespace={"__doc__": "Every series."},
    forbid_unknown_fields=True,
)
SeriesHistory = msgspec.defstruct(
    "SeriesHistory",
    [
        *_ABOUT,
        ("latest", Annotated[Panel | None, Meta(description="Its latest fixing, in full.")]),
        ("history", Annotated[list[FixingRow], Meta(description="The earliest first.")]),  # type: ignore[valid-type]
    ],
    namespace={"__doc__": "A series with its history and the panel of its latest fixing."},
    forbid_unknown_fields=True,
)


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


class Health(Struct, forbid_unknown_fields=True):
    """Whether the server answers, and up to which day it has a release."""

    status: Annotated[str, Meta(description="`ok`.", examples=["ok"])]
    day: Annotated[
        str | None, Meta(description="Latest release; null: none yet.", examples=["2026-07-20"])
    ]


class Fault(Struct, forbid_unknown_fields=True):
    """Why a request was not answered: what was expected, what was found."""

    error: Annotated[
        str, Meta(examples=["depth: expected a whole number from 1 to 1000, found '0'"])
    ]
