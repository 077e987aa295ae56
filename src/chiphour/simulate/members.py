"""MEMBERS: the demonstration members: who they are and how they trade.

Takes   a seed, the time, what each contract is worth, and the events of the exchange.
Gives   rows of commands: two makers quote around the index, five others trade against them.
Keeps   every choice a function of the seed, the time and the account: a restart that hears the
        same events sends the same orders. They are labelled "demonstration" wherever shown.
Source  Decision 0011. Not a model of behaviour: `analyse` must never read these trades.
"""

import hashlib
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.exchange import events as e
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import Limits
from chiphour.exchange.settlement import FINISHED
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_floor

Rows = NDArray[np.int64]

LABEL = "demonstration"
DEPOSIT_MICROUSD = 2_000_000 * 1_000_000  # Two million dollars each: pretend money.
POSITION_LOTS_MAX = 4_000  # What a demonstration member will hold either way.
CARRY_PPM_PER_DAY = 150  # What makers ask above the index for each day to expiry.
HALF_SPREAD_PPM = 2_000
LEVEL_PPM = 3_000


class Member(NamedTuple):
    """A demonstration member. `role` is "maker", "hedger", "supplier" or "trend"."""

    name: str
    role: str
    account: int


class Quoted(NamedTuple):
    """What a member knows of a contract before it acts. Money in micro-dollars per lot."""

    contract: int
    tick_microusd: int
    index_microusd: int
    previous_index_microusd: int
    expiry_ns: int  # 0 for a perpetual


def account_of(name: str) -> int:
    """Give the account of a demonstration member: a number drawn from its name's hash."""
    drawn = int.from_bytes(hashlib.sha256(f"{LABEL}/{name}".encode()).digest()[:8])
    return ACCOUNTS_RESERVED + drawn % (Limits().accounts - ACCOUNTS_RESERVED)


DEMONSTRATION = tuple(
    Member(f"{LABEL} {name}", role, account_of(name))
    for name, role in (
        ("maker one", "maker"),
        ("maker two", "maker"),
        ("inference buyer", "hedger"),
        ("training lab", "hedger"),
        ("pool operator", "supplier"),
        ("university pool", "supplier"),
        ("trend follower", "trend"),
    )
)
assert len({member.account for member in DEMONSTRATION}) == len(DEMONSTRATION)


def enrolment(members: Iterable[Member]) -> Rows:
    """Give the commands that open the members' accounts and pay in their deposits."""
    rows = []
    for member in members:
        rows.append(command(Kind.OPEN_ACCOUNT, account=member.account))
        rows.append(command(Kind.DEPOSIT, account=member.account, amount_microusd=DEPOSIT_MICROUSD))
    return commands(rows)


class Crowd:
    """The demonstration members together, with what they know of their own orders."""

    def __init__(self, members: Sequence[Member], seed: int) -> None:
        """Start with no order and no position; `seed` is an integer of at most 63 bits."""
        self._seed = seed
        self._members = tuple(members)
        self._orders: dict[int, dict[int, int]] = {member.account: {} for member in members}
        self._lots: dict[tuple[int, int], int] = {}

    def hear(self, events: Rows) -> None:
        """Learn from events, in order: own orders that rest, and own positions."""
        kinds = events[:, e.KIND]
        heard = np.isin(kinds, (e.Kind.RESTED, e.Kind.CANCELLED, e.Kind.FILL, e.Kind.EXPIRED))
        for event in events[heard].tolist():
            kind = event[e.KIND]
            if kind == e.Kind.FILL:
                self._filled(event)
            elif kind == e.Kind.EXPIRED:
                self._expired(event)
            elif event[e.ACCOUNT] in self._orders:
                own = self._orders[event[e.ACCOUNT]]
                if kind == e.Kind.RESTED:
                    own[event[e.ORDER]] = event[e.CONTRACT]
                else:
                    own.pop(event[e.ORDER], None)

    def step(self, time_ns: int, quoted: Sequence[Quoted]) -> Rows:
        """Give the commands that all members send at this time, in the members' order."""
        rows: list[Rows] = []
        for member in self._members:
            drawn = np.random.default_rng([self._seed, time_ns, member.account])
            for contract in quoted:
                if member.role == "maker":
                    rows += self._quote(member, contract, time_ns, drawn)
                else:
                    rows += self._take(member, contract, time_ns, drawn)
        for row in rows:
            row[TIME_NS] = time_ns
        return commands(rows)

    def _filled(self, event: list[int]) -> None:
        lots = event[e.LOTS] if event[e.SIDE] == Side.BUY else -event[e.LOTS]
        maker, taker = event[e.MAKER_ACCOUNT], event[e.TAKER_ACCOUNT]
        for account, change in ((taker, lots), (maker, -lots)):
            key = (account, event[e.CONTRACT])
            self._lots[key] = self._lots.get(key, 0) + change
        if event[e.MAKER_LOTS_LEFT] == 0 and maker in self._orders:
            self._orders[maker].pop(event[e.MAKER_ORDER], None)

    def _expired(self, event: list[int]) -> None:
        if event[e.REASON] == FINISHED:
            for key in [key for key in self._lots if key[1] == event[e.CONTRACT]]:
                del self._lots[key]

    def _quote(
        self, member: Member, contract: Quoted, time_ns: int, drawn: np.random.Generator
    ) -> list[Rows]:
        own = self._orders[member.account]
        rows = [
            command(Kind.CANCEL, account=member.account, order=order)
            for order, number in own.items()
            if number == contract.contract
        ]
        held = self._lots.get((member.account, contract.contract), 0)
        fair = fair_microusd(contract, time_ns)
        fair -= fair * held // (POSITION_LOTS_MAX * 50)  # Full inventory shades by 2 %.
        noise_ppm = int(drawn.integers(-400, 401))
        for level in range(3):
            away_ppm = HALF_SPREAD_PPM + level * LEVEL_PPM + noise_ppm
            lots = int(drawn.integers(200, 500))
            for side in (Side.BUY, Side.SELL):
                price = fair - fair * away_ppm // PPM * (1 if side == Side.BUY else -1)
                if abs(held + (lots if side == Side.BUY else -lots)) <= POSITION_LOTS_MAX:
                    rows.append(_order(member, contract, side, price, lots, TimeInForce.GTC))
        return rows

    def _take(
        self, member: Member, contract: Quoted, time_ns: int, drawn: np.random.Generator
    ) -> list[Rows]:
        lots = int(drawn.integers(20, 160))
        if drawn.integers(0, 100) >= 35:
            return []
        side = _leaning(member, contract, drawn)
        held = self._lots.get((member.account, contract.contract), 0)
        if abs(held + (lots if side == Side.BUY else -lots)) > POSITION_LOTS_MAX:
            side = Side.SELL if held > 0 else Side.BUY
        fair = fair_microusd(contract, time_ns)
        price = fair + fair * 10_000 // PPM * (1 if side == Side.BUY else -1)
        return [_order(member, contract, side, price, lots, TimeInForce.IOC)]


def fair_microusd(contract: Quoted, time_ns: int) -> int:
    """Give what makers think a lot is worth: the index, and a carry by days to expiry."""
    days = max(0, contract.expiry_ns - time_ns) // NS_PER_DAY
    return contract.index_microusd + contract.index_microusd * CARRY_PPM_PER_DAY * days // PPM


def _leaning(member: Member, contract: Quoted, drawn: np.random.Generator) -> Side:
    against = drawn.integers(0, 100) < 20
    rises = contract.index_microusd >= contract.previous_index_microusd
    buys = {"hedger": True, "supplier": False, "trend": rises}[member.role] != against
    return Side.BUY if buys else Side.SELL


def _order(
    member: Member,
    contract: Quoted,
    side: Side,
    price_microusd: int,
    lots: int,
    time_in_force: TimeInForce,
) -> Rows:
    divide = div_floor if side == Side.BUY else div_ceil
    return command(
        Kind.ORDER,
        account=member.account,
        contract=contract.contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        price_ticks=divide(price_microusd, contract.tick_microusd),
        lots=lots,
    )
