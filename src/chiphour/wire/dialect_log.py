"""DIALECT LOG: what a member may read of the past: money, settlements, trades, ended orders.

Takes   the `History` of who asks; their desk; what is looked for, and how many.
Gives   objects of Deribit's API, page by page.
Keeps   the newest first, unless asked otherwise. A page says whether more is kept beyond it:
        `has_more`, or a `continuation` that finds the next page even when entries came or the
        oldest went meanwhile. What a history no longer keeps is not there, and not counted as more.
Source  Deribit's API v2; rulebook 3, 5, 7, 8.

    type            of what
    trade           a fill: `cashflow` is lots times (S - price), S the price that positions of the
                    contract are carried at (rulebook 3.2); `commission` is the fee
    funding         rate, mark, index, size and period stand in `info`
    settlement      what the mark's move since the last one brought; so too `delivery`, at a fix
    deposit, withdrawal, transfer
    liquidation_fee, insurance    paid to the fund; paid by it
"""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from chiphour.contracts import names
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.wire import dialect
from chiphour.wire.blotter import order_object
from chiphour.wire.blotter import trade_object
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import from_millionths
from chiphour.wire.dialect import ms_of_ns
from chiphour.wire.history import Done
from chiphour.wire.history import Ended
from chiphour.wire.history import Entry
from chiphour.wire.history import History
from chiphour.wire.history import Waited

Object = dict[str, Any]
T = TypeVar("T")

TYPES = {
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "transfer": "transfer",
    "fill": "trade",
    "funding": "funding",
    "variation": "settlement",
    "liquidation fee": "liquidation_fee",
    "fund": "insurance",
    "fee": "trade",  # What the fees account keeps of a fill.
}


class Page(NamedTuple):
    """What was found, and what comes next: the `id` of an entry, or None."""

    found: list[Any]
    following: Any


def page(items: Iterable[T], count: int) -> tuple[list[T], T | None]:
    """Take so many of `items`; give the next one too, None where there is none."""
    found: list[T] = []
    for item in items:
        if len(found) == count:
            return found, item
        found.append(item)
    return found, None


def type_of(entry: Entry) -> str:
    """Name what moved the money."""
    return "delivery" if entry.is_delivery else TYPES[entry.line.what]


def _of_type(word: str) -> Callable[[Entry], bool]:
    return lambda entry: type_of(entry) == word


# Words that `get_transaction_log` may be asked for.
QUERIES: dict[str, Callable[[Entry], bool]] = {
    **{word: _of_type(word) for word in (*TYPES.values(), "delivery")},
    "maker": lambda entry: entry.done is not None and entry.done.trade.is_maker,
    "taker": lambda entry: entry.done is not None and not entry.done.trade.is_maker,
    "buy": lambda entry: entry.line.side == Side.BUY,
    "sell": lambda entry: entry.line.side == Side.SELL,
    "open": lambda entry: "open" in _side_word(entry),
    "close": lambda entry: "close" in _side_word(entry),
    "liquidation": lambda entry: entry.done is not None and _is_liquidation(entry.done),
    "future": lambda entry: entry.listed is not None,
}


def transaction_log(
    history: History,
    count: int,
    start_ms: int,
    end_ms: int,
    query: str | None = None,
    continuation: int | None = None,
) -> Object:
    """Say what `private/get_transaction_log` says; `continuation` is the id of the first entry."""
    wanted = QUERIES[query] if query else lambda entry: True
    found, following = page(
        (
            entry
            for entry in reversed(history.entries)
            if (continuation is None or entry.id <= continuation)
            and start_ms <= ms_of_ns(entry.line.time_ns) <= end_ms
            and wanted(entry)
        ),
        count,
    )
    return {
        "logs": [entry_object(entry, history.account) for entry in found],
        "continuation": following.id if following else None,
    }


def entry_object(entry: Entry, account: int) -> Object:
    """Say what the dialect says of a movement of cash."""
    line = entry.line
    said: Object = {
        "id": entry.id,
        "user_seq": entry.number,
        "user_id": account,
        "username": str(account),
        "timestamp": ms_of_ns(line.time_ns),
        "type": type_of(entry),
        "currency": names.QUOTE,
        "cashflow": from_millionths(line.amount_microusd),
        "commission": from_millionths(entry.fee_microusd),
        "change": from_millionths(line.amount_microusd - entry.fee_microusd),
        "balance": from_millionths(entry.balance_microusd),
        "equity": from_millionths(entry.equity_microusd),
        "instrument_name": entry.listed.name if entry.listed else None,
        "position": entry.position_lots,
        "side": _side_word(entry),
        "trade_id": None,
        "order_id": None,
        "price": None,
        "interest_pl": None,
        "info": _info(entry),
    }
    if line.lots is not None:
        said["amount"] = said["contracts"] = dialect.amount(abs(line.lots))
        said["price_currency"] = names.QUOTE
    if line.mark_microusd is not None and line.index_microusd is not None:
        said["price"] = said["mark_price"] = from_millionths(line.mark_microusd)
        said["index_price"] = from_millionths(line.index_microusd)
    if line.what == "funding":
        said["interest_pl"] = said["cashflow"]
    if entry.brought is not None:
        said |= _session(entry.brought)
    return said | _trade_part(entry)


def settlements(
    history: History,
    count: int,
    name: str | None = None,
    kind: str | None = None,
    latest_ms: int | None = None,
    continuation: int | None = None,
) -> Object:
    """Say what `private/get_settlement_history_by_*` says; `kind` is "settlement" or another.

    `latest_ms` is the latest time to tell of; `continuation` the id of the first entry.
    """
    found, following = page(
        (
            entry
            for entry in reversed(history.entries)
            if entry.brought is not None
            and entry.listed is not None
            and (continuation is None or entry.id <= continuation)
            and (latest_ms is None or ms_of_ns(entry.line.time_ns) <= latest_ms)
            and name in (None, entry.listed.name)
            and kind in (None, type_of(entry))
        ),
        count,
    )
    return {
        "settlements": [_settlement(entry) for entry in found],
        "continuation": str(following.id) if following else None,
    }


def done_object(done: Done, desk: Desk) -> Object:
    """Say what the dialect says of a trade of the past."""
    known = desk._replace(by_number={done.trade.contract: done.listed})
    return trade_object(done.trade, known, done.tick_direction) | {
        "mark_price": from_millionths(done.mark_microusd),
        "index_price": from_millionths(done.index_microusd),
    }


def trades(
    history: History,
    desk: Desk,
    count: int,
    is_wanted: Callable[[Done], bool] = lambda done: True,
    is_ascending: bool = False,
) -> Object:
    """Say what `private/get_user_trades_by_*` says."""
    kept = iter(history.trades) if is_ascending else reversed(history.trades)
    found, following = page((done for done in kept if is_wanted(done)), count)
    return {
        "trades": [done_object(done, desk) for done in found],
        "has_more": following is not None,
    }


def trades_of(history: History, desk: Desk, order: int, is_ascending: bool = False) -> list[Object]:
    """Say what `private/get_user_trades_by_order` says: all trades of one order."""
    found = [done_object(done, desk) for done in history.trades if done.trade.order == order]
    return found if is_ascending else found[::-1]


def ended_object(ended: Ended, desk: Desk) -> Object:
    """Say what the dialect says of an order that has ended."""
    known = desk._replace(by_number={ended.order.contract: ended.listed})
    return order_object(ended.order, known)


def orders(
    history: History,
    desk: Desk,
    count: int,
    name: str | None = None,
    offset: int = 0,
    with_unfilled: bool = False,
    continuation: int | None = None,
) -> Page:
    """Give what `private/get_order_history_by_*` says: the last to end first.

    `continuation` is the id of the first order, and what follows is one.
    """
    kept = (
        ended
        for ended in reversed(history.orders.values())
        if name in (None, ended.listed.name) and (with_unfilled or ended.order.filled_lots)
    )
    started = continuation is None
    left: list[Ended] = []
    for ended in kept:
        started = started or ended.order.order == continuation
        if started:
            left.append(ended)
        if len(left) > offset + count:
            break
    found, following = page(left[offset:], count)
    return Page(
        [ended_object(ended, desk) for ended in found],
        following.order.order if following else None,
    )


def waits(
    history: History,
    desk: Desk,
    count: int,
    name: str | None = None,
    continuation: int | None = None,
) -> Object:
    """Say what `private/get_trigger_order_history` says."""
    found, following = page(
        (
            waited
            for waited in reversed(history.waited)
            if (continuation is None or waited.id <= continuation)
            and name in (None, waited.listed.name)
        ),
        count,
    )
    return {
        "entries": [_waited_object(waited, desk) for waited in found],
        "continuation": str(following.id) if following else None,
    }


def money(history: History, what: str, count: int, offset: int = 0) -> Object:
    """Say what `private/get_deposits`, `get_withdrawals` and `get_transfers` say.

    `what` is "deposit", "withdrawal" or "transfer". Whom money came from or went to is not said.
    """
    kept = [entry for entry in reversed(history.entries) if entry.line.what == what]
    found = kept[offset : offset + count]
    return {"count": len(kept), "data": [_MONEY[what](entry) for entry in found]}


def _side_word(entry: Entry) -> str:
    """Say whether a fill opened or closed; of a settlement, what was held."""
    line = entry.line
    if line.lots is None:
        return "-"
    if line.side is None:
        return "-" if line.what == "fee" else "long" if line.lots > 0 else "short"
    signed = line.lots if line.side == Side.BUY else -line.lots
    before = (entry.position_lots or 0) - signed
    return f"{'close' if before * signed < 0 else 'open'} {dialect.SIDES[Side(line.side)]}"


def _is_liquidation(done: Done) -> bool:
    return done.trade.cause in (Cause.LIQUIDATION, Cause.DELEVERAGING)


def _trade_part(entry: Entry) -> Object:
    """Say what only a trade has."""
    line, done = entry.line, entry.done
    if line.price_ticks is None or line.tick_microusd is None:
        return {}
    said: Object = {
        "price": from_millionths(line.price_ticks * line.tick_microusd),
        "profit_as_cashflow": False,
    }
    if done is None:
        return said
    return said | {
        "trade_id": f"{done.trade.contract}-{done.trade.number}",
        "order_id": str(done.trade.order),
        "user_role": "maker" if done.trade.is_maker else "taker",
        "mark_price": from_millionths(done.mark_microusd),
        "index_price": from_millionths(done.index_microusd),
    }


def _info(entry: Entry) -> Object:
    """Say what made the amount, so that it can be computed again."""
    line = entry.line
    if line.what == "funding":
        assert line.rate_ppm is not None and line.period_s is not None
        assert line.mark_microusd is not None and line.index_microusd is not None
        return {
            "rate_8h": from_millionths(line.rate_ppm),
            "period_seconds": line.period_s,
            "mark_price": from_millionths(line.mark_microusd),
            "index_price": from_millionths(line.index_microusd),
            "size": line.lots,
            "per_lot": from_millionths(_per_lot(entry)),
        }
    if line.what == "variation":
        assert line.mark_microusd is not None
        return {
            "settlement_price": from_millionths(line.mark_microusd),
            "size": line.lots,
            "per_lot": from_millionths(_per_lot(entry)),
        }
    if line.what == "transfer":
        return {"auction_run": entry.run, "item": entry.item} if entry.run else {}
    if entry.done is not None and entry.done.trade.cause:
        return {"cause": entry.done.trade.cause.name.lower()}
    return {}


def _per_lot(entry: Entry) -> int:
    """Give what one long lot received."""
    lots = entry.line.lots or 1
    return div_floor(entry.line.amount_microusd * (1 if lots > 0 else -1), abs(lots))


def _session(brought: tuple[int, int, int]) -> Object:
    floating, realised, funding = brought
    return {
        "session_upl": from_millionths(floating),
        "session_rpl": from_millionths(realised + funding),
        "total_interest_pl": from_millionths(funding),
    }


def _settlement(entry: Entry) -> Object:
    line = entry.line
    assert entry.listed is not None and entry.brought is not None
    assert line.mark_microusd is not None and line.index_microusd is not None
    floating, realised, funding = entry.brought
    return {
        "type": type_of(entry),
        "timestamp": ms_of_ns(line.time_ns),
        "instrument_name": entry.listed.name,
        "position": line.lots,
        "mark_price": from_millionths(line.mark_microusd),
        "index_price": from_millionths(line.index_microusd),
        "profit_loss": from_millionths(floating),
        "session_profit_loss": from_millionths(floating + realised + funding),
        "funding": from_millionths(funding),
    }


def _waited_object(waited: Waited, desk: Desk) -> Object:
    order, listed = waited.order, waited.listed
    said = ended_object(Ended(order, listed), desk)
    kept = (
        *("order_id", "instrument_name", "direction", "amount", "label", "price", "trigger"),
        *("reduce_only", "post_only", "last_update_timestamp"),
    )
    trigger = dialect.trigger_word(OrderType(order.order_type))
    return {name: said[name] for name in kept} | {
        "order_type": dialect.TYPE_WORDS[OrderType(order.order_type)],
        "order_state": waited.what,
        "trigger_order_id": said["order_id"],
        "timestamp": ms_of_ns(order.updated_ns),
        "request": "trigger:cancel" if waited.what == dialect.CANCELLED else "trigger:order",
        "source": "api",
        trigger: said[trigger],
    }


def _deposit(entry: Entry) -> Object:
    time_ms = ms_of_ns(entry.line.time_ns)
    return {
        "address": "",
        "amount": from_millionths(entry.line.amount_microusd),
        "currency": names.QUOTE,
        "received_timestamp": time_ms,
        "updated_timestamp": time_ms,
        "state": "completed",
        "transaction_id": str(entry.id),
    }


def _withdrawal(entry: Entry) -> Object:
    time_ms = ms_of_ns(entry.line.time_ns)
    return {
        "id": entry.id,
        "address": "",
        "amount": from_millionths(-entry.line.amount_microusd),
        "fee": from_millionths(0),
        "priority": from_millionths(PPM),
        "currency": names.QUOTE,
        "created_timestamp": time_ms,
        "confirmed_timestamp": time_ms,
        "updated_timestamp": time_ms,
        "state": "completed",
        "transaction_id": str(entry.id),
    }


def _transfer(entry: Entry) -> Object:
    time_ms = ms_of_ns(entry.line.time_ns)
    amount_microusd = entry.line.amount_microusd
    return {
        "id": entry.id,
        "amount": from_millionths(abs(amount_microusd)),
        "currency": names.QUOTE,
        "direction": "income" if amount_microusd > 0 else "payment",
        "other_side": "",
        "type": "user",
        "state": "confirmed",
        "created_timestamp": time_ms,
        "updated_timestamp": time_ms,
    }


_MONEY: dict[str, Callable[[Entry], Object]] = {
    "deposit": _deposit,
    "withdrawal": _withdrawal,
    "transfer": _transfer,
}
