"""FIX_FEED: who listens to which market over FIX, and what each has seen of it.

Takes   requests; frames as they are heard, and the books that the gateway folds of them.
Gives   snapshots, refreshes ten times a second, states of contracts when they change.
Keeps   a refresh leads from what a listener saw last to what is there now: who reads slowly misses
        steps, not their sum. Every trade is told. None of it is kept to be sent again.
Source  Decision 0032.

    MarketError
    └── MarketRefused   (wire/fix_market.py) what a Y answers
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Heard
from chiphour.exchange import events as said
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.wire import fix_tags as tag
from chiphour.wire.fix import Message
from chiphour.wire.fix_market import ID_TWICE
from chiphour.wire.fix_market import LEVELS_MAX
from chiphour.wire.fix_market import SUBSCRIBE
from chiphour.wire.fix_market import TOO_MUCH
from chiphour.wire.fix_market import UNSUBSCRIBE
from chiphour.wire.fix_market import Fields
from chiphour.wire.fix_market import Levels
from chiphour.wire.fix_market import MarketRefused
from chiphour.wire.fix_market import MarketRequest
from chiphour.wire.fix_market import Picture
from chiphour.wire.fix_market import Print
from chiphour.wire.fix_market import market_request
from chiphour.wire.fix_market import picture
from chiphour.wire.fix_market import refreshes
from chiphour.wire.fix_market import security_status
from chiphour.wire.fix_market import snapshot
from chiphour.wire.fix_market import trading_status

PRINTS_MAX = 50  # Of a contract, that a snapshot tells.
GATHERED_MAX = 4_096  # Trades of a contract between two refreshes; more are dropped, the oldest.
REQUESTS_MAX = 64  # Of one connection.

Say = Callable[[str, Fields], None]


@dataclass
class Subscriber:
    """What one connection listens to."""

    say: Say
    requests: dict[str, MarketRequest] = field(default_factory=dict)
    seen: dict[tuple[str, int], Picture] = field(default_factory=dict)
    told: dict[tuple[str, int], int] = field(default_factory=dict)  # The last trade's number.
    states: dict[int, tuple[str, str]] = field(default_factory=dict)


class FixFeed:
    """The markets, for all connections of FIX."""

    def __init__(self, gateway: Gateway) -> None:
        """Begin with nobody listening."""
        self._gateway = gateway
        self._subscribers: list[Subscriber] = []
        self._touched: set[int] = set()
        self._prints: dict[int, deque[Print]] = {}
        self._fresh: dict[int, deque[Print]] = {}

    def join(self, say: Say) -> Subscriber:
        """Let a connection listen."""
        subscriber = Subscriber(say)
        self._subscribers.append(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Let it go."""
        self._subscribers.remove(subscriber)

    def hear(self, heard: Heard) -> None:
        """Take a frame: which contracts it touched, and its trades."""
        trades = iter(heard.trades)
        for event in heard.told.events.tolist():
            if event[said.KIND] == Event.FILL:
                number = next(trades)
                if event[said.CAUSE] == Cause.DELEVERAGING:
                    continue  # It was no trade of the market.
                each = Print(
                    *(number, event[said.PRICE_TICKS], event[said.LOTS], event[said.TIME_NS])
                )
                contract = event[said.CONTRACT]
                self._prints.setdefault(contract, deque(maxlen=PRINTS_MAX)).append(each)
                if self._subscribers:
                    fresh = self._fresh.setdefault(contract, deque(maxlen=GATHERED_MAX))
                    fresh.append(each)
        if self._subscribers:
            self._touched.update(self._gateway.instruments)

    def ask(self, subscriber: Subscriber, message: Message) -> None:
        """Do what a V asks for; raises MarketRefused."""
        request = market_request(message, self._gateway.by_name)
        if request.subscription == UNSUBSCRIBE:
            if request.id not in subscriber.requests:
                raise MarketRefused(ID_TWICE, "expected the MDReqID of a subscription")
            for contract in subscriber.requests.pop(request.id).contracts:
                subscriber.seen.pop((request.id, contract), None)
                subscriber.told.pop((request.id, contract), None)
            return
        if request.id in subscriber.requests:
            raise MarketRefused(ID_TWICE, "expected an MDReqID of its own, found one in use")
        if len(subscriber.requests) >= REQUESTS_MAX:
            raise MarketRefused(TOO_MUCH, f"expected at most {REQUESTS_MAX} subscriptions")
        for contract in request.contracts:
            listed = self._gateway.instruments[contract]
            seen = picture(listed, *self._levels(contract), request.depth)
            told = tuple(self._prints.get(contract, ()))
            subscriber.told[request.id, contract] = told[-1].number if told else 0
            subscriber.say(tag.SNAPSHOT, snapshot(request, listed, seen, told))
            if request.subscription == SUBSCRIBE:
                subscriber.seen[request.id, contract] = seen
        if request.subscription == SUBSCRIBE:
            subscriber.requests[request.id] = request

    def ask_state(self, subscriber: Subscriber, message: Message) -> None:
        """Do what an e asks for; the caller has seen that its contract is there."""
        listed = self._gateway.by_name[message.text(tag.SYMBOL)]
        id = message.text(tag.STATE_REQ_ID)[:64] or tag.NONE
        if message.text(tag.SUBSCRIPTION) == UNSUBSCRIBE:
            subscriber.states.pop(listed.number, None)
            return
        time_ns = self._gateway.time_ns
        subscriber.say(tag.STATE, security_status(id, listed, time_ns, unsolicited=False))
        if message.text(tag.SUBSCRIPTION) == SUBSCRIBE:
            subscriber.states[listed.number] = (id, trading_status(listed.row))

    def refresh(self) -> None:
        """Tell every subscriber what has changed since the last time."""
        touched, self._touched = self._touched, set()
        fresh, self._fresh = self._fresh, {}
        wanted = {
            contract
            for subscriber in self._subscribers
            for request in subscriber.requests.values()
            for contract in request.contracts
        }
        books = {each: self._levels(each) for each in sorted(touched & wanted)}
        for subscriber in tuple(self._subscribers):
            for request in subscriber.requests.values():
                for contract in request.contracts:
                    if contract in books:
                        told = fresh.get(contract, ())
                        self._refresh_one(subscriber, request, contract, books[contract], told)
            self._refresh_states(subscriber, touched)

    def _levels(self, contract: int) -> tuple[Levels, Levels]:
        """Give the levels of a book: bids, then offers."""
        book = self._gateway.board.depth.book(contract)
        bids, offers = (book.depth(side, LEVELS_MAX) for side in Side)
        return [level[:2] for level in bids], [level[:2] for level in offers]

    def _refresh_one(
        self,
        subscriber: Subscriber,
        request: MarketRequest,
        contract: int,
        book: tuple[Levels, Levels],
        told: "deque[Print] | tuple[()]",
    ) -> None:
        listed = self._gateway.instruments[contract]
        now = picture(listed, *book, request.depth)
        before = subscriber.seen.get((request.id, contract), now)
        last = subscriber.told.get((request.id, contract), 0)
        unheard = [each for each in told if each.number > last]
        if unheard:
            subscriber.told[request.id, contract] = unheard[-1].number
        for fields in refreshes(request, listed, before, now, unheard):
            subscriber.say(tag.REFRESH, fields)
        subscriber.seen[request.id, contract] = now

    def _refresh_states(self, subscriber: Subscriber, touched: set[int]) -> None:
        for contract, (id, status) in subscriber.states.items():
            listed = self._gateway.instruments[contract]
            now = trading_status(listed.row)
            if contract in touched and now != status:
                subscriber.states[contract] = (id, now)
                time_ns = self._gateway.time_ns
                subscriber.say(tag.STATE, security_status(id, listed, time_ns, unsolicited=True))
