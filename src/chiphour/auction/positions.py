"""POSITIONS: who has bought or sold what, run after run, until it is delivered.

Takes   trades: what each run changed, per account, product, tier and hour.
Gives   the positions after any run; trades from two sets of totals, or from one block of hours.
Keeps   every run closed: what is bought in a slot at a price is sold there at that price, so that
        positions sum to zero in every slot after every run.
Source  docs/formulation/runs.md, section 2, equations 1 and 2.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.instance import canonical
from chiphour.auction.record import RUN_MAX
from chiphour.auction.record import SLOT_NS_LEAST
from chiphour.auction.record import read_record
from chiphour.auction.record import slot_ns
from chiphour.auction.record import word
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import iso_from_ns
from chiphour.units import text_from_ticks

PHYSICAL = "physical"
VIRTUAL = "virtual"  # Bought and sold again for money: nothing is ever delivered.
KINDS = (PHYSICAL, VIRTUAL)
TRADES_SCHEMA = "chiphour.auction.trades/1"
POSITIONS_SCHEMA = "chiphour.auction.positions/1"


class Tier(NamedTuple):
    """How firmly a chip is sold; rank 0 is the firmest.

    `interruption_ppm` is the published share of hours that may be taken back (pi);
    `overcommit_ppm` how much is sold for each chip that backs it (beta), at least PPM.
    """

    name: str
    rank: int
    interruption_ppm: int
    overcommit_ppm: int


RESERVED = Tier("reserved", 0, 0, PPM)
ON_DEMAND = Tier("on-demand", 1, 0, PPM)
VIRTUAL_TIER = ON_DEMAND.name  # Virtual trades enter here alone.


class Slot(NamedTuple):
    """What one price is for: a product, by its id, on a tier, in the hour from `hour_ns`.

    Where the runs of a product settle by less than an hour it is that quarter of it, or what it is.
    """

    product: str
    tier: str
    hour_ns: int


class Trade(NamedTuple):
    """What a run changed for an account: bought above zero, sold below.

    A flow over an arc is two physical trades of the account that holds the rent: it buys where
    the arc begins and sells where it ends.
    """

    run: int
    account: int
    kind: str
    product: str
    tier: str
    hour_ns: int
    quantity_hundredths: int
    price_ticks: int

    @property
    def slot(self) -> Slot:
        """Give the slot that was traded."""
        return Slot(self.product, self.tier, self.hour_ns)


class Position(NamedTuple):
    """What an account holds of a slot: bought above zero, sold below; never zero."""

    account: int
    kind: str
    product: str
    tier: str
    hour_ns: int
    quantity_hundredths: int

    @property
    def slot(self) -> Slot:
        """Give the slot that is held."""
        return Slot(self.product, self.tier, self.hour_ns)


def block_trades(block: Trade, hours: int) -> tuple[Trade, ...]:
    """Give the trades of a block of hours: the same quantity and price in each of them.

    `block` is the trade of its first hour. A month's run has days, a week's four hours, as
    blocks; what was bought in them can be traded again hour by hour.
    """
    return tuple(
        block._replace(hour_ns=block.hour_ns + hour * NS_PER_HOUR) for hour in range(hours)
    )


def check_trades(trades: Iterable[Trade]) -> None:
    """Refuse trades that no run can have made; raises RequestMalformed with the first of them.

    Equation 1: in each run, slot and price, what is bought is sold.
    """
    open_hundredths: dict[tuple[int, Slot, int], int] = defaultdict(int)
    for number, trade in enumerate(trades):
        _check_trade(trade, f"trades[{number}]")
        open_hundredths[trade.run, trade.slot, trade.price_ticks] += trade.quantity_hundredths
    for (run, slot, price_ticks), left in sorted(open_hundredths.items()):
        if left:
            raise RequestMalformed(
                f"run {run}, {_where(slot)} at {text_from_ticks(price_ticks)}: expected as much "
                f"bought as sold, found {hundredths_text(left)} more bought"
            )


def positions_after(trades: Iterable[Trade], run: int = RUN_MAX) -> tuple[Position, ...]:
    """Give the positions after a run: all that runs up to its number changed (equation 2).

    Numbers of runs rise in time. The result is in order of account, kind and slot.
    """
    held: dict[tuple[int, str, Slot], int] = defaultdict(int)
    for trade in trades:
        if trade.run <= run:
            held[trade.account, trade.kind, trade.slot] += trade.quantity_hundredths
    return tuple(
        Position(account, kind, *slot, quantity)
        for (account, kind, slot), quantity in sorted(held.items())
        if quantity
    )


def trades_between(
    run: int,
    before: Iterable[Position],
    after: Iterable[Position],
    price_ticks: Mapping[Slot, int],
) -> tuple[Trade, ...]:
    """Give what a run changed, from the positions before and after it (equation 2).

    A position that is in both, unchanged, trades nothing: who bids nothing keeps what it has.
    Raises RequestMalformed where a slot that changed has no price.
    """
    change: dict[tuple[int, str, Slot], int] = defaultdict(int)
    for positions, sign in ((before, -1), (after, 1)):
        for position in positions:
            key = position.account, position.kind, position.slot
            change[key] += sign * position.quantity_hundredths
    trades = []
    for (account, kind, slot), quantity in sorted(change.items()):
        if quantity:
            price = price_in(price_ticks, slot)
            trades.append(Trade(run, account, kind, *slot, quantity, price))
    return tuple(trades)


def price_in(price_ticks: Mapping[Slot, int], slot: Slot) -> int:
    """Give the price of a slot; raises RequestMalformed where there is none."""
    if slot not in price_ticks:
        raise RequestMalformed(f"{_where(slot)}: expected a price, found none")
    return price_ticks[slot]


def trades_to_json(trades: Sequence[Trade]) -> bytes:
    """Write trades as canonical JSON."""
    rows = [
        {
            "run": trade.run,
            **_held_fields(trade),
            "price": text_from_ticks(trade.price_ticks),
        }
        for trade in trades
    ]
    return canonical({"schema": TRADES_SCHEMA, "trades": rows})


def trades_from_json(body: bytes) -> tuple[Trade, ...]:
    """Read trades and check them; raises RequestMalformed with the row at fault."""

    def read(fields: Fields) -> Trade:
        run = fields.integer("run", 1, RUN_MAX)
        return Trade(run, *_read_held(fields), fields.ticks("price"))

    trades = read_record(body, "trades", TRADES_SCHEMA, lambda fields: fields.each("trades", read))
    check_trades(trades)
    return trades


def positions_to_json(positions: Sequence[Position]) -> bytes:
    """Write positions as canonical JSON."""
    rows = [_held_fields(position) for position in positions]
    return canonical({"schema": POSITIONS_SCHEMA, "positions": rows})


def positions_from_json(body: bytes) -> tuple[Position, ...]:
    """Read positions; raises RequestMalformed with the row at fault."""
    return read_record(
        body,
        "positions",
        POSITIONS_SCHEMA,
        lambda fields: fields.each("positions", lambda row: Position(*_read_held(row))),
    )


def _check_trade(trade: Trade, path: str) -> None:
    quantity, price = trade.quantity_hundredths, trade.price_ticks
    tests = (
        ("run", 1 <= trade.run <= RUN_MAX, f"a number from 1 to {RUN_MAX}", trade.run),
        ("account", 0 < trade.account <= ACCOUNT_MAX, "an account", trade.account),
        ("kind", trade.kind in KINDS, " or ".join(KINDS), trade.kind),
        (
            "tier",
            trade.kind != VIRTUAL or trade.tier == VIRTUAL_TIER,
            f"{VIRTUAL_TIER} for a virtual trade",
            trade.tier,
        ),
        ("hour", trade.hour_ns % SLOT_NS_LEAST == 0, "whole five minutes", trade.hour_ns),
        (
            "quantity",
            0 < abs(quantity) <= QUANTITY_HUNDREDTHS_MAX,
            "a quantity that is not zero, and within bounds",
            quantity,
        ),
        ("price", abs(price) <= PRICE_TICKS_MAX, f"at most {PRICE_TICKS_MAX} ticks", price),
    )
    for name, passed, expected, found in tests:
        if not passed:
            raise RequestMalformed(f"{path}.{name}: expected {expected}, found {found}")


def _held_fields(held: Trade | Position) -> dict[str, Any]:
    return {
        "account": held.account,
        "kind": held.kind,
        **slot_fields(held.slot),
        "quantity": hundredths_text(held.quantity_hundredths),
    }


def _read_held(fields: Fields) -> tuple[int, str, str, str, int, int]:
    quantity = fields.signed_hundredths("quantity")
    if quantity == 0:
        raise fields.refuse("quantity", "a quantity that is not zero", "0")
    account = fields.integer("account", 1, ACCOUNT_MAX)
    return account, word(fields, "kind", KINDS), *read_slot(fields), quantity


def slot_fields(slot: Slot) -> dict[str, Any]:
    """Write a slot as JSON fields."""
    return {"product": slot.product, "tier": slot.tier, "hour": iso_from_ns(slot.hour_ns)}


def read_slot(fields: Fields) -> Slot:
    """Read `product`, `tier` and `hour`; raises RequestMalformed."""
    return Slot(fields.text("product"), fields.name("tier"), slot_ns(fields, "hour"))


def _where(slot: Slot) -> str:
    return f"{slot.product} {slot.tier} {iso_from_ns(slot.hour_ns)}"
