"""AWARD: what the auction gives, in whole units of a chip, and who pays whom.

Takes   what each participant holds by the solver, cut down to the unit; flows; prices in ticks and
        the duals that premiums, side resources, gangs and reserve are paid at.
Gives   `Award`: each participant's part, the flows, uplift and rent; its transfers.
Keeps   every slot in exact balance, every row of the programme, and nothing left in the auction's
        account.
Source  docs/formulation/auction.md, section 6; rulebook 3.1.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.auction.balance import balance
from chiphour.auction.bids import Bid
from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.book import Book
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.instance import Instance
from chiphour.auction.merit import reserve
from chiphour.auction.merit import restore
from chiphour.auction.payment import tariff
from chiphour.auction.placement import Site
from chiphour.auction.placement import sites
from chiphour.auction.prices import Price
from chiphour.auction.uplift import Stake
from chiphour.auction.uplift import Uplift
from chiphour.auction.uplift import uplift
from chiphour.auction.workload import Workload
from chiphour.ledger.transfer import Transfer
from chiphour.units import MICROUSD_PER_USD

# Rulebook 3.1: rows 0 to 7 of the ledger are the market's own.
AUCTION_ACCOUNT = 2  # What passes through the auction; empty after each run.
COLLATERAL_ACCOUNT = (
    4  # What is reserved behind bids and open positions; its owner by run and item.
)
GUARANTEE_ACCOUNT = 5  # Pays what a defaulter cannot, as far as it reaches (runs.md, equation 9).


class Line(NamedTuple):
    """Hundredths of a chip of one product on a tier in one interval, above zero.

    `mode` is "" for those who have none; `pool` where a buyer chose one, else "".
    """

    mode: str
    product: str
    tier: str
    interval: int
    pool: str
    quantity_hundredths: int


class Part(NamedTuple):
    """What one participant gets (side 1) or gives (side -1), and pays (above zero) for it.

    `gangs` are a buyer's. For a pool, by interval: `gang_hundredths` sold to gangs,
    `reserve_hundredths` kept, `on` 1 or 0. `make_whole_microusd` is paid to it, `charge_microusd`
    is its share of uplift; both are not below zero, and not in the payment.
    """

    id: str
    account: int
    side: int
    lines: tuple[Line, ...]
    gangs: tuple[Site, ...]
    gang_hundredths: tuple[int, ...]
    reserve_hundredths: tuple[int, ...]
    on: tuple[int, ...]
    payment_microusd: int
    make_whole_microusd: int = 0
    charge_microusd: int = 0

    @property
    def held(self) -> Held:
        """Give what it holds."""
        traded = {
            Key(
                line.mode, line.product, line.tier, line.interval, line.pool
            ): line.quantity_hundredths
            for line in self.lines
        }
        gangs = tuple(site.placed for site in self.gangs)
        return Held(traded, gangs, self.gang_hundredths, self.reserve_hundredths, self.on)

    @property
    def owed_microusd(self) -> int:
        """Give all that it pays, uplift included; below zero what it receives."""
        return self.payment_microusd + self.charge_microusd - self.make_whole_microusd


class Flow(NamedTuple):
    """Hundredths of a chip that an arc carries; below zero from target to source."""

    source: str
    target: str
    tier: str
    interval: int
    quantity_hundredths: int


class Award(NamedTuple):
    """The outcome of a run in integers.

    `rent_microusd` is what the rent account receives: arc rent beyond all uplift.
    `sponsor_microusd` is what the run's sponsor pays: uplift that no surplus covers.
    """

    parts: tuple[Part, ...]
    flows: tuple[Flow, ...]
    rent_account: int
    rent_microusd: int
    sponsor_account: int | None = None
    sponsor_microusd: int = 0

    def transfers(self, run: int) -> tuple[Transfer, ...]:
        """Give the payments: first all into the auction's account, then all out of it again."""
        owed = [(part.account, part.owed_microusd) for part in self.parts]
        if self.sponsor_account is not None:
            owed.append((self.sponsor_account, self.sponsor_microusd))
        owed.append((self.rent_account, -self.rent_microusd))
        into = [(account, AUCTION_ACCOUNT, due) for account, due in owed if due > 0]
        out = [(AUCTION_ACCOUNT, account, -due) for account, due in owed if due < 0]
        return tuple(
            Transfer(source, target, amount, run, item)
            for item, (source, target, amount) in enumerate(into + out, start=1)
        )


def award(
    instance: Instance,
    held: Sequence[Held],
    flows: Mapping[tuple[int, int], int],
    prices: Sequence[Price],
    paid: Duals,
) -> Award:
    """Share among equals, balance, pay and spread uplift.

    `held`: one for each bid, cut down to the unit; `flows`: hundredths of a chip by arc and
    interval; `prices` by slot; `paid`: the duals that they are the prices of. Raises ClearingFailed
    when no balance can be reached, UpliftUncovered when no one can bear the uplift.
    """
    costs = tariff(instance.grid, prices, paid)
    book = Book(instance, share_equals(instance, held), flows, costs)
    balance(book)
    reserve(book)
    restore(book)
    parts, spread = _uplifted(instance, book, _parts(instance, book))
    return Award(
        parts,
        tuple(_flows(book)),
        instance.rent_account,
        spread.rent_microusd,
        instance.sponsor_account,
        spread.sponsor_microusd,
    )


def share_equals(instance: Instance, held: Sequence[Held]) -> list[Held]:
    """Split what identical divisible bids hold equally among them, unit by unit (eq. 7).

    Units that are left go round in order, so that no one has two more than another in a product and
    interval. Where a share would break a limit, what the solver gave stays.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    for number, bid in enumerate(instance.bids):
        if isinstance(bid, Virtual) or (isinstance(bid, Workload) and _is_divisible(bid)):
            groups[bid._replace(id="", account=0)].append(number)
    found = list(held)
    for numbers in (group for group in groups.values() if len(group) > 1):
        shares = _shares([held[n].traded for n in numbers], instance.grid.unit_hundredths)
        given = [Held(lines) for lines in shares]
        bids = [instance.bids[number] for number in numbers]
        if not any(
            violation
            for bid, one in zip(bids, given, strict=True)
            for violation in bid.violations(instance.context, one)
        ):
            for number, one in zip(numbers, given, strict=True):
                found[number] = one
    return found


def _is_divisible(bid: Workload) -> bool:
    """Tell whether any mean of what two such bids hold is good for both."""
    return (
        not bid.xor
        and not bid.requires
        and bid.spend_microusd is None
        and all(isinstance(mode, Divisible) for _, mode in bid.modes)
    )


def _shares(lines: Sequence[Mapping[Key, int]], unit: int) -> list[dict[Key, int]]:
    """Split the sum of each line; what is left of one line goes on where the last one's ended."""
    totals: dict[Key, int] = defaultdict(int)
    for one in lines:
        for key, quantity in one.items():
            totals[key] += quantity
    shares: list[dict[Key, int]] = [{} for _ in lines]
    turn = 0
    for key in sorted(totals, key=lambda key: (key.interval, *key)):
        each, more = divmod(totals[key] // unit, len(lines))
        for place, share in enumerate(shares):
            units = each + ((place - turn) % len(lines) < more)
            if units:
                share[key] = units * unit
        turn += more
    return shares


def _parts(instance: Instance, book: Book) -> tuple[Part, ...]:
    """Give everyone's part with its payment, uplift left out."""
    owed, placed = _payments(book), _sites(book)
    found = []
    for number, bid in enumerate(instance.bids):
        held = book.held(number)
        if held.is_empty:
            continue
        lines = [
            Line(key.mode, key.product, key.tier, key.interval, key.pool, quantity)
            for key, quantity in sorted(held.traded.items())
        ]
        pool = held.gang_hundredths, held.reserve_hundredths, held.on
        found.append(
            Part(bid.id, bid.account, bid.side, tuple(lines), placed[number], *pool, owed[number])
        )
    return tuple(found)


def _payments(book: Book) -> list[int]:
    """Give what everyone pays: chips at the slot's price, the rest to the pool that it is for."""
    owed = [0] * len(book.bids)
    region = {product.id: product.region for product in book.grid.products}
    for number, bid in enumerate(book.bids):
        for key, quantity in book.traded[number].items():
            plain = book.grid.money_microusd(quantity, book.tariff.slot_ticks(key))
            due = plain
            if key.pool:
                needs = bid.needs(key.mode, key.product)
                due = book.tariff.line_microusd(key, needs, quantity)
                owed[book.numbers[key.pool]] -= due - plain
            owed[number] += bid.side * due
        for gang in book.rest[number].gangs:
            due = book.tariff.gang_microusd(gang, bid.needs(gang.mode, gang.product))
            owed[number] += due
            owed[book.numbers[gang.pool]] -= due
    for number, pool in book.pools.items():
        kept = book.rest[number].reserve_hundredths
        owed[number] -= book.tariff.reserve_microusd(region[pool.product], kept)
    return owed


def _sites(book: Book) -> list[tuple[Site, ...]]:
    """Place the gangs of every pool on its domains; give each buyer's, in its order."""
    here: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, one in enumerate(book.rest):
        for place, gang in enumerate(one.gangs):
            here[gang.pool].append((number, place))
    placed: dict[tuple[int, int], Site] = {}
    domains = {product.id: product.domain_chips for product in book.grid.products}
    for name, where in here.items():
        pool = book.pools[book.numbers[name]]
        chips = [quantity // HUNDREDTHS for quantity in pool.inventory_hundredths]
        gangs = [book.rest[number].gangs[place] for number, place in where]
        found = sites(domains[pool.product], gangs, chips)
        placed |= dict(zip(where, found, strict=True))
    return [
        tuple(placed[number, place] for place in range(len(one.gangs)))
        for number, one in enumerate(book.rest)
    ]


def _uplifted(
    instance: Instance, book: Book, parts: tuple[Part, ...]
) -> tuple[tuple[Part, ...], Uplift]:
    """Make whole who loses, and charge it (14). All payments together are rent less reserve."""
    stakes = [_stake(book, book.bids[book.numbers[part.id]], part) for part in parts]
    rent_less_reserve = sum(part.payment_microusd for part in parts)
    spread = uplift(stakes, 0, rent_less_reserve, has_sponsor=instance.sponsor_account is not None)
    each = zip(parts, spread.make_whole_microusd, spread.charge_microusd, strict=True)
    uplifted = tuple(
        part._replace(make_whole_microusd=whole, charge_microusd=charge)
        for part, whole, charge in each
    )
    return uplifted, spread


def _stake(book: Book, bid: Bid, part: Part) -> Stake:
    """Give what a participant has at stake: its surplus, its chip-hours, what its budget leaves."""
    surplus = bid.worth(book.context, part.held) * MICROUSD_PER_USD - part.payment_microusd
    chips = sum(line.quantity_hundredths for line in part.lines) + sum(part.gang_hundredths)
    chips += sum(gang.chips * gang.intervals for gang in part.gangs) * HUNDREDTHS
    hours = Fraction(chips * book.grid.step_minutes, MINUTES_PER_HOUR)
    left = None
    if isinstance(bid, Workload) and bid.spend_microusd is not None:
        left = bid.spend_microusd - part.payment_microusd
    return Stake(bid.id, bid.side, isinstance(bid, Virtual), surplus, hours, left)


def _flows(book: Book) -> Iterator[Flow]:
    for (number, interval), carried in sorted(book.flows.items()):
        if carried:
            arc = book.grid.arcs[number]
            yield Flow(arc.source, arc.target, arc.tier, interval, carried)
