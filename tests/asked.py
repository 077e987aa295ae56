"""ASKED: a real engine behind the least that can answer the methods of reading.

Takes   commands; requests by method and params.
Gives   results as a client reads them; a refusal is raised.
Keeps   what `adapters/gateway.py` promises: frames folded before anything is asked.
Source  `adapters/rpc_market.py`, `adapters/rpc_account.py`; what their tests share.
"""

import asyncio
import json
from inspect import isawaitable
from typing import NamedTuple

import ccxt

from chiphour.adapters import rpc_account
from chiphour.adapters import rpc_market
from chiphour.exchange.engine import Engine
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect_market import Call
from chiphour.wire.dialect_market import Paid
from chiphour.wire.dialect_market import Traded
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import answer
from chiphour.wire.jsonrpc import from_query
from chiphour.wire.jsonrpc import parse_request
from historied import Market
from historied import spoken
from told import LIMITS
from told import Told

METHODS = rpc_market.METHODS | rpc_account.METHODS


class Asker(NamedTuple):
    """Who asks."""

    account: int


class Levels:
    """A book as the engine holds it."""

    def __init__(self, engine, contract):
        self.engine, self.contract, self.levels_sequence = engine, contract, engine.sequence

    def best(self, side):
        found = self.depth(side, 1)
        return found[0][:2] if found else None

    def depth(self, side, depth=None):
        return self.engine.book(self.contract, depth or 1000)[side - 1]


class Board:
    """What anybody may see: the book, and of all else a word that says what was asked for."""

    def __init__(self, engine):
        self.engine = engine

    def book(self, contract):
        return Levels(self.engine, contract)

    def indicative(self, contract):
        return Call(None, 0, 0)

    def traded(self, contract, since_ns):
        return Traded(4, 960, 230, 240, 229)

    def paid(self, contract):
        return Paid(120, 7)

    def trades(self, contracts, window):
        return {"trades": [[*contracts], *window], "has_more": False}

    def candles(self, contract, resolution, start_ms, end_ms):
        return None if resolution == "7" else {"ticks": [contract, start_ms, end_ms]}

    def funding(self, contract, start_ms, end_ms):
        said = {"timestamp": end_ms, "index_price": 1, "interest_8h": 2, "interest_1h": 3}
        return [said | {"prev_index_price": 1}]

    def funding_value(self, contract, start_ms, end_ms):
        return end_ms - start_ms

    def settlements(self, contracts, kind, count, latest_ms, continuation):
        return {"settlements": [[*contracts], kind, count, continuation], "continuation": None}

    def deliveries(self, index):
        return [{"date": f"2026-01-0{day}", "delivery_price": day} for day in range(1, 6)]


class Heard(Market):
    """A market that a real engine runs."""

    def __init__(self, limits, first=0, bounds=None):
        super().__init__(limits, first, bounds)
        self.engine = Engine(limits)

    def play(self, rows):
        for row, events in super().play(rows):
            assert (self.engine.apply(row[None]) == events).all()
            yield row, events


class Door:
    """The part of a gateway that the methods of reading need."""

    def __init__(self, market):
        self.market, self.limits, self.histories = market, market.limits, market.histories
        self.board = Board(market.engine)

    @property
    def time_ns(self):
        return self.market.engine.time_ns

    @property
    def instruments(self):
        return self.market.listed()

    @property
    def by_name(self):
        return {each.name: each for each in self.instruments.values()}

    def desk(self, account):
        desk = self.market.desk(account)
        return Desk(*desk[:-2], lambda word: WORDS.get(word, 0), self.limits)._replace(
            label_of=lambda number: next(w for w, n in WORDS.items() if n == number)
        )

    def blotter(self, account):
        return self.market.blotter(account)

    def rates(self, account):
        return {"matching_engine": {"rate": 1}}

    async def ask(self, question):
        return question(self.market.engine)

    def ask_for(self, method, params, account=8):
        """Ask by params as they were said; give the result as it is."""
        fields = Fields(params)
        found = METHODS[method](self, Asker(account), fields)
        return asyncio.run(found) if isawaitable(found) else found

    def say(self, method, account=8, **params):
        """Ask; give the result as a client reads it."""
        content = json.dumps({"method": method, "params": params}).encode()
        found = self.ask_for(method, parse_request(content).params, account)
        return json.loads(answer(1, found, 0, 0))["result"]


WORDS = {"mine": 1, "yours": 2}  # Labels by their numbers.


class Spoken(Told):
    """The usual small exchange of tests, run by an engine and heard."""

    def __init__(self):
        super().__init__(LIMITS)
        self.market = Heard(LIMITS, first=8)
        self.reference, self.state = self.market.reference, self.market.reference.state
        self.door = Door(self.market)

    def tell(self, *rows):
        self.market.time_ns = self.time_ns
        return self.market.tell(*rows)


def asked(**terms):
    """Give a market of two members, 8 and 9, with an open perpetual at $2.50, and its door."""
    return spoken(Spoken, **terms)


class Client(ccxt.deribit):
    """ccxt as it is, whose requests go through no network."""

    def __init__(self, door, account=8):
        super().__init__({"apiKey": "key", "secret": "secret"})
        self.door, self.own = door, account
        self.options["code"] = "USDC"

    def request(self, path, api="public", method="GET", params=None, *more, **others):
        word = f"{api if isinstance(api, str) else api[0]}/{path}"
        found = self.door.ask_for(
            word, from_query(word, self.urlencode(params or {})).params, self.own
        )
        return json.loads(answer(1, found, 1_000, 2_000))
