"""DOOR: the way to the exchange for whoever waits on an asyncio loop; and a market's own.

Takes   rows of commands with what is private of them; questions.
Gives   `Door`, which a server's gateway is; `MarketDoor`, for a market that has none.
Keeps   the loop free while the market works; what the exchange refused an error, not an answer.
Source  Decisions 0011 and 0034.

    MarketError
    └── WishRefused     the exchange, or whoever holds the money, does not allow it
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from typing import NamedTuple
from typing import Protocol
from typing import TypeVar

from chiphour.adapters.market import Market
from chiphour.exchange import events as e
from chiphour.exchange.compose import Rows
from chiphour.exchange.engine import Engine
from chiphour.exchange.reasons import Reason
from chiphour.observe.observation import MarketError

T = TypeVar("T")


class WishRefused(MarketError):
    """What is not allowed. `reason` is the exchange's word, NONE where it was not asked."""

    def __init__(self, words: str, reason: Reason = Reason.NONE) -> None:
        """Keep the exchange's own word."""
        self.reason = reason
        super().__init__(words)


class Answered(Protocol):
    """What a door gives back."""

    @property
    def events(self) -> Rows:
        """Give the events of the commands that were submitted, int64[n, 16]."""


class Door(Protocol):
    """The way to the exchange."""

    def submit(self, rows: Rows, private: bytes = b"") -> Awaitable[Answered]:
        """Journal and apply commands; all who listen have heard of them when it returns."""

    def ask(self, question: Callable[[Engine], T]) -> Awaitable[T]:
        """Ask the exchange; all that it tells is durable."""


class Said(NamedTuple):
    """What a market's door gives back."""

    events: Rows


class MarketDoor:
    """The door of a market that has no gateway: each wish waits on a thread of its own."""

    def __init__(self, market: Market) -> None:
        """Stand before a market."""
        self._market = market

    async def submit(self, rows: Rows, private: bytes = b"") -> Said:
        """Journal and apply commands."""
        return Said(await asyncio.to_thread(self._market.submit, rows, private))

    async def ask(self, question: Callable[[Engine], T]) -> T:
        """Ask the exchange."""
        return await asyncio.to_thread(self._market.ask, question)


def check_taken(events: Rows) -> None:
    """Raise WishRefused where the exchange refused one of the commands."""
    for row in events[events[:, e.KIND] == e.Kind.REFUSED].tolist():
        reason = Reason(row[e.REASON])
        raise WishRefused(
            f"expected a command that the exchange takes, found {reason.name}", reason
        )
