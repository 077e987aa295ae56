"""REFERENCE: the exchange as the rulebook says it, in plain slow Python. Read this first.

Takes   commands, int64[n, 16] (`exchange/commands.py`), in their sequence.
Gives   events, int64[m, 16] (`exchange/events.py`), the next due time, the sections of the digest.
Keeps   exactly what the kernel keeps, with dictionaries and Python integers that cannot overflow;
        a test holds the two equal. Here are all changes, each naming its rule; beside it
        stand `reference_reasons` (refusals), `_rules` (formulas), `_state` and `_book`.
Source  Rulebook 1 to 13; decision 0005.
"""

from collections.abc import Callable

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import EVENT_PLACES
from chiphour.exchange.compose import named_command
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.limits import Limits
from chiphour.exchange.limits import check_limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_reasons import Ask
from chiphour.exchange.reference_reasons import first_reason
from chiphour.exchange.reference_state import Account
from chiphour.exchange.reference_state import BookDepth
from chiphour.exchange.reference_state import Contract
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState
from chiphour.exchange.reference_state import Rows
from chiphour.exchange.reference_state import table_of
from chiphour.units import NS_PER_DAY


class Reference:
    """The executable rulebook. `apply` is its only way to change."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start an empty market of these capacities."""
        self.state = MarketState(Limits() if limits is None else limits)
        check_limits(self.state.limits)
        self._events: list[list[int]] = []

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command."""
        return self.state.sequence

    @property
    def time_ns(self) -> int:
        """Give the latest market time of any command."""
        return self.state.time_ns

    @property
    def next_due_ns(self) -> int:
        """Give the earliest time at which something is due (rulebook 2.2)."""
        return self.state.next_due_ns

    def sections(self) -> Sections:
        """Give the state as rulebook 13 writes it."""
        return self.state.sections()

    def digest(self) -> str:
        """Give the digest of the state in hexadecimal (rulebook 13.1)."""
        return digest(self.sections())

    def book(self, contract: int, depth: int) -> BookDepth:
        """Give the best `depth` bids and asks, each as (price in ticks, lots, orders)."""
        return self.state.book(contract, depth)

    def apply(self, rows: Rows) -> Rows:
        """Take commands, int64[n, 16], in sequence; give their events, int64[m, 16].

        An assertion fails when a SEQUENCE is not the next one (rulebook 1.5).
        """
        self._events = []
        for row in rows.tolist():
            self._apply(row)
        return table_of(self._events, EVENT_COLUMNS)

    def _apply(self, row: list[int]) -> None:
        """Refuse, then change (rulebook 1.3)."""
        assert row[commands.SEQUENCE] == self.state.sequence + 1
        assert row[commands.TIME_NS] < rules.NEVER_NS
        self.state.sequence += 1
        ask = named_command(row)
        reason = first_reason(self.state, row, ask)
        self.state.time_ns = max(self.state.time_ns, ask["time_ns"])
        if reason != Reason.NONE:
            self._refuse(ask, reason)
            return
        change: Callable[[Ask], None] = getattr(self, f"_{Kind(ask['kind']).name.lower()}")
        change(ask)

    def _refuse(self, ask: Ask, reason: Reason) -> None:
        echo = {
            name: ask.get(name, 0) for name in ("account", "contract", "client_order_id", "label")
        }
        order = ask["sequence"] if ask["kind"] == Kind.ORDER else ask.get("order", 0)
        self._emit(Event.REFUSED, ask, order=order, reason=reason, **echo)

    def _emit(self, kind: Event, ask: Ask, **columns: int) -> None:
        """Add an event: the columns named are exactly those that the kind fills."""
        places = EVENT_PLACES[kind]
        columns |= {"sequence": ask["sequence"], "time_ns": ask["time_ns"]}
        assert columns.keys() == places.keys(), (kind.name, columns.keys() ^ places.keys())
        row = [0] * EVENT_COLUMNS
        row[commands.KIND] = int(kind)
        for name, value in columns.items():
            row[places[name]] = int(value)
        self._events.append(row)

    # Accounts and money: rulebook 3.

    def _open_account(self, ask: Ask) -> None:
        self.state.accounts[ask["account"]] = Account(ask["group"])
        self._emit(Event.ACCOUNT_OPENED, ask, account=ask["account"])

    def _deposit(self, ask: Ask) -> None:
        self.state.post(bounds.OUTSIDE, -ask["amount_microusd"])
        self._tell_money(Event.DEPOSITED, ask, ask["amount_microusd"])

    def _withdraw(self, ask: Ask) -> None:
        self.state.post(bounds.OUTSIDE, ask["amount_microusd"])
        self._tell_money(Event.WITHDRAWN, ask, -ask["amount_microusd"])

    def _tell_money(self, kind: Event, ask: Ask, amount_microusd: int) -> None:
        """Post what the account receives from outside, and tell it."""
        cash = self.state.post(ask["account"], amount_microusd)
        money = {"cash_microusd": cash, "amount_microusd": amount_microusd}
        self._emit(kind, ask, account=ask["account"], **money)

    def _transfer(self, ask: Ask) -> None:
        cash = self.state.post(ask["account"], -ask["amount_microusd"])
        self.state.post(ask["target"], ask["amount_microusd"])
        names = ("account", "target", "run", "item", "amount_microusd")
        echo = {name: ask[name] for name in names}
        self._emit(Event.TRANSFERRED, ask, cash_microusd=cash, **echo)

    # Contracts: rulebook 8.2.

    def _list(self, ask: Ask) -> None:
        self.state.contracts[ask["contract"]] = Contract(rules.new_row())
        self._emit(Event.LISTED, ask, contract=ask["contract"])

    def _set(self, ask: Ask) -> None:
        self.state.contracts[ask["contract"]].row[ask["parameter"]] = ask["value"]
        echo = {name: ask[name] for name in ("contract", "parameter", "value")}
        self._emit(Event.PARAMETER_SET, ask, **echo)

    def _open(self, ask: Ask) -> None:
        row = self.state.contracts[ask["contract"]].row
        rules.open_row(row, self.state.fixes_microusd(row[table.INDEX])[0], ask["time_ns"])
        self._emit(Event.OPENED, ask, contract=ask["contract"])

    # Index: rulebook 4.4 and 8.3.

    def _mark(self, ask: Ask) -> None:
        if ask["fit"] != Quality.LIVE:
            return
        index_microusd = ask["value_microusd"] or self.state.fixes_microusd(ask["index"])[0]
        for number, contract in self.state.by_number(State.OPEN, ask["index"]):
            row = contract.row
            impact = self._impact_microusd(contract)
            most = self.state.limits.price_microusd_max
            rules.mark_row(row, index_microusd, impact, ask["time_ns"], most)
            self._emit(Event.MARKED, ask, contract=number, **_index_and_mark(row))

    def _impact_microusd(self, contract: Contract) -> tuple[int | None, int | None]:
        """Give the impact bid and ask (rulebook 4.3)."""
        lots, tick = contract.row[table.IMPACT_LOTS], contract.row[table.TICK_MICROUSD]
        bid = contract.book.impact_microusd(Side.BUY, lots, tick)
        return bid, contract.book.impact_microusd(Side.SELL, lots, tick)

    def _fixing(self, ask: Ask) -> None:
        index = self.state.indexes.setdefault(ask["index"], Index())
        if ask["vintage"] == Vintage.FINAL:
            index.final_strike_ns = max(index.final_strike_ns, ask["strike_ns"])
        else:
            index.provisional_strike_ns = ask["strike_ns"]
            if ask["fit"]:
                index.fixes_microusd = [ask["value_microusd"], *index.fixes_microusd][:3]
        echo = {name: ask[name] for name in ("index", "strike_ns", "value_microusd")}
        self._emit(Event.FIXED, ask, reason=ask["vintage"], **echo)
        if ask["fit"]:
            for number, contract in self.state.by_number(None, ask["index"]):
                self._settle_at_expiry(number, contract, ask)

    def _settle_at_expiry(self, number: int, contract: Contract, ask: Ask) -> None:
        """Settle a contract whose fix this is; the sweep is then due (rulebook 8.3, 2.5)."""
        row, strike_ns = contract.row, ask["strike_ns"]
        after_expiry_ns = strike_ns - row[table.EXPIRY_NS]
        awaited = row[table.STATE] == State.STOPPED and 0 <= after_expiry_ns < rules.FALLBACK_NS
        final = ask["vintage"] == Vintage.FINAL
        corrected = row[table.STATE] == State.FROZEN and strike_ns == row[table.SETTLED_STRIKE_NS]
        if not awaited and not (corrected and final):
            return
        self._settle(number, contract, ask, ask["value_microusd"])
        if final:
            self._expire(number, contract, ask)
        else:
            row[table.STATE] = State.FROZEN
            row[table.SETTLED_STRIKE_NS] = strike_ns
        self.state.sweep_ns = ask["time_ns"]

    def _settle(self, number: int, contract: Contract, ask: Ask, fix_microusd: int) -> None:
        per_lot = rules.settle_row(contract.row, fix_microusd)
        prices = {"value_microusd": fix_microusd} | _index_and_mark(contract.row)
        self._emit(Event.SETTLED, ask, contract=number, per_lot_microusd=per_lot, **prices)

    def _expire(self, number: int, contract: Contract, ask: Ask) -> None:
        """Let a contract with its final price end (rulebook 8.5)."""
        contract.row[table.STATE] = State.EXPIRED
        contract.row[table.OPEN_INTEREST_LOTS] = 0
        self._emit(Event.EXPIRED, ask, contract=number, reason=1)

    # Time: rulebook 2.

    def _advance(self, ask: Ask) -> None:
        """Do the earliest due instant, or go on with the one in work (rulebook 2.3, 2.4)."""
        instant_ns = self.state.next_due_ns
        if ask["time_ns"] < instant_ns:
            return
        if self.state.sweep_ns is None:
            if not self._stop_due(ask, instant_ns):
                return
            self._fall_back_due(ask, instant_ns)
            self._fund_due(ask, instant_ns)
            self._settle_due(ask, instant_ns)
            self.state.sweep_ns = instant_ns
        self._sweep(ask)

    def _stop_due(self, ask: Ask, instant_ns: int) -> bool:
        """Stop contracts and cancel their orders; tell whether all is done (2.3, step 1)."""
        cancels = 0
        for number, contract in sorted(self.state.contracts.items()):
            row = contract.row
            if row[table.EXPIRY_NS] - rules.STOP_NS != instant_ns:
                continue
            if row[table.STATE] == State.OPEN:
                row[table.STATE] = State.STOPPED
                self._emit(Event.EXPIRED, ask, contract=number, reason=0)
            while order := contract.book.first():
                if cancels == bounds.CANCELS_MAX:
                    return False
                self._cancel_resting(order, ask, Reason.CONTRACT_STOPPED)
                cancels += 1
        return True

    def _fall_back_due(self, ask: Ask, instant_ns: int) -> None:
        """Settle on the median of the last three fixes what has waited 72 h (rulebook 8.4)."""
        for number, contract in self.state.by_number(State.STOPPED):
            if contract.row[table.EXPIRY_NS] + rules.FALLBACK_NS != instant_ns:
                continue
            contract.fallback_passed = True
            fixes = self.state.fixes_microusd(contract.row[table.INDEX])
            if len(fixes) == 3:
                self._settle(number, contract, ask, sorted(fixes)[1])
                self._expire(number, contract, ask)

    def _fund_due(self, ask: Ask, instant_ns: int) -> None:
        """Let funding move V (rulebook 5.2)."""
        for number, contract in self.state.by_number(State.OPEN):
            row = contract.row
            if row[table.FUNDING_PERIOD_S] > 0 and row[table.NEXT_FUNDING_NS] == instant_ns:
                paid, rate_ppm = rules.fund_row(row)
                terms = {"per_lot_microusd": -paid, "rate_ppm": rate_ppm} | _index_and_mark(row)
                self._emit(Event.FUNDED, ask, contract=number, **terms)

    def _settle_due(self, ask: Ask, instant_ns: int) -> None:
        """Let the day's gain move V (rulebook 8.1)."""
        for number, contract in self.state.by_number(State.OPEN):
            row = contract.row
            if row[table.NEXT_SETTLEMENT_NS] == instant_ns:
                per_lot = rules.settle_row(row, row[table.MARK_MICROUSD])
                row[table.NEXT_SETTLEMENT_NS] += NS_PER_DAY
                prices = {"value_microusd": 0} | _index_and_mark(row)
                self._emit(Event.SETTLED, ask, contract=number, per_lot_microusd=per_lot, **prices)

    def _sweep(self, ask: Ask) -> None:
        """Touch every position; stop before the 1,025th payment (2.3, step 5)."""
        payments = 0
        for account in sorted(a for a in self.state.accounts if a >= self.state.sweep_account):
            for number in sorted(self.state.accounts[account].positions):
                if self.state.owed_microusd(account, number) != 0:
                    if payments == bounds.PAYMENTS_MAX:
                        self.state.sweep_account = account
                        return
                    payments += 1
                self._touch(account, number, ask)
        self.state.sweep_ns, self.state.sweep_account = None, 0

    def _touch(self, account: int, number: int, ask: Ask) -> None:
        """Pay a position what V has moved; in an expired contract it ends (3.3, 8.5)."""
        position = self.state.accounts[account].positions[number]
        row = self.state.contracts[number].row
        owed = self.state.owed_microusd(account, number)
        position.value_seen_microusd = row[table.VALUE_PER_LOT_MICROUSD]
        if owed != 0:
            money = {"cash_microusd": self.state.post(account, owed), "amount_microusd": owed}
            place = {"account": account, "contract": number}
            self._emit(Event.PAYMENT, ask, lots=position.lots, **place, **money)
        if row[table.STATE] == State.EXPIRED:
            position.lots = 0
            self.state.drop_if_empty(account, number)

    # Orders: rulebook 9.

    def _order(self, ask: Ask) -> None:
        """Match an order, then let it rest or cancel what is left (rulebook 9.1 to 9.4)."""
        contract = self.state.contracts[ask["contract"]]
        taker = rules.order_of(ask, contract.row, self.state.limits)
        self._emit(Event.ACCEPTED, ask, lots=taker.lots, **_echo(taker))
        self.state.add_open_lots(taker, taker.lots)
        limited = self._match(taker, contract, ask)
        if taker.lots == 0:
            return
        if ask["time_in_force"] == TimeInForce.GTC and not limited:
            contract.book.add(taker)
            self.state.orders[taker.order] = taker
            self._emit(Event.RESTED, ask, lots_left=taker.lots, **_echo(taker))
            return
        self.state.add_open_lots(taker, -taker.lots)
        reason = Reason.WORK_LIMIT if limited else Reason.IMMEDIATE_OR_CANCEL
        self._emit(Event.CANCELLED, ask, reason=reason, lots_left=taker.lots, **_echo(taker))

    def _match(self, taker: Order, contract: Contract, ask: Ask) -> bool:
        """Trade with the book; tell whether the work limit ended it (rulebook 9.1 to 9.3)."""
        work = 0
        while taker.lots > 0 and (maker := contract.book.crossed_by(taker)):
            if work == bounds.FILLS_MAX:
                return True
            work += 1
            if self._same_group(taker.account, maker.account):
                self._cancel_resting(maker, ask, Reason.SELF_TRADE)
            else:
                self._fill(taker, maker, contract, ask)
        return False

    def _same_group(self, account: int, other: int) -> bool:
        """Tell whether two accounts must not trade with each other (rulebook 9.3)."""
        group = self.state.accounts[account].group
        return account == other or (group != 0 and group == self.state.accounts[other].group)

    def _fill(self, taker: Order, maker: Order, contract: Contract, ask: Ask) -> None:
        """Trade at the maker's price (rulebook 9.1, 3.2)."""
        lots = min(taker.lots, maker.lots)
        price_microusd = maker.price_ticks * contract.row[table.TICK_MICROUSD]
        for order in (maker, taker):
            order.lots -= lots
            self._trade(order, lots, price_microusd, contract)
        if maker.lots == 0:
            contract.book.remove(maker)
            del self.state.orders[maker.order]
        echo = _echo(maker) | {"side": taker.side}
        self._emit(
            Event.FILL,
            ask,
            maker_account=echo.pop("account"),
            maker_order=echo.pop("order"),
            maker_lots_left=maker.lots,
            taker_account=taker.account,
            taker_order=taker.order,
            taker_lots_left=taker.lots,
            lots=lots,
            **echo,
        )

    def _trade(self, order: Order, lots: int, price_microusd: int, contract: Contract) -> None:
        """Turn open lots of an order into a position carried at S (rulebook 3.2)."""
        row, positions = contract.row, self.state.accounts[order.account].positions
        bought = lots if order.side == Side.BUY else -lots
        assert self.state.owed_microusd(order.account, order.contract) == 0  # Rulebook 2.3.
        position = positions[order.contract]
        longs_before = max(position.lots, 0)
        position.lots += bought
        row[table.OPEN_INTEREST_LOTS] += max(position.lots, 0) - longs_before
        self.state.post(order.account, bought * (row[table.SETTLEMENT_MICROUSD] - price_microusd))
        self.state.add_open_lots(order, -lots)

    def _cancel(self, ask: Ask) -> None:
        self._cancel_resting(self.state.orders[ask["order"]], ask, Reason.CANCEL_REQUESTED)

    def _cancel_resting(self, order: Order, ask: Ask, reason: Reason) -> None:
        """Take a resting order out of the book and release its lots (rulebook 6.2)."""
        self.state.contracts[order.contract].book.remove(order)
        del self.state.orders[order.order]
        self.state.add_open_lots(order, -order.lots)
        self._emit(Event.CANCELLED, ask, reason=reason, lots_left=order.lots, **_echo(order))


def _echo(order: Order) -> dict[str, int]:
    """Give the columns by which every event of an order names it."""
    return {
        "account": order.account,
        "contract": order.contract,
        "order": order.order,
        "side": order.side,
        "price_ticks": order.price_ticks,
        "client_order_id": order.client_order_id,
        "label": order.label,
    }


def _index_and_mark(row: rules.Row) -> dict[str, int]:
    return {
        "index_microusd": row[table.INDEX_MICROUSD],
        "mark_microusd": row[table.MARK_MICROUSD],
    }
