"""REFERENCE MARKET: what the operator and members do beside orders: accounts, money, contracts.

Takes   OPEN_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, LIST, SET, OPEN, HALT, already checked.
Gives   the changes and their events.
Keeps   all money that is here opposite to OUTSIDE's; a contract's terms still once it is open,
        but for the live ones.
Source  Rulebook 3.1, 3.6, 8.2 and 10.3.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Mode
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_floor import OPEN_STATES
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_marks import index_and_mark
from chiphour.exchange.reference_marks import index_microusd
from chiphour.exchange.reference_marks import quality_of
from chiphour.exchange.reference_marks import take_base
from chiphour.exchange.reference_state import Account
from chiphour.exchange.reference_state import Contract
from chiphour.exchange.reference_state import MarketState
from chiphour.exchange.work import Item
from chiphour.units import NS_PER_DAY

ALL = -1  # CONTRACT: all of them, or the market's settings.


class MarketSide(Floor):
    """Accounts, money, contracts, modes."""

    # Accounts and money: rulebook 3.

    def _open_account(self, ask: Ask) -> None:
        self.state.accounts[ask["account"]] = Account(ask["group"])
        self._emit(Event.ACCOUNT_OPENED, account=ask["account"])

    def _deposit(self, ask: Ask) -> None:
        self.state.post(bounds.OUTSIDE, -ask["amount_microusd"])
        self._tell_money(Event.DEPOSITED, ask["account"], ask["amount_microusd"])

    def _withdraw(self, ask: Ask) -> None:
        self.state.post(bounds.OUTSIDE, ask["amount_microusd"])
        self._tell_money(Event.WITHDRAWN, ask["account"], -ask["amount_microusd"])

    def _tell_money(self, kind: Event, account: int, amount_microusd: int) -> None:
        """Post what the account receives from outside, and tell it (rulebook 3.6)."""
        cash = self.state.post(account, amount_microusd)
        money = {"cash_microusd": cash, "amount_microusd": amount_microusd}
        self._emit(kind, account=account, **money)

    def _transfer(self, ask: Ask) -> None:
        cash = self.state.post(ask["account"], -ask["amount_microusd"])
        self.state.post(ask["target"], ask["amount_microusd"])
        names = ("account", "target", "run", "item", "amount_microusd")
        echo = {name: ask[name] for name in names}
        self._emit(Event.TRANSFERRED, cash_microusd=cash, **echo)

    # Contracts: rulebook 8.2.

    def _list(self, ask: Ask) -> None:
        self.state.contracts[ask["contract"]] = Contract(rules.new_row())
        self._emit(Event.LISTED, contract=ask["contract"])

    def _set(self, ask: Ask) -> None:
        if ask["contract"] == ALL:
            self.state.settings[ask["parameter"]] = ask["value"]
        else:
            self.state.row(ask["contract"])[ask["parameter"]] = ask["value"]
        echo = {name: ask[name] for name in ("contract", "parameter", "value")}
        self._emit(Event.PARAMETER_SET, **echo)

    def _open(self, ask: Ask) -> None:
        """Open a listed contract at its I, most often with a call (rulebook 8.2)."""
        row = self.state.row(ask["contract"])
        take_base(self.state, row)
        price = rules.clamp(row[table.INDEX_MICROUSD], self.state.limits.price_microusd_max)
        rules.open_row(row, price, ask["time_ns"])
        rules.take_rates(row)
        row[table.QUALITY] = quality_of(self.state, row, ask["time_ns"])
        self._emit(Event.OPENED, contract=ask["contract"], **index_and_mark(row))
        if row[table.OPENING_CALL_S] > 0:
            self.begin_call(ask["contract"], CallReason.OPENING, row[table.OPENING_CALL_S])

    # Modes: rulebook 10.3.

    def _halt(self, ask: Ask) -> None:
        """Give a member, a contract or all of them a mode; with FLAGS 1 cancel all orders there."""
        if ask["account"] != 0:
            self.state.accounts[ask["account"]].mode = ask["mode"]
            self._emit(Event.MODE_SET, account=ask["account"], contract=0, reason=ask["mode"])
        else:
            self._emit(Event.MODE_SET, account=0, contract=ask["contract"], reason=ask["mode"])
            every = ask["contract"] == ALL
            for number in sorted(self.state.contracts) if every else [ask["contract"]]:
                self._give_mode(number, ask["mode"])
        if ask["flags"] == 1:
            subject = ask["account"] or ALL
            where = ALL if ask["account"] != 0 else ask["contract"]
            self.put(
                Item.CANCEL_ALL,
                subject,
                reason=where,
                before=ask["sequence"],
                why=Reason.HALTED,
            )

    def _give_mode(self, number: int, mode: int) -> None:
        """Give a contract a mode; one that leaves HALTED goes through a call (rulebook 10.3)."""
        row = self.state.row(number)
        left = row[table.MODE] == Mode.HALTED and mode != Mode.HALTED
        row[table.MODE] = mode
        if left and row[table.STATE] == State.OPEN and row[table.CALL_S] > 0:
            self.begin_call(number, CallReason.RESUMED, row[table.CALL_S])


# What OPEN asks of a contract's terms: rulebook 8.2.


def terms_make_sense(state: MarketState, number: int, time_ns: int) -> bool:
    """Tell whether a contract may open on its terms now (rulebook 8.2)."""
    row, limits = state.row(number), state.limits
    lower, upper = row[table.OPEN_INTEREST_LOWER_LOTS], row[table.OPEN_INTEREST_UPPER_LOTS]
    return (
        _indexes_make_sense(row, limits)
        and _end_makes_sense(row, time_ns)
        and _legs_make_sense(state, number)
        and _average_makes_sense(row)
        and row[table.TIER_1_LOTS] < row[table.TIER_2_LOTS] < row[table.TIER_3_LOTS]
        and (upper == 0 or lower < upper)
        and row[table.MAKER_REBATE_PPM] <= row[table.TAKER_FEE_PPM]
        and _window_makes_sense(row, limits)
    )


def _indexes_make_sense(row: rules.Row, limits: Limits) -> bool:
    first, second, fallback = (
        row[column] for column in (table.INDEX, table.INDEX_B, table.FALLBACK_INDEX)
    )
    known = 1 <= first < limits.indexes and max(second, fallback) < limits.indexes
    return known and second != first


def _end_makes_sense(row: rules.Row, time_ns: int) -> bool:
    """Tell whether a future or calendar ends at a strike, and a perpetual does not."""
    expiry_ns = row[table.EXPIRY_NS]
    if row[table.TYPE] == Type.PERPETUAL:
        return expiry_ns == 0
    ahead = expiry_ns > time_ns + rules.STOP_NS and rules.is_strike(expiry_ns)
    return ahead and row[table.FUNDING_PERIOD_S] == 0


def _legs_make_sense(state: MarketState, number: int) -> bool:
    """Tell whether a calendar, and nothing else, has two futures as its legs."""
    row = state.row(number)
    numbers = (row[table.LEG_FAR], row[table.LEG_NEAR])
    if row[table.TYPE] != Type.CALENDAR:
        return numbers == (-1, -1)
    if row[table.INDEX_B] != 0 or not all(_may_be_leg(state, leg, number) for leg in numbers):
        return False
    far, near = (state.row(leg) for leg in numbers)
    same_index = far[table.INDEX] == near[table.INDEX]
    return same_index and near[table.EXPIRY_NS] == row[table.EXPIRY_NS] < far[table.EXPIRY_NS]


def _may_be_leg(state: MarketState, leg: int, number: int) -> bool:
    if not 0 <= leg < number or leg not in state.contracts:
        return False
    row = state.row(leg)
    future = row[table.TYPE] == Type.FUTURE and row[table.INDEX_B] == 0
    return future and row[table.STATE] in OPEN_STATES


def _average_makes_sense(row: rules.Row) -> bool:
    """Tell whether an average is a future on one index whose strikes end at its expiry."""
    days, first_ns = row[table.AVERAGE_DAYS], row[table.AVERAGE_FIRST_NS]
    if days == 0:
        return True
    if row[table.TYPE] != Type.FUTURE or row[table.INDEX_B] != 0:
        return False
    ends = first_ns + (days - 1) * NS_PER_DAY == row[table.EXPIRY_NS]
    return ends and rules.is_strike(first_ns)


def _window_makes_sense(row: rules.Row, limits: Limits) -> bool:
    lowest = row[table.PRICE_TICKS_MIN] * row[table.TICK_MICROUSD]
    highest = rules.price_ticks_max(row, limits) * row[table.TICK_MICROUSD]
    return -limits.price_microusd_max <= lowest and highest <= limits.price_microusd_max


def has_index(state: MarketState, number: int) -> bool:
    """Tell whether the I of a contract whose terms make sense is known (rulebook 8.2)."""
    return index_microusd(state, state.row(number)) is not None
