"""REFERENCE FORM: whether a command is well formed, whatever the state.

Takes   a command's row.
Gives   True when it is MALFORMED.
Keeps   no state and asks for none.
Source  Rulebook 1.4, 3.6 and 9.10.
"""

from collections.abc import Callable

from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.table import TERMS
from chiphour.exchange import commands
from chiphour.exchange.commands import FLAGS_END
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import COMMAND_PLACES
from chiphour.exchange.compose import named_command
from chiphour.exchange.reference_book import PRICED_TYPES
from chiphour.exchange.reference_book import WAITING_TYPES

Ask = dict[str, int]  # A command by the names of its columns.

_ENDLESS = (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)  # In which an order may rest.
_IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)
_HALT_CANCELS = 1  # The one flag of HALT.


def malformed(row: list[int]) -> bool:
    """Tell whether a command is out of form (rulebook 1.4)."""
    if row[commands.KIND] not in COMMAND_PLACES:
        return True
    kind = Kind(row[commands.KIND])
    read = {commands.KIND, *COMMAND_PLACES[kind].values()}
    if any(value != 0 for place, value in enumerate(row) if place not in read):
        return True
    ask = named_command(row)
    return kind in _FORMS and _FORMS[kind](ask)


def _open_account(ask: Ask) -> bool:
    return ask["group"] < 0


def _transfer(ask: Ask) -> bool:
    return ask["run"] < 0 or ask["item"] < 0 or ask["account"] == ask["target"]


def _set(ask: Ask) -> bool:
    known = SETTINGS if ask["contract"] == -1 else TERMS
    return not 0 <= ask["parameter"] < len(known)


def _fixing(ask: Ask) -> bool:
    unknown = ask["vintage"] not in set(Vintage) or ask["fit"] not in (0, 1)
    return unknown or ask["strike_ns"] <= 0


def _mark(ask: Ask) -> bool:
    no_tick = ask["value_microusd"] == 0
    if ask["strike_ns"] < 0 or (no_tick and ask["strike_ns"] != 0):
        return True
    return ask["fit"] not in set(Quality)


def _cancel_all(ask: Ask) -> bool:
    return ask["side"] not in (0, *Side) or ask["label"] < 0


def _protect(ask: Ask) -> bool:
    return ask["interval_s"] < 0 or ask["frozen_s"] < 0 or ask["lots"] < 0


def _halt(ask: Ask) -> bool:
    return ask["mode"] not in set(Mode) or ask["flags"] not in (0, _HALT_CANCELS)


def _order(ask: Ask) -> bool:
    """Tell whether an ORDER's words do not go together (rulebook 9.10)."""
    if ask["side"] not in set(Side) or ask["order_type"] not in set(OrderType):
        return True
    if ask["time_in_force"] not in set(TimeInForce) or not 0 <= ask["flags"] < FLAGS_END:
        return True
    if ask["client_order_id"] < 0 or ask["label"] < 0:
        return True
    return _prices(ask) or _time_in_force(ask) or _flags(ask) or _links(ask)


def _prices(ask: Ask) -> bool:
    """Tell whether price and trigger do not suit the type (rulebook 9.10)."""
    kind, trigger = ask["order_type"], ask["trigger_ticks"]
    if kind not in PRICED_TYPES and ask["price_ticks"] != 0:
        return True
    if kind in (OrderType.LIMIT, OrderType.MARKET):
        return trigger != 0
    if kind == OrderType.TRAILING:
        return trigger <= 0  # An offset.
    if kind == OrderType.ICEBERG:
        return not 1 <= trigger < ask["lots"]  # The lots that show.
    return False


def _time_in_force(ask: Ask) -> bool:
    """Tell whether the time in force does not suit the type (rulebook 9.10)."""
    kind, in_force = ask["order_type"], ask["time_in_force"]
    if in_force == TimeInForce.GTD:
        if ask["expire_ns"] <= 0:
            return True
    elif ask["expire_ns"] != 0:
        return True
    if kind == OrderType.MARKET:
        return in_force != TimeInForce.IOC
    if kind == OrderType.ICEBERG:
        return in_force not in _ENDLESS
    if kind == OrderType.BLOCK:
        return in_force != TimeInForce.GTD
    if kind not in PRICED_TYPES:  # Fires as an IOC; GTD and DAY say how long it waits.
        return in_force not in (TimeInForce.IOC, TimeInForce.GTD, TimeInForce.DAY)
    return False


def _flags(ask: Ask) -> bool:
    """Tell whether the flags do not suit the type (rulebook 9.10)."""
    kind, flags = ask["order_type"], ask["flags"]
    if kind == OrderType.BLOCK and flags != 0:
        return True
    post_only, post_slide = flags & Flag.POST_ONLY, flags & Flag.POST_SLIDE
    if post_only and post_slide:
        return True
    if (post_only or post_slide) and (
        kind not in (OrderType.LIMIT, OrderType.ICEBERG) or ask["time_in_force"] not in _ENDLESS
    ):
        return True
    source = flags >> SOURCE_SHIFT & 3
    if kind not in WAITING_TYPES:
        return source != 0
    if kind == OrderType.TRAILING:
        return source not in (Source.MARK, Source.INDEX)
    return source not in set(Source)


def _links(ask: Ask) -> bool:
    """Tell whether LINK and the flags that need it do not go together (rulebook 9.10)."""
    flags = ask["flags"]
    one_cancels_other, child = flags & Flag.OCO, flags & Flag.CHILD
    if one_cancels_other and child:
        return True
    linked = bool(one_cancels_other or child)
    if linked != (ask["link"] != 0):
        return True
    immediate = ask["time_in_force"] in _IMMEDIATE and ask["order_type"] not in WAITING_TYPES
    return linked and immediate


_FORMS: dict[Kind, Callable[[Ask], bool]] = {
    Kind.OPEN_ACCOUNT: _open_account,
    Kind.TRANSFER: _transfer,
    Kind.SET: _set,
    Kind.FIXING: _fixing,
    Kind.MARK: _mark,
    Kind.ORDER: _order,
    Kind.CANCEL_ALL: _cancel_all,
    Kind.PROTECT: _protect,
    Kind.HALT: _halt,
}
