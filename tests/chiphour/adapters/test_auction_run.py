"""AUCTION_RUN: a run is what its lines say, live or read again, whatever stage it is at.

Takes   lines of a run; postings that the journal holds.
Gives   stages in words, spans of hours, collateral by account.
Keeps   a posting that the journal does not hold worth nothing; one heard twice counted once.
Source  docs/formulation/runs.md, section 12.
"""

import pytest

from auctioned import rules_of
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auction_run import Posting
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.slots import times_of
from chiphour.units import NS_PER_HOUR
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import OPENS_NS
from gated import SHUT_NS
from gated import settings_of

ITEM = 1 << 40


def created(**more):
    return {
        "what": "created",
        "time_ns": OPENS_NS,
        "settings": settings_of(**more),
        "opens_ns": OPENS_NS,
        "closes_ns": SHUT_NS,
        "discloses_ns": SHUT_NS,
        "salt": "5a17",
        "delivers": True,
        "rules": rules_of(),
    }


@pytest.fixture
def made(tmp_path):
    """Give a function from settings to a run that is announced; all are closed after the test."""
    runs = []

    def make(name="7", **more):
        run = AuctionRun(tmp_path / name)
        runs.append(run)
        if not hasattr(run, "gate"):
            run.append(created(**more))
        return run

    yield make
    for run in runs:
        run.close()


def test_time_alone_opens_and_shuts_a_gate(made):
    run = made()
    times = (OPENS_NS - 1, OPENS_NS, SHUT_NS - 1, SHUT_NS)
    assert [run.state_at(time_ns) for time_ns in times] == ["announced", "open", "open", "closed"]
    assert list(times_of(run.grid)) == [FROM_NS + hour * NS_PER_HOUR for hour in range(HOURS)]


def test_only_what_the_journal_holds_is_collateral(made):
    run = made()
    into = Posting(ITEM, BUYER, BUYER, COLLATERAL_ACCOUNT, 10)
    out = Posting(ITEM + 1, BUYER, COLLATERAL_ACCOUNT, BUYER, 4)
    for posting in (into, out):
        run.append({"what": "posting", "posting": list(posting)})
    assert run.next_item(ITEM) == ITEM + 2 and run.kept_microusd[BUYER] == 0
    run.paid([ITEM, ITEM, 99])
    assert run.kept_microusd[BUYER] == 10
    run.paid([ITEM + 1])
    again = made()
    again.paid([ITEM, ITEM + 1])
    assert run.kept_microusd[BUYER] == again.kept_microusd[BUYER] == 6
    assert into.transfer(7) == (BUYER, COLLATERAL_ACCOUNT, 10, 7, ITEM)


def test_runs_overlap_where_they_share_an_hour_and_a_product(made):
    one = made()
    assert one.overlaps(made("8", run=8)) and one.overlaps(one)
    assert not one.overlaps(made("9", run=9, from_ns=FROM_NS + HOURS * NS_PER_HOUR))
    assert one.overlaps(made("10", run=10, from_ns=FROM_NS + NS_PER_HOUR))


def test_what_is_planned_is_due_until_the_journal_holds_it(made):
    run = made()
    plan = [Posting(ITEM, BUYER, COLLATERAL_ACCOUNT, BUYER, 4)]
    run.append({"what": "cancelled", "time_ns": SHUT_NS, "plan": [list(each) for each in plan]})
    assert run.due == plan and not run.is_done and run.state_at(SHUT_NS) == "cancelled"
    run.paid([ITEM])
    assert run.due == [] and run.is_done
