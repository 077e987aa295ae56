"""SHAPES_PROCURE: what is asked and answered about having a job done, for programs.

Takes   nothing.
Gives   msgspec structs: a job (`ProcureAsked`), its answer (`Procured`), the parts of it.
Keeps   a job bounded by its own description.
Source  Decisions 0010 and 0044.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from chiphour.adapters.serve.shapes_hedge import DECIMAL
from chiphour.adapters.serve.shapes_hedge import Answer
from chiphour.adapters.serve.shapes_hedge import Question
from chiphour.analyse.procure import GPUS_MAX
from chiphour.analyse.procure import HOURS_MAX

Word = Annotated[str, Meta(max_length=20)]
Decimal = Annotated[str, Meta(pattern=DECIMAL)]
Usd = Annotated[str, Meta(description="US dollars.", examples=["1920.000000"])]


class ProcureAsked(Question):
    """A job: GPUs that work side by side, for so many useful hours each."""

    gpus: Annotated[int, Meta(ge=1, le=GPUS_MAX, description="GPUs at once.", examples=[8])]
    hours: Annotated[int, Meta(ge=1, le=HOURS_MAX, description="Useful hours of each.")]
    chips: Annotated[
        list[Word], Meta(min_length=1, max_length=8, description="Which would do: H100, H200.")
    ]
    forms: Annotated[
        list[Word], Meta(max_length=4, description="Which would do: SXM; []: any, unknown too.")
    ] = msgspec.field(default_factory=list)
    speeds: Annotated[
        dict[Word, Decimal],
        Meta(max_length=8, description="Work of a chip in an hour, such as 1.3; 1 unless stated."),
    ] = msgspec.field(default_factory=dict)
    deadline: Annotated[
        Annotated[str, Meta(max_length=40)] | None, Meta(description="A time, or null for none.")
    ] = None
    memory_gb_min: Annotated[int, Meta(ge=0, le=4_096, description="Of a GPU; 0: any.")] = 0
    countries: Annotated[
        list[Word], Meta(max_length=40, description="ISO codes; []: anywhere.")
    ] = msgspec.field(default_factory=list)
    interruptible: Annotated[bool, Meta(description="Whether it may be taken away.")] = False
    checkpoint_minutes: Annotated[int, Meta(ge=0, le=1_440, description="Between two.")] = 60
    restart_minutes: Annotated[int, Meta(ge=0, le=1_440, description="After one.")] = 10
    interrupted_share: Annotated[
        Decimal, Meta(description="Of interruptible hours, with an interruption: an assumption.")
    ] = "0.05"
    together: Annotated[bool, Meta(description="All GPUs at one venue.")] = True
    limit_usd: Annotated[
        Decimal | None, Meta(description="The most that a useful hour may cost.")
    ] = None


Venue = Annotated[str, Meta(description="Whose price it is.", examples=["verda"])]
Source = Annotated[str, Meta(description="Who showed the price.")]
Chip = Annotated[str, Meta(examples=["H100"])]
Form = Annotated[str, Meta(description="UNKNOWN where nobody said.", examples=["SXM"])]
Tenor = Annotated[str, Meta(description="How firmly it is let.", examples=["OD"])]
Price = Annotated[str, Meta(description="US dollars a GPU-hour.", examples=["2.250000"])]


class WayTaken(Answer):
    """A way to rent that the mix takes."""

    venue: Venue
    source: Source
    chip: Chip
    form: Form
    tenor: Tenor
    gpus: Annotated[int, Meta(description="That work.")]
    gpus_paid: Annotated[int, Meta(description="More where a venue lets no fewer.")]
    paid_hours: Annotated[str, Meta(description="Of each GPU.")]
    price_usd: Price
    usd_per_useful_hour: Usd
    cost_usd: Usd
    reason: Annotated[str, Meta(description="Why it was taken.")]
    link: Annotated[str, Meta(description="The page that shows it, or ''.")]


class WayPassed(Answer):
    """A way to rent that the mix does not take."""

    venue: Venue
    source: Source
    chip: Chip
    form: Form
    tenor: Tenor
    price_usd: Price
    usd_per_useful_hour: Annotated[
        str | None, Meta(description="US dollars; null: it does no work.")
    ]
    reason: Annotated[str, Meta(description="Why not.")]


class AuctionPrice(Answer):
    """What the capacity auction last cleared at: indicative, a bid may lose."""

    price_usd: Annotated[str | None, Meta(description="US dollars a GPU-hour; null: none known.")]
    hours: Annotated[int, Meta(description="GPU-hours of these chips that it awarded.")]
    reason: Annotated[str, Meta(description="What the price is, or why there is none.")]


class Procured(Answer):
    """The cheapest feasible mix."""

    as_of: Annotated[str, Meta(description="Time that prices are as of, UTC.")]
    gpu_hours: Annotated[int, Meta(description="Useful ones, in all.")]
    feasible: Annotated[bool, Meta(description="Whether anything on offer can do the job.")]
    reason: Annotated[str, Meta(description="Why there is none, or ''.")]
    cost_usd: Annotated[str | None, Meta(description="US dollars in all; null: no mix.")]
    usd_per_useful_hour: Annotated[str | None, Meta(description="US dollars; null: no mix.")]
    limit_usd: Annotated[str | None, Meta(description="As it was asked.")]
    above_limit: Annotated[bool, Meta(description="Whether a useful hour costs more.")]
    chosen: Annotated[list[WayTaken], Meta(description="What to take; [] for no mix.")]
    passed: Annotated[list[WayPassed], Meta(description="The cheapest of the others, up to 50.")]
    passed_in_all: Annotated[int, Meta(description="How many there are.")]
    auction: Annotated[AuctionPrice, Meta(description="The capacity auction, beside it.")]
    assumptions: Annotated[list[str], Meta(description="What the answer takes as given.")]
