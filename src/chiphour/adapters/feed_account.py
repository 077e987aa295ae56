"""FEED ACCOUNT: the channels of one account: its orders, its trades, its money.

Takes   frames as the gateway folded them.
Gives   `FAMILIES`, for the first word `user`: sources of `user.orders`, `user.trades`,
        `user.changes` and `user.portfolio`.
Keeps   an account's own: a source is made for who is signed in, and looks at nobody else's.
        Liquidation and deleveraging are trades like others, with their cause.
Source  Deribit's API v2, "Subscriptions"; decision 0035.

    user.orders.X.raw           each change of an order, one message each
    user.orders.X.100ms         the changes of a turn, as a list
    user.trades.X.raw|100ms     trades, as a list
    user.changes.X.raw|100ms    {instrument_name, orders, trades}; positions are asked for
    user.portfolio.USDC         the account's summary, when it has changed, once a second at most

X is the name of a contract, or a kind and a currency: `any.any`, `future.USDC`.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from chiphour.adapters.feed import Family
from chiphour.adapters.feed import Source
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Heard
from chiphour.adapters.kinds import flags_of
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc_account import summary_of
from chiphour.contracts import names
from chiphour.exchange import events as said
from chiphour.exchange.events import Kind as Event
from chiphour.observe.observation import MarketError
from chiphour.wire import dialect
from chiphour.wire.blotter import Change
from chiphour.wire.blotter import order_object
from chiphour.wire.blotter import trade_object
from chiphour.wire.dialect import Desk

TURNS = {"raw": 0, "100ms": 1, "agg2": 10}
PORTFOLIO_TURNS = 10

Say = Callable[[Desk, list[Change]], Iterable[object]]


class Own:
    """A channel of the changes of one account and contract."""

    begins_anew = False

    def __init__(self, gateway: Gateway, account: int, contract: int, turns: int, say: Say) -> None:
        """Take those of one contract, or of all: -1. `turns` 0 says them at once."""
        self._gateway, self._account, self._contract = gateway, account, contract
        self._turns, self._say = turns, say
        self._gathered: list[Change] = []

    def first(self) -> object | None:
        """Tell nothing: what stands is asked for by `private/get_open_orders`."""
        return None

    def hear(self, heard: Heard) -> Iterable[object]:
        """Take the changes of the account, and tell them where nothing waits for a turn."""
        for account, change, _ in heard.changes:
            if account == self._account and self._contract in (-1, _contract_of(change)):
                self._gathered.append(change)
        return self.flush() if self._gathered and not self._turns else ()

    def flush(self) -> Iterable[object]:
        """Tell what has gathered."""
        gathered, self._gathered = self._gathered, []
        return self._say(self._gateway.desk(self._account), gathered) if gathered else ()

    def tick(self, turn: int) -> Iterable[object]:
        """Tell what has gathered, when it is the turn for it."""
        return self.flush() if self._turns and turn % self._turns == 0 else ()


def each_order(desk: Desk, changes: list[Change]) -> Iterator[object]:
    """Say each change of an order."""
    return (order_object(each.order, desk) for each in changes if each.order is not None)


def last_orders(desk: Desk, changes: list[Change]) -> Iterator[object]:
    """Say how each order stands after all changes, as a list."""
    if last := {each.order.order: each.order for each in changes if each.order is not None}:
        yield [order_object(order, desk) for order in last.values()]


def all_trades(desk: Desk, changes: list[Change]) -> Iterator[object]:
    """Say the trades, as a list."""
    if found := [trade_object(each.trade, desk) for each in changes if each.trade is not None]:
        yield found


def together(desk: Desk, changes: list[Change]) -> Iterator[object]:
    """Say orders and trades of each contract in one message."""
    by_contract: dict[int, list[Change]] = {}
    for change in changes:
        by_contract.setdefault(_contract_of(change), []).append(change)
    for contract, own in by_contract.items():
        yield {
            "instrument_name": desk.by_number[contract].name,
            "orders": next(last_orders(desk, own), []),
            "trades": next(all_trades(desk, own), []),
        }


class Portfolio:
    """The account's summary: asked of the exchange when something may have changed it."""

    begins_anew = False

    def __init__(self, gateway: Gateway, asker: Asker) -> None:
        """Ask for the account of who is signed in."""
        self._gateway, self._asker, self._account = gateway, asker, asker.account
        self._changed = True
        self._found: list[object] = []
        self._last: object = None
        self._asking: asyncio.Task[None] | None = None

    def first(self) -> object | None:
        """Tell nothing yet: the summary follows within a second, to all who listen."""
        self._changed, self._last = True, None
        return None

    def hear(self, heard: Heard) -> Iterable[object]:
        """Note that the account, or a mark, has changed."""
        events = heard.told.events
        own = (events[:, said.ACCOUNT] == self._account).any() or heard.trades
        marked = _MARKING[events[:, said.KIND]].any()
        self._changed = bool(self._changed or own or marked)
        return ()

    def flush(self) -> Iterable[object]:
        """Tell what was found."""
        found, self._found = self._found, []
        return found

    def tick(self, turn: int) -> Iterable[object]:
        """Ask again, once a second at most; tell what was found since."""
        is_asking = self._asking is not None and not self._asking.done()
        if self._changed and turn % PORTFOLIO_TURNS == 0 and not is_asking:
            self._changed = False
            self._asking = asyncio.get_running_loop().create_task(self._ask())
        return self.flush()

    async def _ask(self) -> None:
        try:
            found = await summary_of(self._gateway, self._account, False)
        except MarketError:
            return  # The market has stopped, or the account is gone: whoever asks is told.
        if found != self._last:
            self._last = found
            self._found.append(found)


def _user(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    """Make the source of `user.KIND.X.INTERVAL` or `user.portfolio.CUR`, for who is signed in."""
    if asker.key is not None and words[:1] == ["portfolio"]:
        is_ours = len(words) == 2 and words[1].upper() in (names.QUOTE, "ANY")
        return Portfolio(gateway, asker) if is_ours else None
    if asker.key is None or len(words) < 3 or words[0] not in _KINDS or words[-1] not in TURNS:
        return None
    contract = contract_of_words(gateway, words[1:-1])
    if contract is None:
        return None
    turns = TURNS[words[-1]]
    say = last_orders if words[0] == "orders" and turns else _KINDS[words[0]]
    return Own(gateway, asker.account, contract, turns, say)


_MARKING = flags_of((Event.MARKED, Event.SETTLED, Event.FUNDED))
_KINDS: dict[str, Say] = {"orders": each_order, "trades": all_trades, "changes": together}
FAMILIES: dict[str, Family] = {"user": _user}


def contract_of_words(gateway: Gateway, words: Sequence[str]) -> int | None:
    """Give the contract that a channel names; -1 for all by kind and currency; None for none."""
    if len(words) == 1:
        listed = gateway.by_name.get(words[0])
        return None if listed is None else listed.number
    of_all = len(words) == 2 and words[0] in (dialect.KIND, "any")
    return -1 if of_all and words[1] in (names.QUOTE, "any") else None


def _contract_of(change: Change) -> int:
    found = change.order or change.trade
    assert found is not None
    return found.contract
