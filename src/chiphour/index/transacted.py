"""TRANSACTED: what buyers paid for chips that were delivered, out of many trades.

Takes   trades as records: who bought what from whom, in which run, at what price, for which hour.
Gives   the quantity-weighted median price of those that count, or why there is none; a rejection
        for every trade that does not count.
Keeps   the index free of the auction: it knows this record alone. Nobody's own trades with itself
        count, and nobody decides the price alone.
Source  docs/methodology/companions.md, "TX"; decision 0021.
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.fixing import Rejection
from chiphour.index.statistics import weighted_median
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import iso_from_ns

RUNS = ("day-ahead", "intraday", "real-time")  # Day-ahead and later: what is nearly spot.
TENOR = "OD"
BUYERS_MIN = 3
SELLERS_MIN = 3
HUNDREDTHS_MIN = 100 * 100  # A hundred chip-hours.

# Why a trade does not count, in the order of the tests.
RULES = {
    "RUN": "the run clears earlier than the day before delivery",
    "PHYSICAL": "a future or a virtual position: no chip is delivered",
    "TENOR": "not sold by the hour on demand",
    "DEMONSTRATION": "one side is a demonstration member",
    "SELLER_UNKNOWN": "what was bought came over an arc: no seller of this product sold it",
    "AFFILIATED": "buyer and seller are one, or of one group",
    "DELIVERY": "the hour did not end in the 24 hours before the strike",
    "INCREASE": "the buyer's group did not end with more chips by this run",
}


class Trade(NamedTuple):
    """Chips of one product for one hour, from one seller to one buyer, as the record of a run.

    `quantity_hundredths` counts hundredths of a chip-hour; `increase_hundredths` is how much of it
    the buyer's group did not have before the run and did not sell again in it. `seller` is ""
    where nobody who sold the product is known to have sold this. `product` is a series' ticker.
    The price is that of the auction, without uplift.
    """

    run: int
    kind: str
    product: str
    physical: bool
    tenor: str
    demonstration: bool
    buyer: str
    seller: str
    buyer_group: str
    seller_group: str
    quantity_hundredths: int
    increase_hundredths: int
    price_ticks: int
    delivered_from_ns: int


class Transacted(NamedTuple):
    """The outcome: a price in ticks, or None with a reason; what it was made from.

    `top_buyer_ppm` and `top_seller_ppm` are the greatest shares of any one group.
    """

    reason: str
    price_ticks: int | None
    trades: int
    buyers: int
    sellers: int
    hundredths: int
    top_buyer_ppm: int
    top_seller_ppm: int
    rejections: tuple[Rejection, ...]


def transacted(trades: Sequence[Trade], ticker: str, strike_ns: int) -> Transacted:
    """Give the weighted median price of the trades of a series delivered before a strike.

    The weight of a trade is the buyer's increase. Trades of other series are not looked at.
    """
    counted: list[Trade] = []
    rejections: list[Rejection] = []
    for trade in trades:
        if trade.product != ticker:
            continue
        rejection = rejection_of(trade, strike_ns)
        if rejection is None:
            counted.append(trade)
        else:
            rejections.append(rejection)
    bought, sold = _by_group(counted, "buyer_group"), _by_group(counted, "seller_group")
    hundredths = sum(trade.increase_hundredths for trade in counted)
    reason = _reason(bought, sold, hundredths)
    price_ticks = None
    if not reason:
        price = weighted_median(
            (Fraction(trade.price_ticks), Fraction(trade.increase_hundredths)) for trade in counted
        )
        price_ticks = div_half_even(price.numerator, price.denominator)
    return Transacted(
        reason=reason,
        price_ticks=price_ticks,
        trades=len(counted),
        buyers=len(bought),
        sellers=len(sold),
        hundredths=hundredths,
        top_buyer_ppm=_top_ppm(bought, hundredths),
        top_seller_ppm=_top_ppm(sold, hundredths),
        rejections=tuple(sorted(rejections)),
    )


def rejection_of(trade: Trade, strike_ns: int) -> Rejection | None:
    """Give the first rule that leaves a trade out, or None."""
    ends_ns = trade.delivered_from_ns + NS_PER_HOUR
    apart = trade.buyer != trade.seller and trade.buyer_group != trade.seller_group
    tests = (
        ("RUN", trade.kind in RUNS, trade.kind, " or ".join(RUNS)),
        ("PHYSICAL", trade.physical, "not physical", "physical"),
        ("TENOR", trade.tenor == TENOR, trade.tenor, TENOR),
        ("DEMONSTRATION", not trade.demonstration, "demonstration member", "none"),
        ("SELLER_UNKNOWN", trade.seller != "", "none", "a seller"),
        ("AFFILIATED", apart, f"group {trade.buyer_group}", "two groups"),
        (
            "DELIVERY",
            strike_ns - NS_PER_DAY < ends_ns <= strike_ns,
            iso_from_ns(ends_ns),
            f"the 24 hours to {iso_from_ns(strike_ns)}",
        ),
        ("INCREASE", trade.increase_hundredths > 0, str(trade.increase_hundredths), "above 0"),
    )
    for rule, passed, statistic, threshold in tests:
        if not passed:
            return Rejection(_name(trade), rule, statistic, threshold)
    return None


def _name(trade: Trade) -> str:
    sides = f"{trade.buyer} from {trade.seller or 'an arc'}"
    return f"run {trade.run}, {iso_from_ns(trade.delivered_from_ns)}, {sides}"


def _by_group(trades: Sequence[Trade], side: str) -> dict[str, int]:
    group: Callable[[Trade], str] = lambda trade: getattr(trade, side)  # noqa: E731
    found: dict[str, int] = defaultdict(int)
    for trade in trades:
        found[group(trade)] += trade.increase_hundredths
    return found


def _reason(bought: dict[str, int], sold: dict[str, int], hundredths: int) -> str:
    """Give the first reason against a price, or ""."""
    if not bought:
        return "NO_TRADES"
    if len(bought) < BUYERS_MIN:
        return "FEW_BUYERS"
    if len(sold) < SELLERS_MIN:
        return "FEW_SELLERS"
    if hundredths < HUNDREDTHS_MIN:
        return "FEW_HOURS"
    if 2 * max(*bought.values(), *sold.values()) > hundredths:
        return "CONCENTRATED"
    return ""


def _top_ppm(of_group: dict[str, int], hundredths: int) -> int:
    return div_half_even(max(of_group.values()) * PPM, hundredths) if of_group else 0
