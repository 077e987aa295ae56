"""SHORTFALL: what counts as delivered, what the supplier buys back, and what it pays on top.

Takes   deliveries: what one supplier owed one buyer in a slot, and what the meter showed.
Gives   the metered quantities that are settled; penalties for what was not delivered.
Keeps   what the buyer counts equal to what the supplier counts, delivery by delivery.
Source  docs/formulation/runs.md, sections 3 and 4, equations 6 to 8 and 31.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.instance import canonical
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Tier
from chiphour.auction.positions import price_in
from chiphour.auction.positions import read_slot
from chiphour.auction.positions import slot_fields
from chiphour.auction.record import read_record
from chiphour.auction.settle import PENALTY
from chiphour.auction.settle import Metered
from chiphour.auction.settle import Payment
from chiphour.auction.settle import share_out
from chiphour.auction.settle import total_microusd
from chiphour.auction.settle import totals_microusd
from chiphour.units import PPM
from chiphour.units import div_floor

DELIVERIES_SCHEMA = "chiphour.auction.deliveries/1"


class Delivery(NamedTuple):
    """What a supplier owed a buyer in one slot, and what was metered of it: at most that."""

    obligation: str
    supplier: int
    buyer: int
    product: str
    tier: str
    hour_ns: int
    awarded_hundredths: int
    metered_hundredths: int

    @property
    def slot(self) -> Slot:
        """Give the slot in which it was delivered."""
        return Slot(self.product, self.tier, self.hour_ns)


class Split(NamedTuple):
    """A delivery in two parts: what is paid for, and the excess that the supplier buys back."""

    counted_hundredths: int
    excess_hundredths: int


class Penalty(NamedTuple):
    """What non-delivery costs beyond the buy-back: a share of the real-time price.

    `target_account` receives it; None: the buyer that was hit does.
    """

    rate_ppm: int
    target_account: int | None


NO_PENALTY = Penalty(0, None)


def split_of(delivery: Delivery, interruption_ppm: int) -> Split:
    """Count interruptions within the published share as delivered (equation 6).

    The share is rounded down to whole hundredths, in favour of the buyer. Raises
    RequestMalformed when more was metered than was owed, or less than nothing.
    """
    awarded, metered = delivery.awarded_hundredths, delivery.metered_hundredths
    if not 0 <= metered <= awarded:
        raise RequestMalformed(
            f"delivery {delivery.obligation}: expected from 0 to {hundredths_text(awarded)} "
            f"chip-hours, found {hundredths_text(metered)}"
        )
    allowed = min(awarded - metered, div_floor(awarded * interruption_ppm, PPM))
    return Split(metered + allowed, awarded - metered - allowed)


def metered_of(deliveries: Iterable[Delivery], tiers: Iterable[Tier]) -> tuple[Metered, ...]:
    """Give what each account took or delivered, as it is counted: zero in sum, in every slot."""
    by_name = tiers_by_name(tiers)
    sums: dict[tuple[int, Slot], int] = defaultdict(int)
    for delivery in deliveries:
        counted = split_of(delivery, tier_of(by_name, delivery).interruption_ppm).counted_hundredths
        sums[delivery.supplier, delivery.slot] -= counted
        sums[delivery.buyer, delivery.slot] += counted
    return tuple(
        Metered(account, *slot, quantity)
        for (account, slot), quantity in sorted(sums.items())
        if quantity
    )


def penalties(
    run: int,
    deliveries: Sequence[Delivery],
    tiers: Iterable[Tier],
    price_ticks: Mapping[Slot, int],
    penalty: Penalty,
) -> tuple[Payment, ...]:
    """Give the penalties of what was not delivered (equation 8), from supplier to target.

    Raises RequestMalformed where a slot with an excess has no price.
    """
    by_name = tiers_by_name(tiers)
    payments = []
    for delivery in deliveries:
        excess = split_of(delivery, tier_of(by_name, delivery).interruption_ppm).excess_hundredths
        amount = penalty_microusd(excess, price_in(price_ticks, delivery.slot), penalty)
        target = penalty.target_account
        if amount:
            to = delivery.buyer if target is None else target
            for account, part in ((delivery.supplier, -amount), (to, amount)):
                payments.append(Payment(run, account, PENALTY, *delivery.slot, part))
    assert total_microusd(payments) == 0
    return tuple(payments)


def penalty_microusd(excess_hundredths: int, price_ticks: int, penalty: Penalty) -> int:
    """Give the penalty of an excess: a share of its worth, rounded down, for who pays.

    A price below zero fines nothing: the buy-back has paid the supplier, as it would anybody.
    """
    return div_floor(excess_hundredths * max(price_ticks, 0) * penalty.rate_ppm, PPM)


def sure_totals_microusd(payments: Iterable[Payment]) -> dict[int, int]:
    """Give what each account receives in all, without the penalties that may yet be cut.

    Who is asked for money is asked by these: a penalty that comes in may pay for nothing.
    """
    return totals_microusd(
        each for each in payments if each.purpose != PENALTY or each.amount_microusd < 0
    )


def cut_penalties(
    payments: Sequence[Payment], collateral_microusd: Mapping[int, int]
) -> tuple[Payment, ...]:
    """Cut the penalties among payments to what their suppliers have for them (equation 31).

    They stand in pairs, as `penalties` gives them. An account without an entry pays in full.
    """
    fines = [each for each in payments if each.purpose == PENALTY]
    found = [each for each in payments if each.purpose != PENALTY]
    totals, due = totals_microusd(found), totals_microusd(fines[::2])
    parts: dict[int, int] = {}
    for supplier, fine in due.items():
        own = {
            number: -fines[number].amount_microusd
            for number in range(0, len(fines), 2)
            if fines[number].account == supplier
        }
        has = collateral_microusd.get(supplier, -fine - totals.get(supplier, 0))
        paid = min(-fine, max(0, has + totals.get(supplier, 0)))
        parts |= share_out(paid, own)
    for number, part in sorted(parts.items()):
        if part:
            payer, target = fines[number : number + 2]
            found.append(payer._replace(amount_microusd=-part))
            found.append(target._replace(amount_microusd=part))
    assert total_microusd(found) == 0
    return tuple(found)


def deliveries_to_json(deliveries: Iterable[Delivery]) -> bytes:
    """Write deliveries as canonical JSON."""
    rows = [
        {
            "obligation": delivery.obligation,
            "supplier": delivery.supplier,
            "buyer": delivery.buyer,
            **slot_fields(delivery.slot),
            "awarded": hundredths_text(delivery.awarded_hundredths),
            "metered": hundredths_text(delivery.metered_hundredths),
        }
        for delivery in deliveries
    ]
    return canonical({"schema": DELIVERIES_SCHEMA, "deliveries": rows})


def deliveries_from_json(body: bytes) -> tuple[Delivery, ...]:
    """Read deliveries; raises RequestMalformed with the row at fault."""

    def read(fields: Fields) -> Delivery:
        delivery = Delivery(
            fields.name("obligation"),
            fields.integer("supplier", 1, ACCOUNT_MAX),
            fields.integer("buyer", 1, ACCOUNT_MAX),
            *read_slot(fields),
            fields.hundredths("awarded"),
            fields.hundredths("metered"),
        )
        split_of(delivery, 0)
        return delivery

    return read_record(
        body, "deliveries", DELIVERIES_SCHEMA, lambda fields: fields.each("deliveries", read)
    )


def tiers_by_name(tiers: Iterable[Tier]) -> dict[str, Tier]:
    """Give tiers by their names."""
    return {tier.name: tier for tier in tiers}


def tier_of(by_name: Mapping[str, Tier], delivery: Delivery) -> Tier:
    """Give the tier of a delivery; raises RequestMalformed when it is not among them."""
    if delivery.tier not in by_name:
        raise RequestMalformed(
            f"delivery {delivery.obligation}: expected a tier among "
            f"{', '.join(sorted(by_name)) or 'none'}, found {delivery.tier}"
        )
    return by_name[delivery.tier]
