"""OBLIGATIONS: what one pool must deliver to one buyer, hour by hour, out of a pooled market.

Takes   the last positions before delivery; which pool an account delivers a product from.
Gives   obligations, as canonical JSON and back; the hash by which readings name them.
Keeps   every hundredth sold matched to one bought, exactly on both sides, with few pairs.
Source  docs/formulation/runs.md, section 8, equation 17.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.grid import INTERVALS_MAX as HOURS_MAX
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.instance import canonical
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import read_slot
from chiphour.auction.positions import slot_fields
from chiphour.auction.record import hash_of
from chiphour.auction.record import read_record
from chiphour.units import NS_PER_MINUTE
from chiphour.units import div_ceil

SCHEMA_NAME = "chiphour.auction.obligation/1"


class Obligation(NamedTuple):
    """What a pool owes a buyer in consecutive hours from `from_ns`, each above zero.

    Where its product settles by less than an hour, `minutes` says by what, and an hour is that.
    `award` names what it follows from: the hash of the last run's result.
    """

    award: str
    supplier: int
    pool: str
    buyer: int
    product: str
    tier: str
    from_ns: int
    awarded_hundredths: tuple[int, ...]
    minutes: int = MINUTES_PER_HOUR

    @property
    def hour_ns(self) -> int:
        """Give the length of each of its hours, or of the shorter ones by which it settles."""
        return self.minutes * NS_PER_MINUTE

    @property
    def end_ns(self) -> int:
        """Give the end of the last hour."""
        return self.from_ns + len(self.awarded_hundredths) * self.hour_ns

    @property
    def hash(self) -> str:
        """Give the SHA-256 of its canonical JSON: the name by which it is metered."""
        return _hash(self)

    def slot(self, hour: int) -> Slot:
        """Give the slot of one of its hours."""
        return Slot(self.product, self.tier, self.from_ns + hour * self.hour_ns)

    def chips_max(self, hour: int) -> int:
        """Give how many chips may serve at once what was awarded for an hour: rounded up."""
        return chips_max(self.awarded_hundredths[hour], self.minutes)


def obligations_of(
    award: str,
    positions: Iterable[Position],
    pools: Mapping[tuple[int, str], str],
    minutes: int = MINUTES_PER_HOUR,
) -> tuple[Obligation, ...]:
    """Match what was sold with what was bought (equation 17), hours in a row together.

    `minutes` is the length of the slots that are held. `pools` names the pool from which an account
    delivers a product. What remains on one side, where virtual positions are still open, is settled
    in money. Raises RequestMalformed for a supplier without a pool.
    """
    matched: dict[tuple[int, int, str, str], dict[int, int]] = defaultdict(dict)
    for slot, sold, bought in _sides(positions):
        for supplier, buyer, quantity in _overlaps(sold, bought):
            matched[supplier, buyer, slot.product, slot.tier][slot.hour_ns] = quantity
    found = []
    for (supplier, buyer, product, tier), by_hour in sorted(matched.items()):
        if (supplier, product) not in pools:
            raise RequestMalformed(f"account {supplier}: expected a pool for {product}, found none")
        pool = pools[supplier, product]
        for hours in _in_a_row(sorted(by_hour), minutes * NS_PER_MINUTE):
            awarded = tuple(by_hour[hour_ns] for hour_ns in hours)
            what = award, supplier, pool, buyer, product, tier, hours[0], awarded, minutes
            found.append(Obligation(*what))
    return tuple(found)


def to_json(obligation: Obligation) -> bytes:
    """Write an obligation as canonical JSON."""
    return canonical(_fields(obligation))


def from_json(body: bytes) -> Obligation:
    """Read an obligation; raises RequestMalformed with the field at fault."""
    return read_record(body, "obligation", SCHEMA_NAME, _read)


@lru_cache(maxsize=1_024)
def _hash(obligation: Obligation) -> str:
    """Give the hash of an obligation; kept, for every one of its readings is held against it."""
    return hash_of(_fields(obligation))


def _fields(obligation: Obligation) -> dict[str, Any]:
    return {
        "schema": SCHEMA_NAME,
        "award": obligation.award,
        "supplier": obligation.supplier,
        "pool": obligation.pool,
        "buyer": obligation.buyer,
        **slot_fields(obligation.slot(0)),
        "awarded": hundredths_texts(obligation.awarded_hundredths),
        **({} if obligation.minutes == MINUTES_PER_HOUR else {"minutes": obligation.minutes}),
    }


def _read(fields: Fields) -> Obligation:
    found = fields.peek("awarded")
    hours = len(found) if isinstance(found, list) else 0
    awarded = fields.hundredths_each("awarded", hours)
    if not 1 <= hours <= HOURS_MAX or not all(awarded):
        raise fields.refuse("awarded", f"1 to {HOURS_MAX} quantities above zero", hours)
    product, tier, from_ns = read_slot(fields)
    return Obligation(
        fields.name("award"),
        fields.integer("supplier", 1, ACCOUNT_MAX),
        fields.name("pool"),
        fields.integer("buyer", 1, ACCOUNT_MAX),
        product,
        tier,
        from_ns,
        awarded,
        read_slot_minutes(fields),
    )


def read_slot_minutes(fields: Fields) -> int:
    """Pop `minutes`, the length of a slot: an hour where it is not there."""
    if not fields.has("minutes"):
        return MINUTES_PER_HOUR
    minutes = fields.integer("minutes", SETTLE_MINUTES[0], SETTLE_MINUTES[-1])
    if minutes not in SETTLE_MINUTES[:-1]:
        words = ", ".join(map(str, SETTLE_MINUTES[:-1]))
        raise fields.refuse("minutes", f"one of {words}, or none for an hour", minutes)
    return minutes


_Amounts = list[tuple[int, int]]  # (account, hundredths above zero), by account.


def _sides(positions: Iterable[Position]) -> Iterator[tuple[Slot, _Amounts, _Amounts]]:
    """Yield each slot with what its accounts sold and bought for delivery."""
    physical = [held for held in positions if held.kind == PHYSICAL]
    physical.sort(key=lambda held: (held.slot, held.account))
    for slot, group in groupby(physical, key=lambda held: held.slot):
        amounts = [(held.account, held.quantity_hundredths) for held in group]
        sold = [(account, -quantity) for account, quantity in amounts if quantity < 0]
        yield slot, sold, [(account, quantity) for account, quantity in amounts if quantity > 0]


def _overlaps(sold: _Amounts, bought: _Amounts) -> Iterator[tuple[int, int, int]]:
    """Lay both sides end to end on one line and yield who lies over whom, and how far."""
    sellers, buyers = list(reversed(sold)), list(reversed(bought))
    while sellers and buyers:
        (supplier, left), (buyer, wanted) = sellers.pop(), buyers.pop()
        quantity = min(left, wanted)
        yield supplier, buyer, quantity
        if left > quantity:
            sellers.append((supplier, left - quantity))
        if wanted > quantity:
            buyers.append((buyer, wanted - quantity))


def _in_a_row(hours_ns: list[int], step_ns: int) -> Iterator[list[int]]:
    """Cut sorted hours wherever one is missing, or a run's greatest length is reached."""
    row: list[int] = []
    for hour_ns in hours_ns:
        if row and (hour_ns != row[-1] + step_ns or len(row) == HOURS_MAX):
            yield row
            row = []
        row.append(hour_ns)
    if row:
        yield row


def chips_max(awarded_hundredths: int, minutes: int = MINUTES_PER_HOUR) -> int:
    """Give how many chips may serve at once what was awarded for some minutes: rounded up."""
    return div_ceil(awarded_hundredths * MINUTES_PER_HOUR, HUNDREDTHS * minutes)
