"""STATEMENT: the lines of all accounts account for every micro-dollar.

Takes   markets run by the plain exchange.
Gives   failures.
Keeps   the balance of a statement equal to the exchange's own cash, after every event.
Source  Rulebook 3.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.contracts.table import row_of
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import AUCTION
from chiphour.exchange.limits import FEES
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.limits import OUTSIDE
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.simulate.storm_hand import seeded
from chiphour.statement import statement
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import STRIKE_OFFSET_NS

START_NS = 20_000 * NS_PER_DAY + STRIKE_OFFSET_NS
INDEX = 2
BUYER, SELLER, THIRD = 101, 102, 103
DEPOSIT = 1_000_000_000_000


class Run:
    """A market that is told commands one by one, and remembers the events."""

    def __init__(self, tick_microusd: int, fee_ppm: int = 0) -> None:
        self.exchange = Reference(Limits())
        self.now_ns = START_NS
        self.events = []
        for account in (BUYER, SELLER, THIRD):
            self.say(command(Kind.OPEN_ACCOUNT, account=account))
            self.say(command(Kind.DEPOSIT, account=account, amount_microusd=DEPOSIT))
        self.fix(3_170_000)
        terms = row_of(
            index=INDEX,
            index_ticks=0,
            tick_microusd=tick_microusd,
            opening_call_s=0,
            dynamic_band_ppm=0,
            taker_fee_ppm=fee_ppm,
            maker_rebate_ppm=fee_ppm // 2,
        )
        for row in listing(0, terms):
            self.say(row)

    def say(self, row) -> None:
        """Do first what is due, then the command."""
        while self.exchange.next_due_ns <= self.now_ns and row[2] != Kind.ADVANCE:
            due_ns, at_ns = self.exchange.next_due_ns, self.now_ns
            self.now_ns = max(due_ns, self.exchange.time_ns)
            self._apply(command(Kind.ADVANCE))
            self.now_ns = at_ns
        self._apply(row)

    def _apply(self, row) -> None:
        row[SEQUENCE], row[TIME_NS] = self.exchange.sequence + 1, self.now_ns
        self.events.append(self.exchange.apply(row[None, :]))

    def fix(self, value_microusd: int) -> None:
        columns = {"index": INDEX, "strike_ns": self.now_ns, "value_microusd": value_microusd}
        self.say(command(Kind.FIXING, vintage=Vintage.PROVISIONAL, fit=1, **columns))

    def order(self, account: int, side: Side, price_ticks: int, lots: int) -> None:
        how = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
        columns = {"account": account, "contract": 0, "side": side, "lots": lots}
        self.say(command(Kind.ORDER, price_ticks=price_ticks, **columns, **how))

    def all_events(self):
        return np.concatenate(self.events)

    def cash_microusd(self, account: int) -> int:
        rows = self.exchange.sections().accounts
        return next(int(row[2]) for row in rows if row[0] == account)


def test_a_day_of_trading_line_by_line():
    """Two fills either side of a settlement, a payment, a transfer, a withdrawal: exact sums."""
    run = Run(tick_microusd=100)
    run.order(SELLER, Side.SELL, 31_800, 1_000)
    run.order(BUYER, Side.BUY, 31_900, 400)  # Trades at the resting 3.1800; S is 3.1700.
    run.now_ns += NS_PER_DAY  # Settlement at M = 3.1700 moves nothing but its own time.
    run.fix(3_200_000)
    run.now_ns += NS_PER_HOUR
    run.say(command(Kind.MARK, index=INDEX, fit=1))  # M = 3.2000
    run.now_ns += NS_PER_DAY
    run.order(BUYER, Side.BUY, 31_850, 600)
    run.say(command(Kind.TRANSFER, account=BUYER, target=AUCTION, amount_microusd=7, run=1, item=1))
    run.say(command(Kind.WITHDRAW, account=BUYER, amount_microusd=11))
    lines = statement(BUYER, run.all_events())
    assert [(line.what, line.amount_microusd) for line in lines] == [
        ("deposit", DEPOSIT),
        ("fill", 400 * (3_170_000 - 3_180_000)),
        ("variation", 400 * (3_200_000 - 3_170_000)),
        ("fill", 600 * (3_200_000 - 3_180_000)),
        ("transfer", -7),
        ("withdrawal", -11),
    ]
    assert [line.side for line in lines if line.what == "fill"] == [Side.BUY, Side.BUY]
    assert lines[-1].balance_microusd == run.cash_microusd(BUYER)
    sold = statement(SELLER, run.all_events())
    assert [line.side for line in sold if line.what == "fill"] == [Side.SELL, Side.SELL]


ORDERS = st.tuples(
    st.sampled_from((BUYER, SELLER, THIRD)),
    st.sampled_from((Side.BUY, Side.SELL)),
    st.integers(31_000, 33_000),
    st.integers(1, 5_000),
    st.sampled_from(("order", "order", "order", "fix", "mark", "hour", "day", "transfer")),
)


@settings(max_examples=60)
@given(st.lists(ORDERS, max_size=40), st.sampled_from((100, 250)))
def test_statements_account_for_all_money(steps, tick_microusd):
    """Trade at random: each statement ends at the exchange's cash; all of them sum to zero."""
    run = Run(tick_microusd, fee_ppm=500)
    for account, side, price_ticks, lots, what in steps:
        if what == "order":
            run.order(account, side, price_ticks * 100 // tick_microusd, lots)
        elif what == "fix":
            run.now_ns += NS_PER_DAY
            run.fix(price_ticks * 100)
        elif what == "mark":
            run.say(command(Kind.MARK, index=INDEX, fit=1))
        elif what == "transfer":
            amount = {"amount_microusd": lots, "run": 1, "item": 1}
            run.say(command(Kind.TRANSFER, account=account, target=AUCTION, **amount))
        else:
            run.now_ns += NS_PER_DAY if what == "day" else NS_PER_HOUR
    events = run.all_events()
    total_microusd = 0
    for account in (OUTSIDE, INSURANCE_FUND, AUCTION, FEES, BUYER, SELLER, THIRD):
        lines = statement(account, events)
        balance_microusd = lines[-1].balance_microusd if lines else 0
        assert balance_microusd == sum(line.amount_microusd for line in lines)
        assert balance_microusd == run.cash_microusd(account)
        total_microusd += balance_microusd
    assert total_microusd == 0


def test_events_that_begin_too_late_are_our_mistake():
    """Without the events that opened the contract a fill has no worth: it is not guessed."""
    run = Run(tick_microusd=100)
    run.order(SELLER, Side.SELL, 31_800, 10)
    run.order(BUYER, Side.BUY, 31_800, 10)
    with pytest.raises(KeyError):
        statement(BUYER, run.all_events()[-3:])


def test_an_account_without_money_has_no_lines():
    assert statement(999, Run(tick_microusd=100).all_events()) == []


@pytest.mark.parametrize("seed", range(20))
def test_statements_of_a_storm_add_up_to_the_micro_dollar(seed):
    """Fees, rebates, funding, variation, liquidations, blocks: every account, the market's too."""
    limits, rows = seeded(seed, 250)
    exchange = Reference(limits)
    events = exchange.apply(rows)
    total = 0
    for account, _, cash, *_ in exchange.sections().accounts.tolist():
        lines = statement(account, events)
        assert (lines[-1].balance_microusd if lines else 0) == cash, account
        total += cash
    assert total == 0


def test_a_funding_line_carries_rate_mark_index_size_and_period():
    for seed in range(40):
        limits, rows = seeded(seed, 250)
        exchange = Reference(limits)
        events = exchange.apply(rows)
        for account in exchange.state.accounts:
            for line in statement(account, events):
                if line.what == "funding":
                    assert None not in (line.rate_ppm, line.period_s, line.lots)
                    assert line.mark_microusd is not None and line.index_microusd is not None
                    return
    pytest.fail("no storm paid funding")
