"""FORM: whether a command is well formed, whatever the state.

Takes   row `i` of the commands.
Gives   MALFORMED or NONE.
Keeps   what a kind reads in one table: `commands.USES`; a plain limit order passes one test.
Source  Rulebook 1.4, 9.10.
"""

import numpy as np

from chiphour.contracts.settings import SETTINGS_USED
from chiphour.contracts.table import TERMS_COLUMNS
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import FLAGS_END
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.reasons import Reason
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

_KIND_MAX = max(Kind)
assert min(Kind) == 1 and len(Kind) == _KIND_MAX
assert max(TimeInForce) == TimeInForce.DAY and max(OrderType) == OrderType.BLOCK

# For each kind and column: -1 where the column must be zero.
_UNREAD = np.full((_KIND_MAX + 1, COMMAND_COLUMNS), -1, np.int64)
for _kind, _names in USES.items():
    _read = [ask.SEQUENCE, ask.TIME_NS, ask.KIND, *(getattr(ask, name) for name in _names)]
    _UNREAD[_kind, _read] = 0

# For each type and time in force: 1 where they go together. Types: limit and stop or take with a
# price; market; stop, take and trailing without one; iceberg; block.
_ANY = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD, TimeInForce.DAY)
_RESTING = (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)
_WAITING = (TimeInForce.IOC, TimeInForce.GTD, TimeInForce.DAY)
_FORCES = {
    OrderType.LIMIT: _ANY,
    OrderType.MARKET: (TimeInForce.IOC,),
    OrderType.STOP_LIMIT: _ANY,
    OrderType.STOP_MARKET: _WAITING,
    OrderType.TAKE_LIMIT: _ANY,
    OrderType.TAKE_MARKET: _WAITING,
    OrderType.TRAILING: _WAITING,
    OrderType.ICEBERG: _RESTING,
    OrderType.BLOCK: (TimeInForce.GTD,),
}
_FITS = np.zeros((max(OrderType) + 1, max(TimeInForce) + 1), np.int64)
for _type, _forces in _FORCES.items():
    _FITS[_type, list(_forces)] = 1
_PRICED = np.zeros(max(OrderType) + 1, np.int64)
for _type in OrderType:
    _PRICED[_type] = int("LIMIT" in _type.name or _type in (OrderType.ICEBERG, OrderType.BLOCK))
_POST = Flag.POST_ONLY | Flag.POST_SLIDE
_LINKED = Flag.OCO | Flag.CHILD
_SOURCE = 3


@hot
def form_reason(commands, i):
    """Give MALFORMED, or NONE when every column is one that the kind may hold."""
    kind = commands[i, ask.KIND]
    if kind < 1 or kind > _KIND_MAX:
        return Reason.MALFORMED
    excess = 0
    for column in range(COMMAND_COLUMNS):
        excess |= commands[i, column] & _UNREAD[kind, column]
    if excess != 0:
        return Reason.MALFORMED
    if kind == Kind.ORDER:
        holds = _order_holds(commands, i)
    elif kind == Kind.CANCEL or kind == Kind.ADVANCE:
        holds = True
    else:
        holds = _columns_hold(commands, i, kind)
    return Reason.NONE if holds else Reason.MALFORMED


@kernel
def _columns_hold(commands, i, kind):
    """Check a command of a rarer kind (rulebook 1.4)."""
    if kind == Kind.OPEN_ACCOUNT:
        return commands[i, ask.GROUP] >= 0
    if kind == Kind.TRANSFER:
        audit = commands[i, ask.RUN] >= 0 and commands[i, ask.ITEM] >= 0
        return audit and commands[i, ask.TARGET] != commands[i, ask.ACCOUNT]
    if kind == Kind.SET:
        end = SETTINGS_USED if commands[i, ask.CONTRACT] == -1 else TERMS_COLUMNS
        return commands[i, ask.PARAMETER] >= 0 and commands[i, ask.PARAMETER] < end
    if kind == Kind.FIXING:
        vintage = commands[i, ask.VINTAGE]
        known = vintage == Vintage.PROVISIONAL or vintage == Vintage.FINAL
        fit = commands[i, ask.FIT]
        return known and (fit == 0 or fit == 1) and commands[i, ask.STRIKE_NS] > 0
    if kind == Kind.MARK:
        return _mark_holds(commands, i)
    if kind == Kind.CANCEL_ALL:
        side = commands[i, ask.SIDE]
        return side >= 0 and side <= Side.SELL and commands[i, ask.LABEL] >= 0
    if kind == Kind.PROTECT:
        times = commands[i, ask.INTERVAL_S] >= 0 and commands[i, ask.FROZEN_S] >= 0
        return times and commands[i, ask.LOTS] >= 0
    if kind == Kind.HALT:
        mode = commands[i, ask.MODE]
        flags = commands[i, ask.FLAGS]
        return mode >= Mode.NORMAL and mode <= Mode.HALTED and (flags == 0 or flags == 1)
    return True


@kernel
def _mark_holds(commands, i):
    quality = commands[i, ask.FIT]
    strike_ns = commands[i, ask.STRIKE_NS]
    if quality < Quality.LIVE or quality > Quality.HALTED or strike_ns < 0:
        return False
    return strike_ns == 0 or commands[i, ask.VALUE_MICROUSD] != 0


@hot
def _order_holds(commands, i):
    side = commands[i, ask.SIDE]
    if side != Side.BUY and side != Side.SELL:
        return False
    if commands[i, ask.CLIENT_ORDER_ID] < 0 or commands[i, ask.LABEL] < 0:
        return False
    time_in_force = commands[i, ask.TIME_IN_FORCE]
    rare = commands[i, ask.FLAGS] | commands[i, ask.LINK]
    rare |= commands[i, ask.TRIGGER_TICKS] | commands[i, ask.EXPIRE_NS]
    rare |= commands[i, ask.ORDER_TYPE] ^ OrderType.LIMIT
    if rare == 0 and (time_in_force == TimeInForce.GTC or time_in_force == TimeInForce.IOC):
        return True
    return _rare_order_holds(commands, i)


@kernel
def _rare_order_holds(commands, i):
    """Check an order that is more than a limit order, GTC or IOC (rulebook 9.10)."""
    order_type = commands[i, ask.ORDER_TYPE]
    time_in_force = commands[i, ask.TIME_IN_FORCE]
    if order_type < OrderType.LIMIT or order_type > OrderType.BLOCK:
        return False
    if time_in_force < TimeInForce.GTC or time_in_force > TimeInForce.DAY:
        return False
    if _FITS[order_type, time_in_force] == 0:
        return False
    if commands[i, ask.PRICE_TICKS] != 0 and _PRICED[order_type] == 0:
        return False
    expire_ns = commands[i, ask.EXPIRE_NS]
    if time_in_force == TimeInForce.GTD:
        if expire_ns <= 0:
            return False
    elif expire_ns != 0:
        return False
    return _trigger_holds(commands, i, order_type) and _flags_hold(commands, i, order_type)


@kernel
def _trigger_holds(commands, i, order_type):
    """Check the column that is a trigger, an offset, a display or a counterparty."""
    trigger = commands[i, ask.TRIGGER_TICKS]
    if order_type <= OrderType.MARKET:
        return trigger == 0
    if order_type == OrderType.TRAILING:
        return trigger > 0
    if order_type == OrderType.ICEBERG:
        return trigger > 0 and trigger < commands[i, ask.LOTS]
    return True


@kernel
def _flags_hold(commands, i, order_type):
    flags = commands[i, ask.FLAGS]
    link = commands[i, ask.LINK]
    if flags < 0 or flags >= FLAGS_END:
        return False
    if order_type == OrderType.BLOCK:
        return flags == 0 and link == 0
    time_in_force = commands[i, ask.TIME_IN_FORCE]
    rests = time_in_force != TimeInForce.IOC and time_in_force != TimeInForce.FOK
    triggered = order_type >= OrderType.STOP_LIMIT and order_type <= OrderType.TRAILING
    post = flags & _POST
    if post != 0 and (post == _POST or triggered or not rests):
        return False
    linked = flags & _LINKED
    if (linked != 0) != (link != 0) or linked == _LINKED:
        return False
    if linked != 0 and not rests and not triggered:
        return False
    source = flags >> SOURCE_SHIFT & _SOURCE
    if not triggered:
        return source == 0
    return source <= Source.INDEX or (source == Source.LAST and order_type != OrderType.TRAILING)
