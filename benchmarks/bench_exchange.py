"""BENCH EXCHANGE: the kernel on the common order flow, beside two other books, in one run.

Takes   the flow of `order_flow.py` on 1 and on 50 contracts, for 1,000 members.
Gives   figures: messages per CPU-second of the kernel, of bourse (a Rust book from PyPI), of the
        plain sorted-dictionary book and of the plain exchange `reference.py`, the ratios first.
Keeps   the whole rule set on: every message is a command through `apply` with its margin check,
        positions, cash and events; every engine's fills must be the flow's, in order.
Source  Decision 0005. CPU time of this process: other load on the machine does not count.
"""

import gc
import time
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts.perpetual import Perpetual
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange.apply import apply
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.exchange.state import State
from chiphour.exchange.state import allocate
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS
from order_flow import CANCEL
from order_flow import SELL
from order_flow import Answer
from order_flow import Messages
from order_flow import PlainBook
from order_flow import fill_hash
from order_flow import generate

try:
    import bourse
except ImportError:  # No wheel for this Python: its figures are null.
    bourse = None

Rows = NDArray[np.int64]

MESSAGES = 1_000_000
MEMBERS = 1_000
RUNS = 5
PEER_RUNS = 3
REFERENCE_MESSAGES = 20_000  # Of the flow's first: the plain exchange is slow.
EVENT_ROWS = 1024  # Of the kernel's buffer, beyond what one command may need.
BATCH = 8192  # Commands of one `Engine.apply`.
DEPOSIT_MICROUSD = 10**14
INDEX_MICROUSD = 819_200  # The flow's first mid.
STRIKE_NS = 20_000 * NS_PER_DAY + STRIKE_OFFSET_NS
MESSAGE_NS = 1_000
LIMITS = Limits(
    accounts=4096,
    contracts=64,
    orders=1 << 15,
    positions=1 << 16,
    positions_per_account=64,
    window_ticks=1 << 14,
    price_microusd_max=(1 << 28) - 1,
)


class Load(NamedTuple):
    """A flow as commands: `setting` opens the market, `flow` is what is timed."""

    contracts: int
    messages: Messages
    answer: Answer
    setting: Rows
    flow: Rows


def load(contracts: int, messages: int = MESSAGES, members: int = MEMBERS) -> Load:
    """Make the commands of a flow."""
    found, answer = generate(messages, contracts)
    accounts = np.random.default_rng(members).permutation(
        np.arange(ACCOUNTS_RESERVED, LIMITS.accounts)
    )[:members]
    setting = _setting(contracts, accounts)
    return Load(contracts, found, answer, setting, _flow(found, accounts, len(setting) + 1))


def _setting(contracts: int, accounts: Rows) -> Rows:
    rows = [command(Kind.OPEN_ACCOUNT, account=int(account)) for account in accounts]
    rows += [
        command(Kind.DEPOSIT, account=int(account), amount_microusd=DEPOSIT_MICROUSD)
        for account in accounts
    ]
    rows.append(
        command(
            Kind.FIXING,
            index=1,
            strike_ns=STRIKE_NS,
            vintage=Vintage.PROVISIONAL,
            fit=1,
            value_microusd=INDEX_MICROUSD,
        )
    )
    terms = Perpetual("CHR.H100.SXM.OD", 1).lower()
    for contract in range(contracts):
        rows += list(listing(contract, terms))
    setting = commands(rows)
    setting[:, ask.SEQUENCE] = np.arange(1, len(setting) + 1)
    setting[:, ask.TIME_NS] = STRIKE_NS
    return setting


def members_of(messages: Messages, members: int) -> Rows:
    """Give each message its member: 2 x (a hash of its number mod half of them) + side.

    So nobody meets an order of his own; a cancel is the order's owner's.
    """
    numbers = np.arange(len(messages), dtype=np.uint64)
    mixed = (numbers * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)
    member = 2 * (mixed % np.uint64(members // 2)).astype(np.int64) + messages["side"]
    cancels = messages["kind"] == CANCEL
    member[cancels] = member[messages["ref"][cancels]]
    return member


def _flow(messages: Messages, accounts: Rows, first: int) -> Rows:
    """Write the messages as commands; the one at place i has sequence `first` + i."""
    rows = np.zeros((len(messages), ask.COMMAND_COLUMNS), np.int64)
    numbers = np.arange(len(messages))
    rows[:, ask.SEQUENCE] = first + numbers
    rows[:, ask.TIME_NS] = STRIKE_NS + MESSAGE_NS * (1 + numbers)
    rows[:, ask.ACCOUNT] = accounts[members_of(messages, len(accounts))]
    cancels = messages["kind"] == CANCEL
    rows[cancels, ask.KIND] = Kind.CANCEL
    rows[cancels, ask.ORDER] = first + messages["ref"][cancels]
    orders = ~cancels
    rows[orders, ask.KIND] = Kind.ORDER
    rows[orders, ask.CONTRACT] = messages["sym"][orders]
    sides = np.where(messages["side"][orders] == SELL, Side.SELL, Side.BUY)
    rows[orders, ask.SIDE] = sides
    rows[orders, ask.ORDER_TYPE] = OrderType.LIMIT
    rows[orders, ask.TIME_IN_FORCE] = TimeInForce.GTC
    rows[orders, ask.PRICE_TICKS] = messages["price"][orders]
    rows[orders, ask.LOTS] = messages["qty"][orders]
    return rows


def time_kernel(work: Load) -> float:
    """Run the flow through the kernel's door; give the CPU-seconds."""
    state = allocate(LIMITS)
    buffer = np.zeros((LIMITS.events_per_command + EVENT_ROWS, tell.EVENT_COLUMNS), np.int64)
    _pass_through(state, work.setting, buffer)
    begin = time.process_time()
    _pass_through(state, work.flow, buffer)
    return time.process_time() - begin


def _pass_through(state: State, rows: Rows, buffer: Rows) -> None:
    while len(rows):
        done, _ = apply(state, rows, buffer)
        rows = rows[done:]


def time_engine(work: Load) -> float:
    """Run the flow through `Engine.apply`, which hands over the events; give the CPU-seconds."""
    engine = Engine(LIMITS)
    engine.apply(work.setting)
    begin = time.process_time()
    for first in range(0, len(work.flow), BATCH):
        engine.apply(work.flow[first : first + BATCH])
    return time.process_time() - begin


def time_reference(work: Load) -> float:
    """Run the flow's first messages through the plain exchange; give CPU-seconds for each.

    Its events must be the kernel's, byte for byte.
    """
    plain, engine = Reference(LIMITS), Engine(LIMITS)
    rows = work.flow[:REFERENCE_MESSAGES]
    plain.apply(work.setting)
    engine.apply(work.setting)
    begin = time.process_time()
    events = plain.apply(rows)
    spent = time.process_time() - begin
    assert np.array_equal(events, engine.apply(rows))
    assert plain.digest() == engine.digest()
    return spent / len(rows)


def check_kernel(work: Load) -> None:
    """Hold the kernel's fills against the flow's answer, and its book too."""
    engine = Engine(LIMITS)
    assert len(engine.apply(work.setting))
    events = engine.apply(work.flow)
    assert not (events[:, tell.KIND] == tell.Kind.REFUSED).any()
    fills = events[events[:, tell.KIND] == tell.Kind.FILL]
    first = int(work.flow[0, ask.SEQUENCE])
    columns = (tell.MAKER_ORDER, tell.TAKER_ORDER, tell.PRICE_TICKS, tell.LOTS)
    told = (fills[:, columns] - np.array([first, first, 0, 0])).tolist()
    sections = engine.sections()
    check_answer(work.answer, [tuple(fill) for fill in told])
    assert len(sections.orders) == work.answer.resting
    assert sections.accounts[:, 2].sum() == 0
    assert sections.positions[:, 2].sum() == 0


def check_answer(answer: Answer, fills: list[tuple[Any, ...]]) -> None:
    """Hold fills, each (maker, taker, price in ticks, lots), against the answer."""
    assert len(fills) == answer.fills
    assert sum(lots for _, _, _, lots in fills) == answer.lots
    assert sum(price * lots for _, _, price, lots in fills) == answer.notional_ticks
    assert fill_hash(fills) == answer.fill_hash


def time_plain(work: Load) -> float:
    """Run the flow through the plain book; give the CPU-seconds. The fills are checked."""
    books = [PlainBook() for _ in range(work.contracts)]
    fills: list[tuple[int, int, int, int]] = []

    def on_fill(maker: int, taker: int, price: int, lots: int, _: bool) -> None:
        fills.append((maker, taker, price, lots))

    rows = work.messages.tolist()
    begin = time.process_time()
    for number, (kind, contract, side, lots, price, named) in enumerate(rows):
        if kind == CANCEL:
            books[contract].cancel(named)
        else:
            books[contract].add(number, side, price, lots, on_fill)
    spent = time.process_time() - begin
    check_answer(work.answer, fills)
    return spent


def time_bourse(work: Load) -> float:
    """Run the flow through bourse, a call for each message; give the CPU-seconds.

    Its priority is the time that it is told, so each order needs its own; without that it trades
    wrongly. It numbers the orders of each book itself, so fills, lots and notional are checked.
    """
    books = [bourse.core.OrderBook(0, 1, True) for _ in range(work.contracts)]
    place = [book.place_order for book in books]
    cancel = [book.cancel_order for book in books]
    set_time = [book.set_time for book in books]
    ids = [0] * len(work.messages)
    rows = work.messages.tolist()
    begin = time.process_time()
    for number, (kind, contract, side, lots, price, named) in enumerate(rows):
        if kind == CANCEL:
            cancel[contract](ids[named])
        else:
            set_time[contract](number)
            ids[number] = place[contract](side == 0, lots, 0, price=price)
    spent = time.process_time() - begin
    trades = [trade for book in books for trade in book.get_trades()]
    assert len(trades) == work.answer.fills
    assert sum(trade[3] for trade in trades) == work.answer.lots
    assert sum(trade[2] * trade[3] for trade in trades) == work.answer.notional_ticks
    return spent


def measured(work: Load) -> tuple[int, int, int | None, int]:
    """Give messages per CPU-second of kernel, engine, bourse and plain book in their best runs.

    They take turns, so that whatever else the machine does meets all of them.
    """
    engines = (time_kernel, time_engine, time_bourse, time_plain)
    times: list[list[float]] = [[] for _ in engines]
    for turn in range(RUNS):
        for engine, spent in zip(engines, times, strict=True):
            missing = bourse is None and engine is time_bourse
            if not missing and (turn < PEER_RUNS or engine in (time_kernel, time_engine)):
                gc.collect()
                spent.append(engine(work))
    kernel, whole, others, plain = (
        round(len(work.messages) / min(spent)) if spent else None for spent in times
    )
    assert kernel and whole and plain
    return kernel, whole, others, plain


def figures() -> Iterator[dict[str, Any]]:
    """Measure; yields {"name", "params", "value", "unit"}, and "reason" where value is None."""
    for contracts in (1, 50):
        work = load(contracts)
        check_kernel(work)
        kernel, engine, others, plain = measured(work)
        reference = round(1 / time_reference(work))
        params = {"contracts": contracts, "members": MEMBERS, "messages": MESSAGES}
        for name, value, unit in (
            ("kernel to bourse", others and round(kernel / others, 2), "ratio"),
            ("kernel to plain book", round(kernel / plain, 2), "ratio"),
            ("kernel to plain exchange", round(kernel / reference, 2), "ratio"),
            ("kernel messages per CPU-second", kernel, "1/s"),
            ("engine messages per CPU-second", engine, "1/s"),
            ("bourse messages per CPU-second", others, "1/s"),
            ("plain book messages per CPU-second", plain, "1/s"),
        ):
            figure = {"name": name, "params": params, "value": value, "unit": unit}
            missing = {"reason": "bourse has no wheel for this Python"}
            yield figure if value is not None else figure | missing
        yield {
            "name": "plain exchange messages per CPU-second",
            "params": params | {"messages": REFERENCE_MESSAGES},
            "value": reference,
            "unit": "1/s",
        }
