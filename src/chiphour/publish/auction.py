"""AUCTION: the outcome of an auction run in few words.

Takes   a run and its result.
Gives   `auction_summary`: who bid, what was awarded, one line for each price and its hours.
Keeps   the result file as the full account; this is its head.
Source  Decision 0010.
"""

from collections.abc import Iterator
from itertools import groupby

from chiphour.auction.check import violations
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import BUY
from chiphour.auction.instance import Instance
from chiphour.auction.result import Result
from chiphour.exchange.limits import AUCTION
from chiphour.publish.market import AuctionLine
from chiphour.publish.market import AuctionSummary
from chiphour.units import MICROUSD_PER_TICK


def auction_summary(instance: Instance, result: Result) -> AuctionSummary:
    """Give the head of a run's result; the checker runs again here, without the solver."""
    awarded = {part.name for part in result.award.parts if part.lines}
    return AuctionSummary(
        run=result.run,
        bids=len(instance.bids),
        bids_awarded=sum(bid.name in awarded for bid in instance.bids),
        offers=len(instance.offers),
        offers_awarded=sum(offer.name in awarded for offer in instance.offers),
        paid_microusd=paid_microusd(result),
        checked=not list(violations(instance, result)),
        lines=tuple(_lines(instance, result)),
    )


def paid_microusd(result: Result) -> int:
    """Give what the buyers of a run paid: all that went into the auction's account."""
    return sum(
        transfer.amount_microusd for transfer in result.transfers if transfer.target == AUCTION
    )


def _lines(instance: Instance, result: Result) -> Iterator[AuctionLine]:
    grid = instance.grid
    bought: dict[tuple[str, int], int] = {}
    for part in result.award.parts:
        for line in part.lines:
            if part.side == BUY:
                slot = (line.product, line.hour)
                bought[slot] = bought.get(slot, 0) + line.quantity_hundredths
    for number, product in enumerate(grid.products):
        prices = [result.prices[grid.slot(number, hour)].price_ticks for hour in range(grid.hours)]
        for price, run in groupby(range(grid.hours), key=prices.__getitem__):
            hours = list(run)
            if price is not None:
                interval = f"{grid.iso(hours[0])[11:16]} to {grid.iso(hours[-1] + 1)[11:16]}"
                total = sum(bought.get((product.id, hour), 0) for hour in hours)
                yield AuctionLine(
                    product.chip, interval, price * MICROUSD_PER_TICK, total // HUNDREDTHS
                )
