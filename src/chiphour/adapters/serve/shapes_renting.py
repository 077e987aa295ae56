"""SHAPES_RENTING: what is asked and answered about renting and buying, for programs.

Takes   nothing.
Gives   msgspec structs: a question (`RentOrBuyAsked`), its answer (`RentOrBuy`), the parts of it.
Keeps   a question bounded by its own description.
Source  Decisions 0010 and 0044.
"""

from typing import Annotated
from typing import Literal

import msgspec
from msgspec import Meta

from chiphour.adapters.serve.shapes_hedge import Answer
from chiphour.adapters.serve.shapes_hedge import Question

DECIMAL = r"^\d{1,12}(\.\d{1,9})?$"
Usd = Annotated[str, Meta(description="US dollars.", examples=["912.400000"])]
Figure = Annotated[str, Meta(description="Decimal text.", examples=["0.2"])]


class RentOrBuyAsked(Question):
    """A GPU: which, where, and for how many hours a month it does useful work."""

    chip: Annotated[str, Meta(max_length=20, examples=["H100"])] = "H100"
    form: Annotated[str, Meta(max_length=10, description="'' where there is one.")] = "SXM"
    region: Annotated[str, Meta(max_length=30, description="Whose electricity.")] = "us-ohio"
    hours_per_month: Annotated[
        int, Meta(ge=1, le=730, description="Useful hours of one GPU in a month.")
    ] = 500
    rent_usd: Annotated[
        Annotated[str, Meta(pattern=DECIMAL)] | None,
        Meta(description="A rent by the hour to compare with; null: the market's."),
    ] = None
    assumptions: Annotated[
        dict[
            Annotated[str, Meta(max_length=40)],
            Annotated[str, Meta(pattern=DECIMAL)],
        ],
        Meta(max_length=16, description="Figures to take instead of ours, by name."),
    ] = msgspec.field(default_factory=dict)


class OwnCostLine(Answer):
    """A part of what owning costs."""

    name: Annotated[str, Meta(examples=["depreciation"])]
    usd_per_month: Usd
    usd_per_hour: Usd


class OwnCost(Answer):
    """What owning one GPU costs, used so many hours."""

    usd_per_month: Usd
    usd_per_hour: Annotated[str, Meta(description="US dollars a useful hour.")]
    hours_most: Annotated[int, Meta(description="Useful hours that a month has at most.")]
    server_gpus: Annotated[int, Meta(description="How many are bought at once.")]
    lines: Annotated[list[OwnCostLine], Meta(description="What it is made of.")]


class RentCost(Answer):
    """Renting the same hours in one way."""

    tenor: Annotated[str, Meta(examples=["OD"])]
    words: Annotated[str, Meta(description="What is promised.")]
    price_usd: Annotated[str | None, Meta(description="US dollars a GPU-hour; null: none known.")]
    source: Annotated[str, Meta(description="Where the price is from.")]
    mean_usd: Annotated[
        str | None,
        Meta(description="The mean of that price over the life of the GPU, as it falls."),
    ]
    usd_per_month: Annotated[
        str | None, Meta(description="US dollars for these hours, at the mean.")
    ]
    usd_per_hour: Annotated[str | None, Meta(description="US dollars a useful hour.")]
    cheaper: Annotated[
        Literal["rent", "own"] | None, Meta(description="Which, at these hours; null: no price.")
    ]
    breakeven_hours: Annotated[
        int | None, Meta(description="Hours a month at which both cost the same; null: none.")
    ]
    breakeven_utilisation: Annotated[
        str | None, Meta(description="The same, as a share of the month.")
    ]
    reason: Annotated[str, Meta(description="Why there is no price or no break-even, or ''.")]


class RuleOfThumb(Answer):
    """The rule of thumb of 500 hours a month, held against these figures."""

    hours: Annotated[int, Meta(examples=[500])]
    holds: Annotated[
        bool | None, Meta(description="Whether 500 lies where break-even may; null: no price.")
    ]
    breakeven_low: Annotated[int | None, Meta(description="With the kindest single assumption.")]
    breakeven_high: Annotated[int | None, Meta(description="With the harshest; null: never.")]
    words: Annotated[str, Meta(description="The rule, corrected.")]


class AssumptionMoved(Answer):
    """What one assumption moves."""

    name: Annotated[str, Meta(examples=["capital_usd"])]
    low: Figure
    high: Figure
    at_low_usd_per_hour: Usd
    at_high_usd_per_hour: Usd
    breakeven_at_low: Annotated[int | None, Meta(description="Hours a month; null: never.")]
    breakeven_at_high: Annotated[int | None, Meta(description="Hours a month; null: never.")]


class AssumptionStated(Answer):
    """A figure that the answer stands on."""

    name: Annotated[str, Meta(examples=["capital_usd"])]
    value: Figure
    low: Figure
    high: Figure
    unit: Annotated[str, Meta(description="What it counts.")]
    source: Annotated[str, Meta(description="`assumption` where nobody published it.")]
    date: Annotated[str, Meta(description="Of the source; '' for one of yours.")]
    overridden: Annotated[bool, Meta(description="Stated by whoever asked.")]


class RentOrBuy(Answer):
    """Owning a GPU beside renting it."""

    chip: Annotated[str, Meta(examples=["H100"])]
    form: Annotated[str, Meta(examples=["SXM"])]
    region: Annotated[str, Meta(description="Whose electricity.", examples=["us-ohio"])]
    as_of: Annotated[str, Meta(description="Time that prices are as of, UTC.")]
    hours_per_month: Annotated[int, Meta(description="Useful hours of one GPU in a month.")]
    own: Annotated[OwnCost, Meta(description="Owning one.")]
    rent: Annotated[list[RentCost], Meta(description="Renting one, by tenor.")]
    rule: Annotated[RuleOfThumb, Meta(description="The rule of 500 hours, corrected.")]
    sensitivity: Annotated[list[AssumptionMoved], Meta(description="What moves most, first.")]
    chart_svg: Annotated[str, Meta(description="The sensitivity, drawn.")]
    assumptions: Annotated[list[AssumptionStated], Meta(description="What it stands on.")]
