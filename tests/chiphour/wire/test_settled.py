"""TEST SETTLED: histories against the events and contracts that they are of.

Takes   storms that live through nights and expiries; events written by hand.
Gives   a failure that shows the line.
Keeps   sums of rates exact; every settlement in its history once.
Source  Deribit's API v2; rulebook 5.2, 8.
"""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import events as e
from chiphour.exchange.compose import event
from chiphour.exchange.compose import events as stacked
from chiphour.exchange.events import Kind
from chiphour.units import NS_PER_DAY
from chiphour.units import day_from_ns
from chiphour.wire.dialect import Instrument
from chiphour.wire.settled import SETTLED_KEPT
from chiphour.wire.settled import Settled
from chiphour.wire.settled import rate
from heard import BY_NUMBER
from heard import frames
from heard import ordered

ALL = (-1, 1 << 42)
HOUR_MS = 3_600_000


class Named(dict):
    """Names any contract that a plain exchange has."""

    def __init__(self, reference):
        super().__init__()
        self.reference = reference

    def __contains__(self, number):
        return number in self.reference.state.contracts

    def __getitem__(self, number):
        return Instrument(number, f"X{number}", self.reference.state.row(number), "ONE", 0)


@pytest.mark.parametrize("seed", [2, 7, 12, 17])
def test_histories_hold_what_was_funded_settled_and_delivered(seed):
    settled, told, delivered = Settled(), [], {}
    for _, events, reference in frames(*ordered(seed, 500)):
        named = Named(reference)
        settled.hear(events, named)
        told += events.tolist()
        for row in told[-len(events) :] if len(events) else []:
            if row[e.KIND] == Kind.LISTED:
                told = [each for each in told if each[e.CONTRACT] != row[e.CONTRACT]]
            contract = reference.state.contracts.get(row[e.CONTRACT])
            if row[e.KIND] == Kind.EXPIRED and row[e.REASON] == 1:
                terms = contract.row
                assert terms[table.STATE] == State.EXPIRED
                if terms[table.LEG_FAR] < 0 and not terms[table.AVERAGE_DAYS]:
                    day = day_from_ns(terms[table.EXPIRY_NS]).isoformat()
                    delivered[day] = Decimal(terms[table.SETTLEMENT_MICROUSD]) / 1_000_000
    for number in reference.state.contracts:
        own = [row for row in told if row[e.CONTRACT] == number]
        funded = [row for row in own if row[e.KIND] == Kind.FUNDED]
        history = settled.funding_history(named[number], *ALL)
        assert [line["timestamp"] * 1_000_000 for line in history] == [
            row[e.TIME_NS] // 1_000_000 * 1_000_000 for row in funded
        ]
        rows = [row for row in own if row[e.KIND] == Kind.SETTLED]
        lines = settled.settlements(named[number], count=1_000)["settlements"]
        assert [line["mark_price"] * 1_000_000 for line in lines[::-1]] == [
            row[e.MARK_MICROUSD] for row in rows
        ]
        assert settled.settlements(named[number], "bankruptcy")["settlements"] == []
    found = settled.delivery_prices("ONE", count=1_000)
    assert {line["date"]: line["delivery_price"] for line in found["data"]} == delivered
    assert found["records_total"] == len(delivered) and delivered


def funded(hour, ppm, period_s=3_600, index=2_500_000):
    rates = {"rate_ppm": ppm, "period_s": period_s, "index_microusd": index}
    return event(Kind.FUNDED, contract=0, time_ns=hour * HOUR_MS * 1_000_000, **rates)


def heard(*rows):
    settled = Settled()
    settled.hear(stacked(rows), BY_NUMBER)
    return settled


RATES = st.tuples(st.integers(-(10**6), 10**6), st.sampled_from((3_600, 28_800, 7)))


@given(st.lists(RATES, max_size=9))
def test_rates_are_summed_exactly_and_divided_once(drawn):
    settled = heard(*(funded(hour, *each) for hour, each in enumerate(drawn)))
    exact = sum((Fraction(ppm * period, 28_800 * 10**6) for ppm, period in drawn), Fraction(0))
    found = settled.funding_value(BY_NUMBER[0], *ALL)
    assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**12)


def test_funding_history_says_what_the_dialect_says():
    settled = heard(funded(1, 800), funded(2, -8, index=2_600_000))
    (line,) = settled.funding_history(BY_NUMBER[0], HOUR_MS, 2 * HOUR_MS)
    assert line == {
        "timestamp": 2 * HOUR_MS,
        "index_price": Decimal("2.6"),
        "prev_index_price": Decimal("2.5"),
        "interest_8h": Decimal("-0.000008"),
        "interest_1h": Decimal("-0.000001"),
        "interest_period": Decimal("-0.000001"),
    }
    assert settled.funding_value(BY_NUMBER[0], 0, 2 * HOUR_MS) == Decimal("0.000099")
    assert str(rate(0)) == "0" and rate(28_800 * 10**7) == 10


def test_settlements_are_read_page_by_page():
    day = [
        event(Kind.SETTLED, contract=0, time_ns=n * NS_PER_DAY, mark_microusd=n) for n in range(7)
    ]
    stop = event(Kind.EXPIRED, contract=0)
    settled = heard(*day[:5], stop, *day[5:])
    found, more = [], None
    while more != "none":
        page = settled.settlements(
            BY_NUMBER[0], count=3, continuation=None if more is None else int(more)
        )
        found += page["settlements"]
        more = page["continuation"]
    assert [line["timestamp"] // (24 * HOUR_MS) for line in found] == [6, 5, 4, 3, 2, 1, 0]
    assert [line["type"] for line in found] == ["delivery"] * 2 + ["settlement"] * 5
    earlier = settled.settlements(BY_NUMBER[0], "settlement", start_ms=3 * 24 * HOUR_MS)
    assert len(earlier["settlements"]) == 4
    settled.hear(stacked([event(Kind.LISTED, contract=0)]), BY_NUMBER)
    assert settled.settlements(BY_NUMBER[0])["settlements"] == []
    settled.hear(stacked(day[:1] * (SETTLED_KEPT + 9)), BY_NUMBER)
    page = settled.settlements(BY_NUMBER[0], count=SETTLED_KEPT)
    assert page["continuation"] == "none" and len(page["settlements"]) == SETTLED_KEPT
    assert page["settlements"][0]["type"] == "settlement"  # It is another contract now.
