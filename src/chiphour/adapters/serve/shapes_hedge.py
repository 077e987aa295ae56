"""SHAPES_HEDGE: what is asked and answered about hedging, for programs and for the command line.

Takes   nothing.
Gives   msgspec structs: a question (`HedgeAsked`), its answer (`Hedge`), the parts of it.
Keeps   a question bounded by its own description: what is out of bounds is refused as it is read.
Source  Decisions 0010 and 0044.
"""

from typing import Annotated
from typing import Literal

import msgspec
from msgspec import Meta

from chiphour.analyse.hedge import HOURS_MAX
from chiphour.analyse.hedge import MONTHS_MAX

DECIMAL = r"^\d{1,12}(\.\d{1,9})?$"
Money = Annotated[str, Meta(description="US dollars.", examples=["150000.000000"])]
Positive = Annotated[str, Meta(pattern=DECIMAL, description="Decimal text.", examples=["3.00"])]
Hours = Annotated[int, Meta(description="GPU-hours.", examples=[50000])]


class Question(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A question; a field that it does not know is refused."""


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer, or a part of one."""


class MonthAsked(Question):
    """Hours that will be bought in a month."""

    month: Annotated[
        str, Meta(pattern=r"^\d{4}-\d{2}$", description="To come.", examples=["2026-09"])
    ]
    hours: Annotated[int, Meta(ge=1, le=HOURS_MAX, description="GPU-hours.", examples=[50000])]


class HedgeAsked(Question):
    """An exposure: what will be bought, when, and where."""

    months: Annotated[
        list[MonthAsked],
        Meta(min_length=1, max_length=MONTHS_MAX, description="The exposure, each month once."),
    ]
    series: Annotated[
        str, Meta(max_length=80, description="A slug or a ticker.", examples=["h100-sxm-od"])
    ] = "CHR.H100.SXM.OD"
    venues: Annotated[
        list[Annotated[str, Meta(max_length=80)]],
        Meta(max_length=8, description="Whose mean price is paid, of its members; []: the index."),
    ] = msgspec.field(default_factory=list)
    price_usd: Annotated[
        Positive | None, Meta(description="What the index is now; null: the last fix.")
    ] = None
    spike_usd: Annotated[Positive | None, Meta(description="A price to add to the scenarios.")] = (
        None
    )
    ratio: Annotated[
        Positive | None, Meta(description="Lots an hour, 0 to 2; null: estimated, else 1.")
    ] = None
    annual_volatility: Annotated[
        Positive | None,
        Meta(description="Of the price, 0 to 5, such as 0.6; null: recorded days are drawn."),
    ] = None


class HedgeRatio(Answer):
    """Lots for an hour, and where the figure comes from."""

    value: Annotated[str, Meta(description="Lots for an hour.", examples=["1.000000"])]
    low: Annotated[str | None, Meta(description="Of its 90 % interval; null: there is none.")]
    high: Annotated[str | None, Meta(description="Of its 90 % interval; null: there is none.")]
    source: Annotated[
        Literal["estimated", "given", "assumed"], Meta(description="Where it comes from.")
    ]
    days: Annotated[int, Meta(description="Recorded changes from one day to the next.")]
    moved: Annotated[int, Meta(description="On how many of them the index moved.")]
    reason: Annotated[str, Meta(description="Why it is assumed, or ''.")]


class HedgeLeg(Answer):
    """A month of the exposure with the contract that hedges it."""

    month: Annotated[str, Meta(description="The month.", examples=["2026-09"])]
    hours: Hours
    cost_usd: Annotated[str, Meta(description="US dollars, at today's price of the venue.")]
    contract: Annotated[
        str | None, Meta(description="Its name.", examples=["H100SXMODAVG_USDC-30SEP26"])
    ]
    match: Annotated[
        Literal["average", "month end", "later", "none"],
        Meta(description="How its end fits the month."),
    ]
    lots: Annotated[int, Meta(description="To buy; one lot is one GPU-hour.")]
    price_usd: Annotated[str | None, Meta(description="US dollars a lot, of all the lots.")]
    limit_usd: Annotated[str | None, Meta(description="The worst price that is needed for them.")]
    price_source: Annotated[
        Literal["book", "fix", "none"],
        Meta(description="`book`: its asks. `fix`: none are there, so this is indicative."),
    ]
    mid_usd: Annotated[str | None, Meta(description="Between best bid and ask; null: no book.")]
    lots_offered: Annotated[int, Meta(description="In the book, as far as it was read.")]
    slippage_usd: Annotated[str, Meta(description="US dollars above the mid, for all the lots.")]
    reason: Annotated[str, Meta(description="Why it fits badly or there is none, or ''.")]


class HedgeLocked(Answer):
    """What the hedge locks: of the months that have a contract."""

    lots: Annotated[int, Meta(description="Bought in all.")]
    hours: Hours
    unhedged_hours: Annotated[int, Meta(description="GPU-hours that stay open.")]
    cost_usd: Annotated[str, Meta(description="US dollars for these hours, hedge included.")]
    usd_per_hour: Annotated[str | None, Meta(description="The same, for one of them.")]
    fees_usd: Annotated[str, Meta(description="US dollars, the exchange's.")]
    slippage_usd: Annotated[str, Meta(description="US dollars above the mid.")]


class HedgeMargin(Answer):
    """What the account must hold once the lots are bought."""

    initial_usd: Money
    maintenance_usd: Money
    reason: Annotated[str, Meta(description="Why the exchange would refuse, or ''.")]


class HedgeScenario(Answer):
    """A price at which all hours are bought and all lots settle."""

    name: Annotated[str, Meta(description="What happens.", examples=["price doubles"])]
    price_usd: Annotated[str, Meta(description="US dollars: the index.")]
    unhedged_usd: Annotated[str, Meta(description="What the hours cost then.")]
    futures_usd: Annotated[str, Meta(description="What the lots gain, fees taken off.")]
    hedged_usd: Annotated[str, Meta(description="What the hours cost, less that.")]
    variation_usd: Annotated[
        str, Meta(description="What the account receives in cash; below nought: must pay.")
    ]
    initial_usd: Annotated[str, Meta(description="Initial margin at that price.")]
    cash_usd: Annotated[
        str,
        Meta(description="Cash that, held from the start, covers margin, fees and this move."),
    ]


class CostSpread(Answer):
    """A distribution of the total cost."""

    mean_usd: Money
    sd_usd: Money
    p5_usd: Money
    p50_usd: Money
    p95_usd: Money


class CostDistribution(Answer):
    """The total cost without the hedge and with it."""

    without: Annotated[CostSpread, Meta(description="Nothing is hedged.")]
    hedged: Annotated[CostSpread, Meta(description="The lots are held until they end.")]
    paths: Annotated[int, Meta(description="How many were drawn.")]
    days: Annotated[int, Meta(description="Recorded changes that they were drawn from.")]
    source: Annotated[
        Literal["recorded days", "stated volatility"], Meta(description="What was drawn.")
    ]


class HedgeRisk(Answer):
    """What the hedge leaves open."""

    name: Annotated[
        Literal["basis", "liquidity", "contracts", "cash", "data"], Meta(description="Its kind.")
    ]
    words: Annotated[str, Meta(description="How much of it there is, in a sentence.")]


class HedgeOrderParams(Answer):
    """The parameters of an order, as the JSON-RPC methods take them."""

    instrument_name: Annotated[str, Meta(examples=["H100SXMODAVG_USDC-30SEP26"])]
    amount: Annotated[int, Meta(description="Lots.")]
    type: Annotated[Literal["limit"], Meta(description="A limit order.")]
    price: Annotated[float, Meta(description="US dollars a lot.")]
    time_in_force: Annotated[
        Literal["good_til_cancelled"], Meta(description="Until it is cancelled.")
    ]
    label: Annotated[str, Meta(examples=["hedge-2026-09"])]


class HedgeOrder(Answer):
    """An order that would buy a leg; nothing has sent it."""

    method: Annotated[Literal["private/buy"], Meta(description="Of JSON-RPC.")]
    params: Annotated[HedgeOrderParams, Meta(description="Its parameters.")]


class Hedge(Answer):
    """An exposure, its hedge, and what remains."""

    series: Annotated[str, Meta(examples=["CHR.H100.SXM.OD"])]
    as_of: Annotated[str, Meta(description="Time that it is as of, UTC.")]
    venues: Annotated[list[str], Meta(description="Whose mean price is paid; []: the index.")]
    price_usd: Annotated[str, Meta(description="The index: US dollars a GPU-hour.")]
    price_source: Annotated[str, Meta(description="`given`, or the day of the fix.")]
    venue_price_usd: Annotated[str, Meta(description="What the venues ask: US dollars.")]
    hours: Hours
    cost_usd: Annotated[str, Meta(description="US dollars, of all hours at today's price.")]
    ratio: Annotated[HedgeRatio, Meta(description="Lots for an hour.")]
    legs: Annotated[list[HedgeLeg], Meta(description="One for each month, in order.")]
    locked: Annotated[HedgeLocked, Meta(description="What the lots fix.")]
    margin: Annotated[HedgeMargin, Meta(description="What the account must hold.")]
    scenarios: Annotated[list[HedgeScenario], Meta(description="What may happen; [] for no lots.")]
    distribution: Annotated[
        CostDistribution | None, Meta(description="What it may cost; null: not enough to go by.")
    ]
    distribution_reason: Annotated[str, Meta(description="Why there is none, or ''.")]
    risks: Annotated[list[HedgeRisk], Meta(description="What remains open.")]
    orders: Annotated[list[HedgeOrder], Meta(description="That would buy the lots; not sent.")]
