"""FORM: whether a command is well formed, whatever the state.

Takes   row `i` of the commands.
Gives   MALFORMED or NONE.
Keeps   what a kind reads in one table: `commands.USES`.
Source  Rulebook 1.4.
"""

import numpy as np

from chiphour.contracts.table import TERMS_COLUMNS
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.reasons import Reason
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

_KIND_MAX = max(Kind)
assert min(Kind) == 1 and len(Kind) == _KIND_MAX

# For each kind and column: -1 where the column must be zero.
_UNREAD = np.full((_KIND_MAX + 1, COMMAND_COLUMNS), -1, np.int64)
for _kind, _names in USES.items():
    _read = [ask.SEQUENCE, ask.TIME_NS, ask.KIND, *(getattr(ask, name) for name in _names)]
    _UNREAD[_kind, _read] = 0


@hot
def form_reason(commands, i):
    """Give MALFORMED, or NONE when every column is one that the kind may hold."""
    kind = commands[i, ask.KIND]
    if kind < 1 or kind > _KIND_MAX:
        return Reason.MALFORMED
    excess = 0
    for column in range(COMMAND_COLUMNS):
        excess |= commands[i, column] & _UNREAD[kind, column]
    if excess != 0 or not _columns_hold(commands, i, kind):
        return Reason.MALFORMED
    return Reason.NONE


@kernel
def _columns_hold(commands, i, kind):
    if kind == Kind.ORDER:
        return _order_holds(commands, i)
    if kind == Kind.OPEN_ACCOUNT:
        return commands[i, ask.GROUP] >= 0
    if kind == Kind.TRANSFER:
        audit = commands[i, ask.RUN] >= 0 and commands[i, ask.ITEM] >= 0
        return audit and commands[i, ask.TARGET] != commands[i, ask.ACCOUNT]
    if kind == Kind.SET:
        return commands[i, ask.PARAMETER] >= 0 and commands[i, ask.PARAMETER] < TERMS_COLUMNS
    if kind == Kind.FIXING:
        vintage = commands[i, ask.VINTAGE]
        known = vintage == Vintage.PROVISIONAL or vintage == Vintage.FINAL
        fit = commands[i, ask.FIT]
        return known and (fit == 0 or fit == 1) and commands[i, ask.STRIKE_NS] > 0
    if kind == Kind.MARK:
        quality = commands[i, ask.FIT]
        return quality >= Quality.LIVE and quality <= Quality.HALTED
    return True


@hot
def _order_holds(commands, i):
    side = commands[i, ask.SIDE]
    if side != Side.BUY and side != Side.SELL:
        return False
    time_in_force = commands[i, ask.TIME_IN_FORCE]
    if time_in_force != TimeInForce.GTC and time_in_force != TimeInForce.IOC:
        return False
    if commands[i, ask.FLAGS] != 0:
        return False
    if commands[i, ask.CLIENT_ORDER_ID] < 0 or commands[i, ask.LABEL] < 0:
        return False
    if commands[i, ask.ORDER_TYPE] == OrderType.LIMIT:
        return True
    if commands[i, ask.ORDER_TYPE] != OrderType.MARKET:
        return False
    return commands[i, ask.PRICE_TICKS] == 0 and time_in_force == TimeInForce.IOC
