"""TRANSACTED: the trades of an auction run, as the index takes them.

Takes   the folder of published auctions, or a run and its result; who stands behind each account.
Gives   the trades by product, hour, buyer and seller.
Keeps   the index apart from the auction: this is the one place that knows both. Every hundredth
        that was bought is in one trade.
Source  docs/methodology/companions.md, "TX"; decision 0021.

The auction clears a pool: buyers and sellers of one product and hour share one price. A buyer's
chips are taken from the sellers in proportion to what they sold, what came over an arc from nobody;
whole hundredths, cut at the running totals.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from chiphour.auction.grid import BUY
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.result import Result
from chiphour.auction.result import from_json as result_from_json
from chiphour.index.transacted import Trade
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import day_from_ns
from chiphour.units import div_floor

# Which series a product of the auction is, by chip and domain.
SERIES_BY_PRODUCT = {
    ("A100", "node8"): "CHR.A100.SXM.OD",
    ("B200", "node8"): "CHR.B200.SXM.OD",
    ("H100", "node8"): "CHR.H100.SXM.OD",
    ("H200", "node8"): "CHR.H200.SXM.OD",
}
RUN_FILE, RESULT_FILE = "auction-run.json", "auction-result.json"


class Party(NamedTuple):
    """Who stands behind an account of the auction: its name, its group, demonstration or not."""

    name: str
    group: str
    demonstration: bool


NOBODY: Mapping[int, Party] = {}  # Today every member of the auction is a demonstration member.


def trades_before(
    folder: Path, strike_ns: int, parties: Mapping[int, Party] = NOBODY
) -> list[Trade]:
    """Give the trades of the day-ahead runs that deliver in the day before a strike.

    They lie below a data folder as published, in the folders of the two days on which they were
    cleared. Raises RequestMalformed where a file is not what was published.
    """
    day = day_from_ns(strike_ns)
    found: list[Trade] = []
    for back in (2, 1):
        place = folder / "publish" / (day - timedelta(days=back)).isoformat()
        run, result = place / RUN_FILE, place / RESULT_FILE
        if run.is_file() and result.is_file():
            instance = instance_from_json(run.read_bytes())
            outcome = result_from_json(instance, result.read_bytes())
            found += trades_of(instance, outcome, "day-ahead", parties)
    from_ns = strike_ns - NS_PER_DAY - NS_PER_HOUR
    return [trade for trade in found if from_ns < trade.delivered_from_ns < strike_ns]


def trades_of(
    instance: Instance,
    result: Result,
    kind: str,
    parties: Mapping[int, Party] = NOBODY,
    series_by_product: Mapping[tuple[str, str], str] = SERIES_BY_PRODUCT,
) -> list[Trade]:
    """Give the trades of a run, by product, hour, buyer and seller.

    Products that are no series of ours are left out. An account without a party is a demonstration
    member. Increase is what a group bought less what it sold, of one product and hour in this run,
    shared among its accounts by what they bought.
    """
    trades: list[Trade] = []
    grid = instance.grid
    bought, sold = _by_slot(result)
    for number, product in enumerate(grid.products):
        ticker = series_by_product.get((product.chip, product.domain))
        for hour in range(grid.hours if ticker else 0):
            price_ticks = result.prices[grid.slot(number, hour)].price_ticks
            buyers = bought[product.id, hour]
            if price_ticks is None or not buyers:
                continue
            for buyer, seller, quantity, increase in _pairs(
                buyers, sold[product.id, hour], parties
            ):
                trades.append(
                    Trade(
                        run=result.run,
                        kind=kind,
                        product=ticker or "",
                        physical=True,
                        tenor="OD",
                        demonstration=buyer.demonstration or seller.demonstration,
                        buyer=buyer.name,
                        seller=seller.name,
                        buyer_group=buyer.group,
                        seller_group=seller.group,
                        quantity_hundredths=quantity,
                        increase_hundredths=increase,
                        price_ticks=price_ticks,
                        delivered_from_ns=grid.opens_ns + hour * NS_PER_HOUR,
                    )
                )
    return trades


Quantities = dict[int, int]  # Hundredths by account.
ARC = Party("", "", False)


def _by_slot(
    result: Result,
) -> tuple[Mapping[tuple[str, int], Quantities], Mapping[tuple[str, int], Quantities]]:
    bought: dict[tuple[str, int], Quantities] = defaultdict(lambda: defaultdict(int))
    sold: dict[tuple[str, int], Quantities] = defaultdict(lambda: defaultdict(int))
    for part in result.award.parts:
        side = bought if part.side == BUY else sold
        for line in part.lines:
            side[line.product, line.hour][part.account] += line.quantity_hundredths
    return bought, sold


def _pairs(
    bought: Quantities, sold: Quantities, parties: Mapping[int, Party]
) -> Iterator[tuple[Party, Party, int, int]]:
    """Yield buyer, seller, quantity and increase; each buyer's chips come from all sellers."""
    sellers = [(_party(account, parties), sold[account]) for account in sorted(sold)]
    arrived = sum(bought.values()) - sum(sold.values())
    if arrived > 0:
        sellers.append((ARC, arrived))
    net: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    for account, quantity in bought.items():
        net[_party(account, parties).group] += quantity
        gross[_party(account, parties).group] += quantity
    for account, quantity in sold.items():
        net[_party(account, parties).group] -= quantity
    shares = [quantity for _, quantity in sellers]
    for account in sorted(bought):
        buyer = _party(account, parties)
        own = div_floor(max(net[buyer.group], 0) * bought[account], gross[buyer.group])
        quantities = _cut(bought[account], shares)
        increases = _cut(own, quantities)  # Of what it took from each: never more than that.
        parts = zip(sellers, quantities, increases, strict=True)
        for (seller, _), quantity, increase in parts:
            if quantity:
                yield buyer, seller, quantity, increase


def _cut(total: int, shares: Sequence[int]) -> list[int]:
    """Cut a whole in proportion to shares, at the running totals, rounded down: exact in sum."""
    whole, passed, given = sum(shares), 0, 0
    parts = []
    for share in shares:
        passed += share
        until = div_floor(total * passed, whole)
        parts.append(until - given)
        given = until
    return parts


def _party(account: int, parties: Mapping[int, Party]) -> Party:
    name = f"account {account}"
    return parties.get(account, Party(name, name, True))
