"""TRANSACTED: the trades of an auction run, as the index takes them.

Takes   the folder of published auctions, or a run and its result; who stands behind each account.
Gives   the trades by product, hour, buyer and seller.
Keeps   the index apart from the auction: this is the one place that knows both. Every hundredth
        that was bought is in one trade.
Source  docs/methodology/companions.md, "TX"; decision 0021.

The auction clears a pool: buyers and sellers of one product and hour share one price. Whose chips a
buyer got is for auction/pairs.py to say, for a day's own run as for one that members bid in; what
came over an arc it got from nobody.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from chiphour.adapters.auction_published import published_sales
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import ON_DEMAND
from chiphour.auction.grid import Grid
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.pairs import ARC
from chiphour.auction.pairs import Party
from chiphour.auction.pairs import Side
from chiphour.auction.pairs import paired
from chiphour.auction.pairs import party_of
from chiphour.auction.positions import Slot
from chiphour.auction.result import Result
from chiphour.auction.result import from_json as result_from_json
from chiphour.index.transacted import Trade
from chiphour.publish.files import RESULT_FILE
from chiphour.publish.files import RUN_FILE
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import div_floor

# Which series a product of the auction is, by chip and domain.
SERIES_BY_PRODUCT = {
    ("A100", "node8"): "CHR.A100.SXM.OD",
    ("B200", "node8"): "CHR.B200.SXM.OD",
    ("H100", "node8"): "CHR.H100.SXM.OD",
    ("H200", "node8"): "CHR.H200.SXM.OD",
}


NOBODY: Mapping[int, Party] = {}  # Today every member of the auction is a demonstration member.


def trades_before(
    folder: Path, strike_ns: int, parties: Mapping[int, Party] = NOBODY
) -> list[Trade]:
    """Give the trades of the day-ahead runs that deliver in the day before a strike.

    They lie below a data folder as published, in the folders of the two days on which they were
    cleared; those of runs that members bid in lie beside the run. Raises RequestMalformed where a
    file is not what was published.
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
    found += runs_trades(folder)
    from_ns = strike_ns - NS_PER_DAY - NS_PER_HOUR
    return [trade for trade in found if from_ns < trade.delivered_from_ns < strike_ns]


def runs_trades(
    folder: Path, series_by_product: Mapping[tuple[str, str], str] = SERIES_BY_PRODUCT
) -> list[Trade]:
    """Give the trades of the runs that members bid in, of products that are series of ours."""
    found = []
    for sale in published_sales(folder):
        chip, domain, _ = sale.product.split("/", 2)
        if ticker := series_by_product.get((chip, domain)):
            hour_ns = _hour_ns(sale.delivered_from_ns)
            told = sale._replace(product=ticker, delivered_from_ns=hour_ns)
            found.append(Trade(**told._asdict()))
    return found


def trades_of(
    instance: Instance,
    result: Result,
    kind: str,
    parties: Mapping[int, Party] = NOBODY,
    series_by_product: Mapping[tuple[str, str], str] = SERIES_BY_PRODUCT,
) -> list[Trade]:
    """Give the trades on demand of a run, by product, hour, buyer and seller.

    Gangs pay their pool's own price, virtuals deliver nothing: both are left out, and so are
    products that are no series of ours. An account without a party is a demonstration member.
    Increase is what a group bought less what it sold, of one product and hour in this run, shared
    among its accounts by what they bought.
    """
    grid = instance.grid
    bought, sold = _by_slot(instance, result)
    tier, trades = grid.tier_numbers.get(ON_DEMAND), []
    for number, product in enumerate(grid.products if tier is not None else ()):
        ticker = series_by_product.get((product.chip, product.domain))
        for interval in range(grid.intervals if ticker else 0):
            price_ticks = result.prices[grid.slot(number, tier or 0, interval)].price_ticks
            buyers = bought[product.id, interval]
            if price_ticks is None or not buyers:
                continue
            sides = _sides(buyers, sold[product.id, interval], parties)
            for delivered_from_ns in _hours(grid, interval):
                slot = Slot(ticker or "", "OD", delivered_from_ns)
                for sale in paired(result.run, kind, slot, price_ticks, *sides):
                    trades.append(Trade(**sale._asdict()))
    return trades


def _hours(grid: Grid, interval: int) -> Iterator[int]:
    """Yield each hour of an interval, or the one that it lies in where it is shorter."""
    step_ns = grid.step_minutes * NS_PER_MINUTE
    opens_ns = grid.opens_ns + interval * step_ns
    yield from map(_hour_ns, range(opens_ns, opens_ns + step_ns, NS_PER_HOUR))


def _hour_ns(time_ns: int) -> int:
    """Give the hour that a time lies in: the facts of the index are of hours."""
    return time_ns - time_ns % NS_PER_HOUR


Quantities = dict[int, int]  # Hundredths of a chip-hour by account, in each hour.


def _by_slot(
    instance: Instance, result: Result
) -> tuple[Mapping[tuple[str, int], Quantities], Mapping[tuple[str, int], Quantities]]:
    """Give what is delivered on demand, bought and sold, by product and interval.

    The least quantity is 0.01 chip-hour where an interval is shorter than an hour: all are whole.
    """
    minutes = min(instance.grid.step_minutes, MINUTES_PER_HOUR)
    bought: dict[tuple[str, int], Quantities] = defaultdict(lambda: defaultdict(int))
    sold: dict[tuple[str, int], Quantities] = defaultdict(lambda: defaultdict(int))
    virtual = {bid.id for bid in instance.bids if isinstance(bid, Virtual)}
    for part in result.award.parts:
        side = bought if part.side == BUY else sold
        for line in part.lines if part.id not in virtual else ():
            if line.tier == ON_DEMAND:
                chip_minutes = line.quantity_hundredths * minutes
                hundredths = div_floor(chip_minutes, MINUTES_PER_HOUR)
                side[line.product, line.interval][part.account] += hundredths
    return bought, sold


def _sides(
    bought: Quantities, sold: Quantities, parties: Mapping[int, Party]
) -> tuple[list[tuple[Side, int]], list[Side]]:
    """Give the buyers, each with its part of what its group gained, and the sellers."""
    sellers = [Side(party_of(account, parties), True, sold[account]) for account in sorted(sold)]
    arrived = sum(bought.values()) - sum(sold.values())
    if arrived > 0:
        sellers.append(Side(ARC, True, arrived))
    net: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    for account, quantity in bought.items():
        net[party_of(account, parties).group] += quantity
        gross[party_of(account, parties).group] += quantity
    for account, quantity in sold.items():
        net[party_of(account, parties).group] -= quantity
    buyers = []
    for account in sorted(bought):
        buyer = party_of(account, parties)
        own = div_floor(max(net[buyer.group], 0) * bought[account], gross[buyer.group])
        buyers.append((Side(buyer, True, bought[account]), own))
    return buyers, sellers
