"""PAIRS: who bought from whom in a run, which clears a pool: the facts that an index asks for.

Takes   the trades of one run, the positions before it, who stands behind each account.
Gives   `Sale`: one buyer, one seller, one slot; who stands behind them; how much the buyer gained.
Keeps   every hundredth that was bought in one sale; the index apart: it has a record of its own
        with the same fields, in the same order.
Source  docs/formulation/runs.md, section 7, equation 14; docs/methodology/companions.md, "TX".
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.fields import Fields
from chiphour.auction.fields import hundredths_text
from chiphour.auction.instance import canonical
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import RESERVED
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import check_trades
from chiphour.auction.record import RUN_MAX
from chiphour.auction.record import read_record
from chiphour.auction.record import slot_ns
from chiphour.auction.record import word
from chiphour.hardware.tenors import TENORS as WORDS
from chiphour.units import div_floor
from chiphour.units import iso_from_ns
from chiphour.units import text_from_ticks

# Which tenor a tier is (hardware.tenors); a tier that may be interrupted is INT.
TENORS: Mapping[str, str] = {RESERVED.name: "OTHER", ON_DEMAND.name: "OD", "spot": "INT"}


class Party(NamedTuple):
    """Who stands behind an account: its name, its group, demonstration or not."""

    name: str
    group: str
    demonstration: bool


class Sale(NamedTuple):
    """Chips of one product for one slot, an hour or less, from one seller to one buyer.

    `kind` is that of the run. `physical` holds when both sides are. `seller` is "" where the
    chips came over an arc. `increase_hundredths` is how much more the buyer's group holds for
    delivery after the run than before it, its share in this sale.
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


class Side(NamedTuple):
    """One account's purchase or sale in a slot at a price; the size above zero."""

    party: Party
    physical: bool
    size_hundredths: int


ARC = Party("", "", False)
SALES_SCHEMA = "chiphour.auction.sales/1"


def sales(
    trades: Sequence[Trade],
    kind: str,
    before: Iterable[Position],
    parties: Mapping[int, Party],
    rent_account: int = 0,
    tenors: Mapping[str, str] = TENORS,
) -> tuple[Sale, ...]:
    """Give the sales of one run, by slot, price, buyer and seller (equation 14).

    `before` are the positions before the run. An account without a party is a demonstration
    member. Purchases of the rent account, chips that leave over an arc, have no buyer and no
    sale. Raises RequestMalformed where the run does not close.
    """
    check_trades(trades)
    assert len({trade.run for trade in trades}) <= 1
    gains = _gains(trades, before, parties)

    def sides(of: Iterable[Trade]) -> list[Side]:
        return [_side(trade, parties, rent_account) for trade in of]

    by_price: dict[tuple[Slot, int], list[Trade]] = defaultdict(list)
    for trade in sorted(trades):
        by_price[trade.slot, trade.price_ticks].append(trade)
    found: list[Sale] = []
    for (slot, price_ticks), here in sorted(by_price.items()):
        bought = [trade for trade in here if trade.quantity_hundredths > 0]
        sold = [trade for trade in here if trade.quantity_hundredths < 0]
        buyers = [(side, _own_gain(gains, slot, side)) for side in sides(bought)]
        what = here[0].run, kind, slot._replace(tier=tenors.get(slot.tier, "OTHER")), price_ticks
        found += paired(*what, buyers, sides(sold))
    return tuple(found)


def paired(
    run: int,
    kind: str,
    slot: Slot,
    price_ticks: int,
    buyers: Sequence[tuple[Side, int]],
    sellers: Sequence[Side],
) -> Iterator[Sale]:
    """Yield the sales of one slot at one price: each buyer's chips come from all sellers.

    `slot.tier` is the tenor; beside each buyer stands what it gained, in hundredths. An arc that
    buys has no sale.
    """
    for buyer, gained in buyers:
        if buyer.party == ARC:
            continue
        for seller, quantity, increase in _cuts(buyer, gained, sellers):
            yield Sale(
                run=run,
                kind=kind,
                product=slot.product,
                physical=buyer.physical and seller.physical,
                tenor=slot.tier,
                demonstration=buyer.party.demonstration or seller.party.demonstration,
                buyer=buyer.party.name,
                seller=seller.party.name,
                buyer_group=buyer.party.group,
                seller_group=seller.party.group,
                quantity_hundredths=quantity,
                increase_hundredths=increase,
                price_ticks=price_ticks,
                delivered_from_ns=slot.hour_ns,
            )


def sales_to_json(sold: Iterable[Sale]) -> bytes:
    """Write sales as canonical JSON: the record that an index takes."""
    rows = [
        {
            "run": sale.run,
            "kind": sale.kind,
            "product": sale.product,
            "physical": sale.physical,
            "tenor": sale.tenor,
            "demonstration": sale.demonstration,
            "buyer": sale.buyer,
            "seller": sale.seller,
            "buyer_group": sale.buyer_group,
            "seller_group": sale.seller_group,
            "quantity": hundredths_text(sale.quantity_hundredths),
            "increase": hundredths_text(sale.increase_hundredths),
            "price": text_from_ticks(sale.price_ticks),
            "delivered_from": iso_from_ns(sale.delivered_from_ns),
        }
        for sale in sold
    ]
    return canonical({"schema": SALES_SCHEMA, "sales": rows})


def sales_from_json(body: bytes) -> tuple[Sale, ...]:
    """Read sales; raises RequestMalformed with the row at fault."""
    return read_record(body, "sales", SALES_SCHEMA, lambda fields: fields.each("sales", _read))


def cut(total: int, shares: Sequence[int]) -> list[int]:
    """Cut a whole in proportion to shares, at the running totals, rounded down: exact in sum."""
    whole, passed, given = sum(shares), 0, 0
    parts = []
    for share in shares:
        passed += share
        until = div_floor(total * passed, whole)
        parts.append(until - given)
        given = until
    return parts


def party_of(account: int, parties: Mapping[int, Party]) -> Party:
    """Give who stands behind an account; one that nobody vouches for is a demonstration member."""
    name = f"account {account}"
    return parties.get(account, Party(name, name, True))


class _Gain(NamedTuple):
    """What a group gained for delivery in a slot, and all that it bought there in the run."""

    gained_hundredths: int
    bought_hundredths: int


def _gains(
    trades: Iterable[Trade], before: Iterable[Position], parties: Mapping[int, Party]
) -> dict[tuple[str, Slot], _Gain]:
    """Give by group and slot how much more is held for delivery after the run than before.

    Who buys back what it had sold gains only what it then holds: no chip is delivered to it.
    """
    held: dict[tuple[str, Slot], int] = defaultdict(int)
    change: dict[tuple[str, Slot], int] = defaultdict(int)
    bought: dict[tuple[str, Slot], int] = defaultdict(int)
    for position in before:
        if position.kind == PHYSICAL:
            key = party_of(position.account, parties).group, position.slot
            held[key] += position.quantity_hundredths
    for trade in trades:
        if trade.kind == PHYSICAL:
            key = party_of(trade.account, parties).group, trade.slot
            change[key] += trade.quantity_hundredths
            bought[key] += max(trade.quantity_hundredths, 0)
    return {
        key: _Gain(max(0, max(0, held[key] + by) - max(0, held[key])), bought[key])
        for key, by in change.items()
    }


def _own_gain(gains: Mapping[tuple[str, Slot], _Gain], slot: Slot, buyer: Side) -> int:
    """Give an account's part of its group's gain: in proportion to what it bought."""
    if not buyer.physical or buyer.party == ARC:
        return 0
    gain = gains[buyer.party.group, slot]
    return div_floor(gain.gained_hundredths * buyer.size_hundredths, gain.bought_hundredths)


def _cuts(buyer: Side, own: int, sellers: Sequence[Side]) -> Iterator[tuple[Side, int, int]]:
    """Yield the sellers, the quantity taken from each, and the gain in it: never more than that."""
    quantities = cut(buyer.size_hundredths, [seller.size_hundredths for seller in sellers])
    parts = zip(sellers, quantities, cut(own, quantities), strict=True)
    for seller, quantity, increase in parts:
        if quantity:
            yield seller, quantity, increase


def _read(fields: Fields) -> Sale:
    quantity, increase = fields.hundredths("quantity"), fields.hundredths("increase")
    if not 0 <= increase <= quantity or quantity == 0:
        raise fields.refuse("increase", "no more than the quantity, which is above zero", increase)
    return Sale(
        fields.integer("run", 1, RUN_MAX),
        fields.name("kind"),
        fields.text("product"),
        _truth(fields, "physical"),
        word(fields, "tenor", tuple(WORDS)),
        _truth(fields, "demonstration"),
        fields.text("buyer"),
        fields.text("seller"),
        fields.text("buyer_group"),
        fields.text("seller_group"),
        quantity,
        increase,
        fields.ticks("price"),
        slot_ns(fields, "delivered_from"),
    )


def _truth(fields: Fields, name: str) -> bool:
    value = fields.raw(name)
    if not isinstance(value, bool):
        raise fields.refuse(name, "true or false", value)
    return value


def _side(trade: Trade, parties: Mapping[int, Party], rent_account: int) -> Side:
    party = ARC if trade.account == rent_account else party_of(trade.account, parties)
    return Side(party, trade.kind == PHYSICAL, abs(trade.quantity_hundredths))
