"""SETTLE: what each run and each delivery costs everyone, in whole micro-dollars.

Takes   the trades of a run; positions and what was metered against them; real-time prices.
Gives   payments by account and slot; who defaulted, and who pays for it; transfers.
Keeps   every settlement at a sum of zero, exactly: the market neither earns nor loses.
Source  docs/formulation/runs.md, section 3, equations 3 to 5 and 9.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.instance import canonical
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import check_trades
from chiphour.auction.positions import price_in
from chiphour.auction.positions import read_slot
from chiphour.auction.positions import slot_fields
from chiphour.auction.record import RUN_MAX
from chiphour.auction.record import microusd
from chiphour.auction.record import read_record
from chiphour.auction.record import word
from chiphour.ledger.transfer import Transfer
from chiphour.units import div_floor
from chiphour.units import text_from_microusd

RUN = "run"
DELIVERY = "delivery"
CLOSE = "close"  # A virtual position, settled in money at delivery.
PENALTY = "penalty"
DEFAULT = "default"
UPLIFT = "uplift"  # Make-whole, its charges, rent and sponsor, of a run as a whole.
RESERVE = "reserve"
PURPOSES = (RUN, DELIVERY, CLOSE, PENALTY, DEFAULT, UPLIFT, RESERVE)
SLOTLESS = (DEFAULT, UPLIFT, RESERVE)  # These concern an account as a whole.
PAYMENTS_SCHEMA = "chiphour.auction.payments/1"
NOWHERE = Slot("", "", 0)  # The slot of what concerns an account as a whole.


class Metered(NamedTuple):
    """What an account took (above zero) or delivered (below) of a slot, as it is counted."""

    account: int
    product: str
    tier: str
    hour_ns: int
    quantity_hundredths: int

    @property
    def slot(self) -> Slot:
        """Give the slot that was metered."""
        return Slot(self.product, self.tier, self.hour_ns)


class Payment(NamedTuple):
    """What an account receives, or pays where it is below zero. `run` numbers the settlement."""

    run: int
    account: int
    purpose: str
    product: str
    tier: str
    hour_ns: int
    amount_microusd: int

    @property
    def slot(self) -> Slot:
        """Give the slot that it is for."""
        return Slot(self.product, self.tier, self.hour_ns)


class Default(NamedTuple):
    """What an account owed beyond its collateral, and who bears it."""

    account: int
    owed_microusd: int
    own_microusd: int
    fund_microusd: int
    shared_microusd: int


def settle_run(run: int, trades: Iterable[Trade]) -> tuple[Payment, ...]:
    """Settle what a run changed, at its own prices (equation 3); trades of others are left out.

    One hundredth of a chip-hour at one tick is one micro-dollar, so every product is whole.
    Raises RequestMalformed where the run does not close.
    """
    own = [trade for trade in trades if trade.run == run]
    check_trades(own)
    payments = tuple(
        Payment(
            run, trade.account, RUN, *trade.slot, -trade.price_ticks * trade.quantity_hundredths
        )
        for trade in own
        if trade.price_ticks
    )
    assert total_microusd(payments) == 0
    return payments


def settle_delivery(
    run: int,
    positions: Sequence[Position],
    metered: Sequence[Metered],
    price_ticks: Mapping[Slot, int],
) -> tuple[Payment, ...]:
    """Settle what was metered against the last positions, at real-time prices (equation 4).

    A virtual position has nothing metered against it. Raises RequestMalformed where metered
    quantities or positions of a slot do not sum to zero, or a slot has no price.
    """
    _check_closed("metered", metered)
    _check_closed("positions", positions)
    change: dict[tuple[int, str, Slot], int] = defaultdict(int)
    for reading in metered:
        change[reading.account, PHYSICAL, reading.slot] += reading.quantity_hundredths
    for position in positions:
        key = position.account, position.kind, position.slot
        change[key] -= position.quantity_hundredths
    payments = []
    for (account, kind, slot), quantity in sorted(change.items()):
        amount = -price_in(price_ticks, slot) * quantity
        if amount:
            purpose = DELIVERY if kind == PHYSICAL else CLOSE
            payments.append(Payment(run, account, purpose, *slot, amount))
    assert total_microusd(payments) == 0
    return tuple(payments)


def cover_defaults(
    run: int,
    payments: Sequence[Payment],
    collateral_microusd: Mapping[int, int],
    fund_account: int,
    fund_microusd: int,
) -> tuple[tuple[Payment, ...], tuple[Default, ...]]:
    """Give the payments that make a settlement whole, and who defaulted (equation 9).

    An account pays up to its collateral; the guarantee fund pays the rest as far as it reaches;
    what is left is taken from those who receive, in proportion, whole micro-dollars by the
    largest remainder. An account without an entry is never in default: it has paid already.
    """
    totals = totals_microusd(payments)
    gaps = {
        account: -total - collateral_microusd[account]
        for account, total in sorted(totals.items())
        if account in collateral_microusd and account != fund_account
        if -total > collateral_microusd[account]
    }
    missing = sum(gaps.values())
    from_fund = min(missing, max(0, fund_microusd + totals.get(fund_account, 0)))
    receivers = {
        account: total
        for account, total in sorted(totals.items())
        if total > 0 and account != fund_account
    }
    shared = share_out(missing - from_fund, receivers)
    lines = dict(gaps)
    lines[fund_account] = -from_fund
    for account, part in shared.items():
        lines[account] = -part
    covering = tuple(
        Payment(run, account, DEFAULT, *NOWHERE, amount)
        for account, amount in sorted(lines.items())
        if amount
    )
    assert total_microusd(covering) == 0
    by_fund = share_out(from_fund, gaps)
    defaults = tuple(
        Default(
            account,
            -totals[account],
            collateral_microusd[account],
            by_fund[account],
            gap - by_fund[account],
        )
        for account, gap in gaps.items()
    )
    return covering, defaults


def share_out(whole: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Cut a whole in proportion to weights that are not negative; by the largest remainder.

    Equal remainders go to the lower key. The parts sum to the whole; a whole of zero needs no
    weights.
    """
    total = sum(weights.values())
    assert whole >= 0 and (whole == 0 or total > 0)
    if whole == 0:
        return dict.fromkeys(weights, 0)
    parts = {key: div_floor(whole * weight, total) for key, weight in weights.items()}
    remainders = sorted((-(whole * weight % total), key) for key, weight in weights.items())
    for _, key in remainders[: whole - sum(parts.values())]:
        parts[key] += 1
    return parts


def totals_microusd(payments: Iterable[Payment]) -> dict[int, int]:
    """Give what each account receives in all, by account."""
    totals: dict[int, int] = defaultdict(int)
    for payment in payments:
        totals[payment.account] += payment.amount_microusd
    return dict(sorted(totals.items()))


def total_microusd(payments: Iterable[Payment]) -> int:
    """Give the sum of all payments: zero, of any complete settlement."""
    return sum(payment.amount_microusd for payment in payments)


def transfers(payments: Sequence[Payment], run: int, through_account: int) -> tuple[Transfer, ...]:
    """Give the transfers of a settlement: all payments in stand before all payments out.

    Each account pays or receives its total once, through an account that ends where it began.
    Raises RequestMalformed when the payments do not sum to zero.
    """
    if left := total_microusd(payments):
        raise RequestMalformed(
            f"settlement {run}: expected payments that sum to zero, "
            f"found {text_from_microusd(left)}"
        )
    totals = totals_microusd(payments)
    totals.pop(through_account, None)
    payers = [(account, total) for account, total in totals.items() if total < 0]
    paid = [(account, total) for account, total in totals.items() if total > 0]
    pairs = [(account, through_account, -total) for account, total in payers]
    pairs += [(through_account, account, total) for account, total in paid]
    return tuple(
        Transfer(source, target, amount, run, item)
        for item, (source, target, amount) in enumerate(pairs, 1)
    )


def payments_to_json(payments: Sequence[Payment]) -> bytes:
    """Write payments as canonical JSON."""
    rows = [
        {
            "run": payment.run,
            "account": payment.account,
            "purpose": payment.purpose,
            **({} if payment.slot == NOWHERE else slot_fields(payment.slot)),
            "amount": text_from_microusd(payment.amount_microusd),
        }
        for payment in payments
    ]
    return canonical({"schema": PAYMENTS_SCHEMA, "payments": rows})


def payments_from_json(body: bytes) -> tuple[Payment, ...]:
    """Read payments; raises RequestMalformed where one is malformed or they leave a remainder."""

    def read(fields: Fields) -> Payment:
        run = fields.integer("run", 1, RUN_MAX)
        account = fields.integer("account", 1, ACCOUNT_MAX)
        purpose = word(fields, "purpose", PURPOSES)
        slot = NOWHERE if purpose in SLOTLESS else read_slot(fields)
        return Payment(run, account, purpose, *slot, microusd(fields, "amount"))

    payments: tuple[Payment, ...] = read_record(
        body, "payments", PAYMENTS_SCHEMA, lambda fields: fields.each("payments", read)
    )
    sums: dict[int, int] = defaultdict(int)
    for payment in payments:
        sums[payment.run] += payment.amount_microusd
    for run, left in sorted(sums.items()):
        if left:
            raise RequestMalformed(
                f"payments: expected a sum of zero in run {run}, found {text_from_microusd(left)}"
            )
    return payments


def _check_closed(name: str, rows: Sequence[Any]) -> None:
    """Raise RequestMalformed where the quantities of a slot do not sum to zero (equation 1)."""
    sums: dict[Slot, int] = defaultdict(int)
    for row in rows:
        sums[row.slot] += row.quantity_hundredths
    for slot, left in sorted(sums.items()):
        if left:
            raise RequestMalformed(
                f"{name}, {slot.product} {slot.tier}: expected a sum of zero, "
                f"found {hundredths_text(left)}"
            )
