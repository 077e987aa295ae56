"""TOOLS: the seven queries as an agent asks them: by name, of one chip or of all.

Takes   answers and verdicts of one time; the name of a query, a chip.
Gives   `SEVEN`, each with the shape of what it gives; `answer_of`, that shape filled.
Keeps   one meaning for the model that words the report, for the MCP server and for the API: all are
        the shapes of `serve/shapes_signals`. What is asked of too many chips at once is refused.
Source  The article of decision 0042, "Data orchestrator"; decision 0043.

    MarketError
    └── ToolRefused    a query that there is not, or one that must be asked of a single chip
"""

from typing import Annotated
from typing import Any
from typing import NamedTuple

import msgspec
from msgspec import Meta

from chiphour.adapters.serve import shapes_signals
from chiphour.adapters.serve.signal_objects import signal_object
from chiphour.adapters.signals import Judged
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import GoodUnknown
from chiphour.analyse.goods import good_named
from chiphour.observe.observation import MarketError
from chiphour.units import iso_from_ns

_OF_SIGNAL = {field.name: field.type for field in msgspec.structs.fields(shapes_signals.Signal)}


class ToolRefused(MarketError):
    """A query that there is not, or one that must be asked of a single chip."""


class Query(NamedTuple):
    """One query: what it says of itself; `part` is its field of a signal, `gives` its shape."""

    name: str
    part: str
    description: str
    of_one_chip: bool
    gives: type[msgspec.Struct]


def _query(name: str, part: str, description: str, of_one_chip: bool = False) -> Query:
    """Make a query whose answer holds one part of what is known of each chip."""
    title = "".join(word.capitalize() for word in name.split("_")[1:])
    chip = msgspec.defstruct(
        f"{title}OfChip",
        [
            ("chip", Annotated[str, Meta(description="Asks for it alone.", examples=["h100-sxm"])]),
            ("name", Annotated[str, Meta(description="Its name.", examples=["H100 SXM"])]),
            (part, Annotated[_OF_SIGNAL[part], Meta(description=description)]),
        ],
        forbid_unknown_fields=True,
    )
    inner: Any = chip
    time = Annotated[str, Meta(description="As of this time, UTC.")]
    gives = msgspec.defstruct(
        title,
        [("time", time), ("chips", Annotated[list[inner], Meta(description="By name.")])],
        namespace={"__doc__": description},
        forbid_unknown_fields=True,
    )
    return Query(name, part, description, of_one_chip, gives)


SEVEN = (
    _query(
        "get_current_prices",
        "prices",
        "What each venue asks now for a GPU and hour: floor, mean, ceiling, spread, offers, hosts.",
    ),
    _query(
        "get_price_changes",
        "changes",
        "Prices now against their means of the last 24 hours and the last 7 days.",
    ),
    _query(
        "get_cross_deltas",
        "deltas",
        "The gap between the least prices of every two venues, before and after fees.",
        True,
    ),
    _query(
        "get_supply_metrics",
        "supply",
        "Hosts and GPUs that are free now, and the change over 24 hours.",
    ),
    _query(
        "get_volatility",
        "volatility",
        "Standard deviation and coefficient of variation, and the variation about the trend.",
    ),
    _query(
        "get_tod_patterns",
        "tod",
        "The mean price at each hour of the day, UTC, and the swing between them.",
        True,
    ),
    _query(
        "get_price_floor_series",
        "floors",
        "The least price of each hour, and its trend.",
        True,
    ),
)
BY_NAME = {query.name: query for query in SEVEN}


def answer_of(judged: Judged, name: str, chip: str = "") -> msgspec.Struct:
    """Answer a query of one chip, or of all for ""; raises ToolRefused, GoodUnknown."""
    query = BY_NAME.get(name)
    if query is None:
        raise ToolRefused(f"query: expected one of {', '.join(BY_NAME)}, found {name[:60]!r}")
    goods = _goods(judged)
    if chip:
        good = good_named(chip)
        if good not in goods:
            time = iso_from_ns(judged.answers.at_ns)
            raise GoodUnknown(f"expected a chip that was offered up to {time}, found {good.slug}")
        goods = (good,)
    elif query.of_one_chip:
        known = ", ".join(good.slug for good in goods[:5])
        raise ToolRefused(f"{name}: expected a chip, such as {known}, found none")
    shown = [signal_object(judged, good) for good in goods]
    chips = [
        {"chip": each.chip, "name": each.name, query.part: getattr(each, query.part)}
        for each in shown
    ]
    found = {"time": iso_from_ns(judged.answers.at_ns), "chips": msgspec.to_builtins(chips)}
    return msgspec.convert(found, query.gives)


def _goods(judged: Judged) -> tuple[Good, ...]:
    """Give the goods that anything is known of, in their order."""
    of = judged.answers
    told = {each.good for rows in of[1:] for each in rows} | {v.good for v in judged.verdicts}
    return tuple(sorted(told))
