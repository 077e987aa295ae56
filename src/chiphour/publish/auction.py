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
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import SELL
from chiphour.auction.instance import Instance
from chiphour.auction.result import Result
from chiphour.exchange.limits import AUCTION
from chiphour.publish.market import AuctionLine
from chiphour.publish.market import AuctionSummary
from chiphour.units import MICROUSD_PER_TICK


def auction_summary(instance: Instance, result: Result) -> AuctionSummary:
    """Give the head of a run's result; the checker runs again here, without the solver."""
    awarded = {part.id for part in result.award.parts if not part.held.is_empty}
    offers = [bid for bid in instance.bids if bid.side == SELL]
    bids = [bid for bid in instance.bids if bid.side == BUY]
    return AuctionSummary(
        run=result.run,
        bids=len(bids),
        bids_awarded=sum(bid.id in awarded for bid in bids),
        offers=len(offers),
        offers_awarded=sum(offer.id in awarded for offer in offers),
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
    """Yield, for each product and tier, a line for each stretch of equal price."""
    grid = instance.grid
    bought: dict[tuple[str, str, int], int] = {}
    for part in result.award.parts:
        for line in part.lines if part.side == BUY else ():
            slot = (line.product, line.tier, line.interval)
            bought[slot] = bought.get(slot, 0) + line.quantity_hundredths
    for number, product in enumerate(grid.products):
        for tier_number, tier in enumerate(grid.tiers):
            first = grid.slot(number, tier_number, 0)
            prices = [result.prices[first + i].price_ticks for i in range(grid.intervals)]
            for price, run in groupby(range(grid.intervals), key=prices.__getitem__):
                intervals = list(run)
                if price is not None:
                    begins, ends = grid.iso(intervals[0]), grid.iso(intervals[-1] + 1)
                    chips = sum(bought.get((product.id, tier.name, i), 0) for i in intervals)
                    chip_hours = chips * grid.step_minutes // (MINUTES_PER_HOUR * HUNDREDTHS)
                    what = product.chip if len(grid.tiers) == 1 else f"{product.chip} {tier.name}"
                    stretch = f"{begins[11:16]} to {ends[11:16]}"
                    yield AuctionLine(what, stretch, price * MICROUSD_PER_TICK, chip_hours)
