"""TEST AUCTION_DEMONSTRATION: runs that demonstration members bid in, through the real door.

Takes   a real market with its auction house and members' accounts; a clock; fixings.
Gives   claims on what is announced and bid, day by day, and on what a restart does.
Keeps   nothing announced or bid twice; the sum of all money zero.
Source  Decisions 0011 and 0039.
"""

from datetime import date
from datetime import timedelta
from types import SimpleNamespace

import pytest

from auctioned import House
from chiphour.adapters.auction_demonstration import AGAIN_NS
from chiphour.adapters.auction_demonstration import CLOSES_AFTER_NS
from chiphour.adapters.auction_demonstration import OPEN_LEAST_NS
from chiphour.adapters.auction_demonstration import AuctionDemonstration
from chiphour.adapters.auction_demonstration import number_of
from chiphour.adapters.auction_house import AuctionHouse
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import enrolment
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

DAY = date(2026, 12, 1)
FIRST, SECOND, THIRD = (number_of(DAY + timedelta(days=ahead)) for ahead in (1, 2, 3))
START_NS = (
    strike_ns(DAY) + NS_PER_HOUR + 1_500_000_000
)  # Between two whole seconds, as a market's time is.
FIXINGS = {
    "CHR.H100.SXM.OD": SimpleNamespace(fix_ticks=29_900),
    "CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=15_100),
}
BIDS = 10


class Shown:
    """A market whose demonstration members have accounts; `fixings` are what is fixed."""

    def __init__(self, folder):
        self.house = House(folder, START_NS)
        self.house.market.submit(enrolment(DEMONSTRATION))
        self.fixings = FIXINGS
        self.begin()

    def begin(self):
        house = self.house
        self.own = AuctionHouse(house.auctions, house.market, house.members)
        self.demonstration = AuctionDemonstration(
            self.own.auctioneer, house.auctions.runs, house.market.now_ns, lambda day: self.fixings
        )

    def tend(self, at_ns=0):
        self.house.time_ns = max(self.house.time_ns, at_ns)
        self.demonstration.tend()
        self.own.tend()
        return self.house.auctions.runs

    def restart(self):
        self.house.reopened()
        self.begin()

    def bids(self):
        return {number: run.gate.bids for number, run in self.house.auctions.runs.items()}

    def entries(self):
        return {number: len(run.gate.entries) for number, run in self.house.auctions.runs.items()}


@pytest.fixture
def shown(tmp_path):
    shown = Shown(tmp_path)
    with shown.house:
        yield shown
        assert sum(shown.house.market.cash_microusd().values()) == 0


def test_the_first_start_has_a_run_that_closes_at_once_and_one_that_stays_open(shown):
    runs = shown.tend()
    assert shown.bids() == {FIRST: BIDS, SECOND: BIDS}
    assert not any(run.delivers for run in runs.values())
    reserved = sum(runs[FIRST].kept_microusd.values())
    assert reserved > 0
    assert reserved == sum(
        entry.reserved_microusd for member in DEMONSTRATION
        for entry in runs[FIRST].gate.bids_of(member.account)
    )  # fmt: skip
    shown.tend(START_NS + OPEN_LEAST_NS)
    assert (runs[FIRST].stage, runs[SECOND].stage) == ("cleared", "open")
    assert runs[SECOND].gate.terms.closes_ns == strike_ns(DAY + timedelta(days=1)) + CLOSES_AFTER_NS
    assert runs[FIRST].result.award.parts


def test_a_run_follows_a_run_and_one_is_always_open(shown):
    shown.tend()
    shown.tend(START_NS + OPEN_LEAST_NS)
    next_ns = strike_ns(DAY + timedelta(days=1))
    runs = shown.tend(next_ns + CLOSES_AFTER_NS - 1)
    assert sorted(runs) == [FIRST, SECOND, THIRD]
    assert [runs[number].stage for number in sorted(runs)] == ["cleared", "open", "open"]
    shown.tend(next_ns + CLOSES_AFTER_NS)
    assert [runs[number].stage for number in sorted(runs)] == ["cleared", "cleared", "open"]


def test_two_restarts_double_nothing(shown):
    shown.tend()
    shown.tend(START_NS + OPEN_LEAST_NS)
    before, cash = shown.entries(), shown.house.market.cash_microusd()
    for _ in range(2):
        shown.restart()
        shown.fixings = {name: SimpleNamespace(fix_ticks=31_000) for name in FIXINGS}
        shown.tend()
        assert shown.entries() == before
        assert shown.house.market.cash_microusd() == cash


def test_a_stop_between_two_bids_leaves_none_out(shown, monkeypatch):
    door, taken = shown.own.auctioneer, []
    real = door.bid

    def stops(*asked):
        if len(taken) == 3:
            raise KeyboardInterrupt
        taken.append(real(*asked))

    monkeypatch.setattr(door, "bid", stops)
    with pytest.raises(KeyboardInterrupt):
        shown.demonstration.tend()
    assert shown.bids() == {FIRST: 3}
    shown.restart()
    shown.tend()
    assert shown.bids() == {FIRST: BIDS, SECOND: BIDS}


def test_without_fixes_nothing_is_announced_and_later_it_is(shown):
    shown.fixings = {}
    assert shown.tend() == {}
    shown.fixings = FIXINGS
    assert sorted(shown.tend()) == [FIRST, SECOND]


def test_what_is_refused_is_logged_and_tried_again_later(shown, caplog):
    lost = DEMONSTRATION[0].account
    shown.own.auctioneer.floor = _Poor(shown.house.market, lost)
    shown.demonstration.tend()
    assert "FUNDS_INSUFFICIENT" in caplog.text
    count = len(caplog.records)
    shown.demonstration.tend()
    assert len(caplog.records) == count  # Not each second.
    shown.own.auctioneer.floor = shown.house.market
    shown.house.time_ns += AGAIN_NS
    shown.demonstration.tend()
    assert shown.bids()[SECOND] == BIDS


class _Poor:
    """The market, in which one account has nothing free."""

    def __init__(self, market, account):
        self._market, self._account = market, account

    def __getattr__(self, name):
        return getattr(self._market, name)

    def ask(self, question):
        found = self._market.ask(question)
        is_lost = getattr(found, "account", None) == self._account
        return None if is_lost else found
