"""AUCTION_LIMITS: what a bid is held against beside its money: exposure, shares, past prices.

Takes   a run, a bid at its door or the bids at its closure; open positions of all runs; who is who.
Gives   one sentence for each bid that may not stand; the cap that past prices leave to a run.
Keeps   whoever can move the price of delivery out of bets on it, by what it holds and by what it
        offers; a buyer's open hours within what its operator allows.
Source  docs/formulation/guards.md, sections 4, 5 and 10; docs/formulation/runs.md, equation 13.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auctions import Auctions
from chiphour.auction.bids import Bid
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.collateral import virtual_refusals
from chiphour.auction.guard_rules import ProductEarned
from chiphour.auction.guard_rules import earned_before
from chiphour.auction.guards import Buyer
from chiphour.auction.guards import exposure_violations
from chiphour.auction.pool import Pool
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Trade
from chiphour.auction.slots import chip_hours_of
from chiphour.auction.slots import slots_of
from chiphour.auction.term import RunPrice
from chiphour.auction.term import mean_ticks
from chiphour.units import NS_PER_HOUR


def earned(auctions: Auctions, run: AuctionRun) -> tuple[ProductEarned, ...]:
    """Give what the products of a run earned before its delivery, by the prices known now."""
    if run.gate.guards is None:
        return ()
    by_hour: dict[tuple[str, int], list[RunPrice]] = defaultdict(list)
    for slot, price in auctions.last_priced(run.run).items():
        if slot.tier == ON_DEMAND.name:
            by_hour[slot.product, slot.hour_ns // NS_PER_HOUR].append(price)
    prices = ((*place, mean_ticks(found)) for place, found in by_hour.items())
    return earned_before(run.gate.guards, prices, run.from_ns // NS_PER_HOUR)


def exposure_refusal(
    run: AuctionRun,
    account: int,
    wanted_hundredths: int,
    held: Iterable[Position],
    money_microusd: int,
) -> str:
    """Say why an account may not leave so many hours open in a run (eq. 11), or "".

    Open is what its bids could buy, `wanted_hundredths`, and what it has bought ahead of the run's
    hours; hedged is the latter. `money_microusd` is all that it has behind it: reserved in this
    run, or free.
    """
    if run.gate.guards is None or run.gate.guards.exposure is None:
        return ""
    hedged = sum(
        each.quantity_hundredths
        for each in held
        if each.account == account
        and each.kind == PHYSICAL
        and each.quantity_hundredths > 0
        and each.product in run.grid.product_numbers
        and run.from_ns <= each.hour_ns < run.to_ns
    )
    buyer = Buyer(f"account {account}", hedged + wanted_hundredths, hedged, money_microusd)
    if not wanted_hundredths:
        return ""
    for broken in exposure_violations(run.gate.guards.exposure, buyer):
        return f"{broken.rule}: expected {broken.expected}, found {broken.found}"
    return ""


def virtual_refusal_of(
    run: AuctionRun,
    bids: Sequence[Bid],
    held: Sequence[Position],
    party_of: Mapping[int, str],
) -> dict[str, str]:
    """Give the virtual bids that their parties may not make (eq. 13), by id, with why.

    Each counts whole. A pool counts with all that it offers, whether it will sell or not.
    """
    virtuals = [bid for bid in bids if isinstance(bid, Virtual)]
    if not virtuals:
        return {}
    proposed = [trade for bid in bids for trade in _proposed(bid, run)]
    refused = virtual_refusals(held, proposed, party_of, run.rules.collateral)
    why = {broken.where.rpartition(" ")[0]: broken for broken in refused}  # Less its hour.
    found = {}
    for bid in virtuals:
        broken = why.get(f"{party_of.get(bid.account, f'account {bid.account}')} {bid.product}")
        if broken is not None:
            found[bid.id] = (
                f"{broken.rule} at {broken.where}: expected {broken.expected}, found {broken.found}"
            )
    return found


def _proposed(bid: Bid, run: AuctionRun) -> Iterator[Trade]:
    """Yield what a virtual bid or a pool would trade at most, slot by slot."""
    if isinstance(bid, Virtual):
        size = bid.side * sum(chips for chips, _ in bid.curve)
        amounts = dict.fromkeys(bid.intervals, size)
        kind = VIRTUAL
    elif isinstance(bid, Pool):
        amounts = {i: -chips for i, chips in enumerate(bid.inventory_hundredths) if chips}
        kind = PHYSICAL
    else:
        return
    for interval, chips in amounts.items():
        quantity = chip_hours_of(run.grid, chips)
        for slot in slots_of(run.grid, bid.product, ON_DEMAND.name, interval):
            yield Trade(run.run, bid.account, kind, *slot, quantity, 0)
