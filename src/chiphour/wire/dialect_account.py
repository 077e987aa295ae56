"""DIALECT ACCOUNT: what a member reads of its account now: summary, positions, margins.

Takes   an `Account` as the engine gives it; contracts' rows of the same moment; the account's
        `History`, for what came since the last settlement; previews of an order.
Gives   objects of Deribit's API.
Keeps   what the exchange itself says: `balance` is its cash, `equity` and margins its own. What
        has no meaning here (options) is nought.
Source  Deribit's API v2; rulebook 3, 6, 7.1, 11.1.

    balance                     cash; equity is that and lots times (M - S) of each position
    available_funds             equity less the initial margin, at least nought
    average_price               of the lots' entry (rulebook 3.7)
    total_profit_loss           lots times (M - average price)
    floating_profit_loss        the same since the last settlement, as Deribit has it
    realized_profit_loss        what closing trades and funding brought since then
    size_currency               what the position is worth at the mark, in dollars
    initial_margin              of the position alone, without what offsets it (rulebook 6.4);
                                that of the account has both its offsets and its open orders
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.contracts import names
from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Side
from chiphour.exchange.engine import Account
from chiphour.exchange.engine import Position
from chiphour.exchange.engine import Preview
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.units import div_ceil
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import from_millionths
from chiphour.wire.held import Held
from chiphour.wire.history import NEVER_NS
from chiphour.wire.history import History
from chiphour.wire.history import Protection

Object = dict[str, Any]
NOUGHT = Decimal(0)

_MAINTENANCE = (3, 5)  # Of the initial margin (rulebook 6.5).


class Seen(NamedTuple):
    """An account at one moment: contracts by number, and marks at which it would be liquidated."""

    account: Account
    listed: Mapping[int, Instrument]
    liquidation_microusd: Mapping[int, int | None]


def account_summary(
    seen: Seen,
    history: History,
    fee_settings: Sequence[int],
    limits: Mapping[str, object],
    is_extended: bool = False,
) -> Object:
    """Say what `private/get_account_summary` says.

    `fee_settings` are the market's settings, `limits` how often the account may ask, as the
    gateway says it.
    """
    account = seen.account
    said = _funds(account) | _profits(seen, history) | dict.fromkeys(_OF_OPTIONS, NOUGHT)
    said |= {
        "currency": names.QUOTE,
        "margin_model": "segregated_pm",
        "portfolio_margining_enabled": True,  # What offsets counts less (rulebook 6.4).
        "cross_collateral_enabled": False,
        "fee_balance": NOUGHT,
        "spot_reserve": NOUGHT,
        "additional_reserve": NOUGHT,
        "limits": dict(limits),
    }
    if is_extended:
        said |= whose(account.account, history)
        said["fees"] = fees(account.tier, seen.listed.values(), fee_settings)
    return said


def whose(account: int, history: History) -> Object:
    """Say what the dialect says of an account's owner: a number is all that is known here."""
    return {
        "id": account,
        "username": str(account),
        "system_name": str(account),
        "email": "",
        "type": "main",
        "creation_timestamp": dialect.ms_of_ns(history.opened_ns),
        "login_enabled": False,
        "security_keys_enabled": False,
        "interuser_transfers_enabled": False,
        "mmp_enabled": True,
        "self_trading_reject_mode": "cancel_maker",
        "self_trading_extended_to_subaccounts": True,
        "block_rfq_self_match_prevention": True,
        "referrer_id": None,
    }


def subaccount(account: int, history: History) -> Object:
    """Say what `private/get_subaccounts` says: there is the account itself alone."""
    said = whose(account, history)
    kept = ("id", "username", "system_name", "email", "type", "login_enabled")
    return {name: said[name] for name in kept} | {
        "is_password": False,
        "receive_notifications": False,
        "security_keys_enabled": False,
        "security_keys_assignments": [],
    }


def fees(tier: int, listed: Iterable[Instrument], fee_settings: Sequence[int]) -> list[Object]:
    """Give the fees of each type of contract at a tier: the highest of any that trades.

    What the maker receives is negative.
    """
    share_ppm = fee_settings[settings.FEE_SHARE_PPM + tier]
    found: dict[str, tuple[int, int]] = {}
    for each in listed:
        if each.row[table.STATE] in _TRADING:
            word = "future" if each.row[table.EXPIRY_NS] else "perpetual"
            taker_ppm = rules.ppm_up(int(each.row[table.TAKER_FEE_PPM]), share_ppm)
            maker_ppm = -min(taker_ppm, int(each.row[table.MAKER_REBATE_PPM]))
            held = found.get(word, (taker_ppm, maker_ppm))
            found[word] = max(held[0], taker_ppm), max(held[1], maker_ppm)
    return [
        {
            "currency": names.QUOTE,
            "instrument_type": word,
            "fee_type": "relative",
            "taker_fee": from_millionths(taker_ppm),
            "maker_fee": from_millionths(maker_ppm),
        }
        for word, (taker_ppm, maker_ppm) in sorted(found.items())
    ]


def positions(seen: Seen, history: History) -> list[Object]:
    """Say what `private/get_positions` says: the positions that have lots."""
    return [
        position_object(position, seen, history.held(position.contract))
        for position in seen.account.positions
        if position.lots and position.contract in seen.listed
    ]


def position(seen: Seen, history: History, contract: int) -> Object:
    """Say what `private/get_position` says, also where nothing is held."""
    none = Position(contract, 0, 0, 0, 0, 0, 0)
    found = (each for each in seen.account.positions if each.contract == contract)
    return position_object(next(found, none), seen, history.held(contract))


def position_object(position: Position, seen: Seen, held: Held | None) -> Object:
    """Say what the dialect says of a position.

    `held` may be of another moment than the engine's: then it does not count.
    """
    listed = seen.listed[position.contract]
    row, lots = [int(value) for value in listed.row], position.lots
    mark_microusd, settled_microusd = row[table.MARK_MICROUSD], row[table.SETTLEMENT_MICROUSD]
    floating, realised, funding = lots * (mark_microusd - settled_microusd), 0, 0
    interest_microusd = held.life.interest_microusd if held is not None else 0
    if held is not None and held.lots == lots:
        floating = lots * mark_microusd - held.cost_microusd
        realised, funding = held.realised_microusd, held.funding_microusd
    initial, maintenance = _margins(row, lots)
    orders_microusd = max(0, position.initial_margin_microusd - initial)
    liquidation_microusd = seen.liquidation_microusd.get(position.contract)
    return {
        "instrument_name": listed.name,
        "kind": dialect.KIND,
        "size": dialect.amount(lots),
        "size_currency": from_millionths(lots * mark_microusd),
        "direction": "buy" if lots > 0 else "sell" if lots < 0 else "zero",
        "average_price": from_millionths(position.entry_microusd),
        "mark_price": from_millionths(mark_microusd),
        "index_price": from_millionths(row[table.INDEX_MICROUSD]),
        "settlement_price": from_millionths(settled_microusd),
        "initial_margin": from_millionths(initial),
        "maintenance_margin": from_millionths(maintenance),
        "open_orders_margin": from_millionths(orders_microusd + position.reserve_microusd),
        "floating_profit_loss": from_millionths(floating),
        "realized_profit_loss": from_millionths(realised + funding),
        "realized_funding": from_millionths(funding),
        "total_profit_loss": from_millionths(lots * (mark_microusd - position.entry_microusd)),
        "leverage": dialect.max_leverage(row),
        "estimated_liquidation_price": (
            None if liquidation_microusd is None else from_millionths(liquidation_microusd)
        ),
        "delta": dialect.amount(lots),
        "interest_value": from_millionths(interest_microusd),
        "user_id": seen.account.account,
    }


def margins(
    listed: Instrument, account: Account, previews: Mapping[Side, Preview], limits: Limits
) -> Object:
    """Say what `private/get_margins` says: the margin that an order would add on either side.

    A side on which it would be refused says null and why; `MARGIN_INSUFFICIENT` says both.
    """
    lowest, highest = dialect.legal_ticks(listed, limits)
    said: Object = {
        "min_price": dialect.price(lowest, listed),
        "max_price": dialect.price(highest, listed),
    }
    for side, found in previews.items():
        word = dialect.SIDES[side]
        is_known = found.reason in (Reason.NONE, Reason.MARGIN_INSUFFICIENT)
        added = max(0, found.initial_margin_microusd - account.initial_margin_microusd)
        said[word] = from_millionths(added) if is_known else None
        if found.reason:
            said[f"{word}_reason"] = found.reason.name
    return said


def protection_object(protection: Protection, listed: Instrument) -> Object:
    """Say what `private/get_mmp_config` says of a protection: ours are of one contract each.

    `frozen_until` is 0, or when it has struck the end of it, or -1: until it is reset.
    """
    until_ms = dialect.ms_of_ns(protection.until_ns)
    return {
        "index_name": listed.price_index,
        "instrument_name": listed.name,
        "mmp_group": "default",
        "interval": protection.interval_s,
        "frozen_time": protection.frozen_s,
        "quantity_limit": dialect.amount(protection.lots),
        "delta_limit": None,
        "vega_limit": None,
        "frozen_until": -1 if protection.until_ns == NEVER_NS else until_ms,
    }


_TRADING = (State.OPEN, State.CALL)
_OF_OPTIONS = (
    *("options_delta", "options_gamma", "options_theta", "options_vega", "options_value"),
    *("options_pl", "options_session_rpl", "options_session_upl"),
)


def _funds(account: Account) -> Object:
    """Say what there is, what is needed, and what is free (rulebook 3.6, 6.5)."""
    equity, initial = account.equity_microusd, account.initial_margin_microusd
    free = max(0, min(account.cash_microusd, equity) - initial)
    said = {
        "balance": account.cash_microusd,
        "equity": equity,
        "margin_balance": equity,
        "available_funds": max(0, equity - initial),
        "available_withdrawal_funds": 0 if account.liquidation else free,
        "initial_margin": initial,
        "maintenance_margin": account.maintenance_margin_microusd,
        "projected_initial_margin": initial,
        "projected_maintenance_margin": account.maintenance_margin_microusd,
    }
    return {name: from_millionths(amount) for name, amount in said.items()}


def _profits(seen: Seen, history: History) -> Object:
    """Sum up what the positions bring, and how many lots there are on each index."""
    each = positions(seen, history)
    total = sum((one["total_profit_loss"] for one in each), NOUGHT)
    floating = sum((one["floating_profit_loss"] for one in each), NOUGHT)
    realised = sum((_realised(history, number) for number in seen.listed), NOUGHT)
    deltas: dict[str, int] = {}
    for one in seen.account.positions:
        if one.lots and one.contract in seen.listed:
            ticker = seen.listed[one.contract].price_index
            deltas[ticker] = deltas.get(ticker, 0) + dialect.amount(one.lots)
    return {
        "total_pl": total,
        "futures_pl": total,
        "session_upl": floating,
        "futures_session_upl": floating,
        "session_rpl": realised,
        "futures_session_rpl": realised,
        "delta_total": sum(deltas.values()),
        "projected_delta_total": sum(deltas.values()),
        "delta_total_map": deltas,
    }


def _realised(history: History, contract: int) -> Decimal:
    held = history.held(contract)
    if held is None:
        return NOUGHT
    return from_millionths(held.realised_microusd + held.funding_microusd)


def _margins(row: list[int], lots: int) -> tuple[int, int]:
    """Give the initial and the maintenance margin of a position alone (rulebook 6.1, 6.5)."""
    state = row[table.STATE]
    whole = rules.tier_margin_microusd(row, abs(lots)) if state != State.EXPIRED else 0
    part, of = _MAINTENANCE
    maintenance = div_ceil(part * whole, of)
    return maintenance if state == State.FROZEN else whole, maintenance
