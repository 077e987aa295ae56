"""EXCHANGE LOAD: the common order flow as commands, on markets of many sizes, all rules on.

Takes   how many contracts and members, how many orders already rest.
Gives   `Load`: the commands that open the market, and those that are timed.
Keeps   the fills those of the flow (`order_flow.py`): members are assigned so that nobody meets
        himself, each in at most 16 contracts, as the rulebook bounds it; fees, bands, margins,
        calls and the scan after each MARK are on, with terms at which none of them ever fires.
Source  Decision 0005; rulebook 1.2. A MARK with a tick comes each second: every 10,000 messages.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.perpetual import Perpetual
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS
from order_flow import CANCEL
from order_flow import MID_MAX
from order_flow import MID_MIN
from order_flow import SELL
from order_flow import Answer
from order_flow import Messages
from order_flow import generate

Rows = NDArray[np.int64]

MESSAGES = 1_000_000
MARK_EVERY = 10_000  # Messages between two marks.
DEPOSIT_MICROUSD = 10**12
INDEX_MICROUSD = 819_200  # The flow's first mid.
STRIKE_NS = 20_000 * NS_PER_DAY + STRIKE_OFFSET_NS
MESSAGE_NS = NS_PER_SECOND // MARK_EVERY
POSITIONS_EACH = 16
WINDOW_TICKS = 1 << 14


class Load(NamedTuple):
    """A flow as commands: `setting` opens the market, `flow` is what is timed.

    `contracts`, `members` and `resting` are its size; `resting` orders lie far from the mid.
    """

    contracts: int
    members: int
    resting: int
    limits: Limits
    messages: Messages
    answer: Answer
    setting: Rows
    flow: Rows


def load(contracts: int, members: int, messages: int = MESSAGES, resting: int = 0) -> Load:
    """Make the commands of a flow."""
    found, answer = generate(messages, contracts)
    limits = limits_of(contracts, members, resting)
    accounts = np.random.default_rng(members).permutation(
        np.arange(ACCOUNTS_RESERVED, limits.accounts)
    )[:members]
    setting = _setting(contracts, accounts, resting)
    flow = _flow(found, accounts, contracts, len(setting) + 1)
    return Load(contracts, members, resting, limits, found, answer, setting, flow)


def limits_of(contracts: int, members: int, resting: int) -> Limits:
    """Give capacities that a flow fits into, powers of two where it matters."""
    accounts = 4096
    while accounts < members + ACCOUNTS_RESERVED:
        accounts *= 2
    return Limits(
        accounts=accounts,
        contracts=max(64, contracts),
        indexes=4,
        orders=(1 << 16) + resting,
        positions=min(1 << 21, contracts * members + 1),
        positions_per_account=POSITIONS_EACH,
        window_ticks=WINDOW_TICKS,
        price_microusd_max=(1 << 28) - 1,
        ids=1 << 10,
    )


def terms() -> tuple[int, ...]:
    """Give the terms of every contract: all rules on, none so near that the flow would meet it."""
    row = list(Perpetual("CHR.H100.SXM.OD", 1).lower())
    row[table.INDEX_TICKS] = 20
    row[table.OPENING_CALL_S] = 0
    row[table.STATIC_BAND_PPM] = row[table.DYNAMIC_BAND_PPM] = 2_000_000
    row[table.MAKER_REBATE_PPM] = 100
    row[table.OPEN_INTEREST_LOWER_LOTS] = 1_000_000
    row[table.OPEN_INTEREST_UPPER_LOTS] = 1 << 30
    row[table.OPEN_INTEREST_CAP_LOTS] = 1 << 30
    return tuple(row)


def _setting(contracts: int, accounts: Rows, resting: int) -> Rows:
    opened = np.zeros((len(accounts), ask.COMMAND_COLUMNS), np.int64)
    opened[:, ask.KIND], opened[:, ask.ACCOUNT] = Kind.OPEN_ACCOUNT, accounts
    paid = opened.copy()
    paid[:, ask.KIND], paid[:, ask.AMOUNT_MICROUSD] = Kind.DEPOSIT, DEPOSIT_MICROUSD
    fixing = {"index": 1, "strike_ns": STRIKE_NS, "value_microusd": INDEX_MICROUSD, "fit": 1}
    rows = [command(Kind.FIXING, vintage=Vintage.PROVISIONAL, **fixing)]
    for contract in range(contracts):
        rows += list(listing(contract, terms()))
    parts = [opened, paid, commands(rows)]
    if resting:
        parts.append(_resting(contracts, accounts, resting))
    setting = np.concatenate(parts)
    setting[:, ask.SEQUENCE] = np.arange(1, len(setting) + 1)
    setting[:, ask.TIME_NS] = STRIKE_NS
    return setting


def _resting(contracts: int, accounts: Rows, count: int) -> Rows:
    """Write orders that the flow never reaches: far below its lowest mid, above its highest."""
    chance = np.random.default_rng(count)
    rows = np.zeros((count, ask.COMMAND_COLUMNS), np.int64)
    rows[:, ask.KIND], rows[:, ask.LOTS] = Kind.ORDER, 1
    rows[:, ask.ORDER_TYPE], rows[:, ask.TIME_IN_FORCE] = OrderType.LIMIT, TimeInForce.GTC
    sells = np.arange(count) % 2 == 1
    rows[:, ask.SIDE] = np.where(sells, Side.SELL, Side.BUY)
    low = chance.integers(1, MID_MIN - 200, count)
    high = chance.integers(MID_MAX + 200, WINDOW_TICKS, count)
    rows[:, ask.PRICE_TICKS] = np.where(sells, high, low)
    rows[:, ask.CONTRACT] = chance.integers(0, contracts, count)
    member = members_of(np.arange(count), sells, rows[:, ask.CONTRACT], contracts, len(accounts))
    rows[:, ask.ACCOUNT] = accounts[member]
    return rows


def members_of(numbers: Rows, sells: Rows, contract: Rows, contracts: int, members: int) -> Rows:
    """Give each message its member: by a hash of its number, even ones buy and odd ones sell.

    With more than 16 contracts each has a share of the members, so that nobody has more than 16
    positions.
    """
    each = members
    if contracts > POSITIONS_EACH:
        each = max(2, members * POSITIONS_EACH // contracts // 2 * 2)
    mixed = (numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)
    place = 2 * (mixed % np.uint64(each // 2)).astype(np.int64) + sells
    first = contract * members // contracts // 2 * 2
    return (first + place) % members


def place_of(number: Rows) -> Rows:
    """Give the place of a message among the commands: a MARK stands behind every 10,000."""
    return number + number // MARK_EVERY


def _flow(messages: Messages, accounts: Rows, contracts: int, first: int) -> Rows:
    """Write the messages as commands; the command at place i has sequence `first` + i."""
    numbers = np.arange(len(messages))
    total = len(messages) + len(messages) // MARK_EVERY
    rows = np.zeros((total, ask.COMMAND_COLUMNS), np.int64)
    rows[:, ask.KIND], rows[:, ask.INDEX] = Kind.MARK, 1
    rows[:, ask.FIT], rows[:, ask.VALUE_MICROUSD] = Quality.LIVE, INDEX_MICROUSD
    sells = messages["side"] == SELL
    member = members_of(numbers, sells, messages["sym"].astype(np.int64), contracts, len(accounts))
    cancels = messages["kind"] == CANCEL
    member[cancels] = member[messages["ref"][cancels]]
    orders = np.zeros((len(messages), ask.COMMAND_COLUMNS), np.int64)
    orders[:, ask.KIND] = np.where(cancels, Kind.CANCEL, Kind.ORDER)
    orders[:, ask.ACCOUNT] = accounts[member]
    orders[cancels, ask.ORDER] = first + place_of(messages["ref"][cancels])
    adds = ~cancels
    for column, values in (
        (ask.CONTRACT, messages["sym"]),
        (ask.SIDE, np.where(sells, Side.SELL, Side.BUY)),
        (ask.PRICE_TICKS, messages["price"]),
        (ask.LOTS, messages["qty"]),
    ):
        orders[adds, column] = values[adds]
    orders[adds, ask.ORDER_TYPE] = OrderType.LIMIT
    orders[adds, ask.TIME_IN_FORCE] = TimeInForce.GTC
    rows[place_of(numbers)] = orders
    rows[:, ask.SEQUENCE] = first + np.arange(total)
    rows[:, ask.TIME_NS] = STRIKE_NS + MESSAGE_NS * (1 + np.arange(total))
    return rows
