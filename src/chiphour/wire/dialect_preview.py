"""DIALECT PREVIEW: what an order would cost, need and risk, were it sent now.

Takes   an ORDER; its account and contract, the exchange's own preview and the levels that it
        would meet, all of one moment.
Gives   the object of `private/preview_order`, ours.
Keeps   reason and margin those of the exchange. What it would trade is reckoned from the lots that
        show: hidden lots, own orders and self-trade are left out. All amounts exact.
Source  Rulebook 6.1, 6.5, 9.10, 11.1; decision 0047. It raises nothing.

    filled_amount           what would trade at once, at `average_price`, for `fee`
    resting_amount          what would rest, or wait for its trigger
    cost                    lots times price of all of it; what waits at the market at its trigger
    added_margin            by how much the account's initial margin would be more
    available_after         equity less that margin and the fee, at least nought
    liquidation_price       were all of it filled at those prices, all else standing still
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.engine import Account
from chiphour.exchange.engine import Preview
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.units import div_ceil
from chiphour.units import div_half_even
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import from_millionths

Object = dict[str, Any]
LEVELS = 1_000  # Prices that an order is walked along.

_MAINTENANCE = (3, 5)  # Of the initial margin (rulebook 6.5).
_KNOWN = (Reason.NONE, Reason.MARGIN_INSUFFICIENT)


class Shot(NamedTuple):
    """All that a preview is made of, at one moment.

    `levels` are (price in ticks, lots) of the side that the order would meet, the best first.
    """

    row: list[int]  # The ORDER, int64[16].
    listed: Instrument
    account: Account
    preview: Preview
    levels: Sequence[tuple[int, ...]]
    settings: Sequence[int]
    limits: Limits


class _Traded(NamedTuple):
    """What an order would do: lots at once, what they cost in ticks, lots that stay."""

    lots: int
    cost_ticks: int
    left: int


def preview_object(shot: Shot) -> Object:
    """Say what `private/preview_order` says; amounts are null where the order would be refused."""
    reason = shot.preview.reason
    said: Object = {"reason": reason.name if reason else None}
    if reason not in _KNOWN:
        return said | dict.fromkeys(_FIELDS)
    traded, tick = _traded(shot), shot.listed.tick_microusd
    fee_microusd = _fee_microusd(shot, traded.lots)
    left_microusd = traded.left * _left_price_microusd(shot)
    cost_microusd = traded.cost_ticks * tick + left_microusd
    needed = max(shot.preview.initial_margin_microusd, shot.account.initial_margin_microusd)
    free = shot.account.equity_microusd - needed - fee_microusd
    average = div_half_even(traded.cost_ticks * tick, traded.lots) if traded.lots else None
    liquidation = _liquidation_microusd(shot, traded, cost_microusd, fee_microusd)
    return said | {
        "filled_amount": dialect.amount(traded.lots),
        "resting_amount": dialect.amount(traded.left),
        "average_price": _price(average),
        "cost": from_millionths(cost_microusd),
        "fee": from_millionths(fee_microusd),
        "added_margin": from_millionths(needed - shot.account.initial_margin_microusd),
        "available_after": from_millionths(max(0, free)),
        "liquidation_price": _price(liquidation),
    }


_FIELDS = (
    *("filled_amount", "resting_amount", "average_price", "cost", "fee", "added_margin"),
    *("available_after", "liquidation_price"),
)


def _price(microusd: int | None) -> Decimal | None:
    return None if microusd is None else from_millionths(microusd)


def _held_lots(shot: Shot) -> int:
    number = shot.listed.number
    return next((each.lots for each in shot.account.positions if each.contract == number), 0)


def _sign(shot: Shot) -> int:
    return 1 if shot.row[ask.SIDE] == Side.BUY else -1


def _lots(shot: Shot) -> int:
    """Give an order's lots; one that only reduces has no more than there are."""
    lots = shot.row[ask.LOTS]
    if not shot.row[ask.FLAGS] & Flag.REDUCE_ONLY:
        return lots
    return min(lots, max(0, -_sign(shot) * _held_lots(shot)))


def _traded(shot: Shot) -> _Traded:
    """Walk an order along the levels that it would meet."""
    row, lots = shot.row, _lots(shot)
    kind, in_force = row[ask.ORDER_TYPE], row[ask.TIME_IN_FORCE]
    rests = in_force not in (TimeInForce.IOC, TimeInForce.FOK)
    waits = kind in dialect.WAITING or row[ask.FLAGS] & Flag.CHILD
    posts = row[ask.FLAGS] & (Flag.POST_ONLY | Flag.POST_SLIDE)
    if waits or posts or shot.listed.row[table.STATE] == State.CALL:
        return _Traded(0, 0, lots if waits or rests else 0)
    filled = cost_ticks = 0
    for price_ticks, shown_lots, *_ in shot.levels:
        if filled == lots or not _reaches(shot, price_ticks):
            break
        taken = min(shown_lots, lots - filled)
        filled, cost_ticks = filled + taken, cost_ticks + taken * price_ticks
    if in_force == TimeInForce.FOK and filled < lots:
        return _Traded(0, 0, 0)
    return _Traded(filled, cost_ticks, lots - filled if rests else 0)


def _reaches(shot: Shot, price_ticks: int) -> bool:
    """Tell whether an order would trade at a price: within its limit, or within the band."""
    if shot.row[ask.ORDER_TYPE] != OrderType.MARKET:
        limit = shot.row[ask.PRICE_TICKS]
        return price_ticks <= limit if _sign(shot) > 0 else price_ticks >= limit
    lowest, highest = dialect.legal_ticks(shot.listed, shot.limits)
    return lowest <= price_ticks <= highest


def _left_price_microusd(shot: Shot) -> int:
    """Give the price at which what stays is counted: its limit, its trigger, or else the mark."""
    row, tick = shot.row, shot.listed.tick_microusd
    kind = row[ask.ORDER_TYPE]
    if kind in dialect.PRICED:
        return row[ask.PRICE_TICKS] * tick
    if kind in dialect.TRIGGERED_AT:
        return row[ask.TRIGGER_TICKS] * tick
    return int(shot.listed.row[table.MARK_MICROUSD])


def _fee_microusd(shot: Shot, lots: int) -> int:
    """Give the fee of what would trade at once, in one fill (rulebook 11.1)."""
    row = shot.listed.row
    whole = rules.ppm_up(int(row[table.BASE_MICROUSD]) * lots, int(row[table.TAKER_FEE_PPM]))
    share_ppm = shot.settings[settings.FEE_SHARE_PPM + shot.account.tier]
    return rules.ppm_up(whole, share_ppm)


def _liquidation_microusd(
    shot: Shot, traded: _Traded, cost_microusd: int, fee_microusd: int
) -> int | None:
    """Estimate the mark at which the account would meet its maintenance margin, all of it filled.

    The contract's own margin alone changes with the lots; what offsets it is taken to stand still.
    """
    sign, held, lots = _sign(shot), _held_lots(shot), traded.lots + traded.left
    after = held + sign * lots
    if after == 0:
        return None
    row = [int(value) for value in shot.listed.row]
    mark = row[table.MARK_MICROUSD]
    part, of = _MAINTENANCE
    tiers = [rules.tier_margin_microusd(row, abs(each)) for each in (after, held)]
    more = div_ceil(part * tiers[0], of) - div_ceil(part * tiers[1], of)
    equity = shot.account.equity_microusd + sign * (lots * mark - cost_microusd) - fee_microusd
    slack = equity - shot.account.maintenance_margin_microusd - more
    price = mark - slack // after  # Toward the mark below it, as the exchange says a position.
    return price if abs(price) <= shot.limits.price_microusd_max else None
