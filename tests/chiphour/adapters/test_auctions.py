"""AUCTIONS: a restart from the same files and journal is the same.

Takes   a house with runs at several stages.
Gives   positions, prices, collateral before and after a restart; refusal of damaged folders.
Keeps   the journal as the only truth about money.
Source  docs/formulation/runs.md; decision 0039.
"""

import pytest

from auctioned import House
from chiphour.adapters.auction_file import AuctionDamaged
from chiphour.adapters.auctions import Auctions
from chiphour.units import NS_PER_HOUR
from gated import BUYER
from gated import FROM_NS
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import pool


def seen(house):
    """Give all that the runs say, as plain values."""
    auctions = house.auctions
    rules = auctions.runs[1]
    held = auctions.open_positions()
    return {
        "runs": [(run.run, run.stage, run.commitment, run.due) for run in auctions.ranked()],
        "sealed": [run.gate.sealed_json() for run in auctions.ranked()],
        "held": held,
        "prices": auctions.prices(),
        "last": auctions.last_prices(2),
        "pools": auctions.pools(),
        "keys": auctions.meter_keys(),
        "collateral": [auctions.collateral_microusd(each) for each in (SELLER, BUYER)],
        "needed": [auctions.needed_microusd(each, held, rules) for each in (SELLER, BUYER)],
        "cases": [run.cases for run in auctions.ranked()],
    }


@pytest.fixture
def house(tmp_path):
    """Give a house with a run that is cleared, one that is open over the same hours."""
    with House(tmp_path) as house:
        house.announce(run=1, kind="week", delivers=False)
        house.announce(run=2, closes_ns=FROM_NS)
        house.meters()
        house.bid(SELLER, pool("p", "6", "1"), run=1)
        house.bid(BUYER, buy("b", "12", "2"), run=1)
        house.clear(1)
        house.bid(BUYER, buy("more", "2", "3"), run=2)
        yield house


def test_a_restart_knows_what_was_known(house):
    before = seen(house)
    assert before["held"] and before["prices"] and before["pools"]
    assert before["collateral"][0] > 0 == before["collateral"][1]
    assert before["needed"][1] == 0 < before["needed"][0]
    assert seen(house.reopened()) == before
    house.clear(2, FROM_NS)
    before = seen(house)
    assert seen(house.reopened()) == before


def test_settled_hours_hold_no_positions(house):
    house.clear(2, FROM_NS)
    house.time_ns = FROM_NS + 12 * NS_PER_HOUR
    house.deliverer.settle(2)
    assert house.auctions.open_positions() == [] and house.collateral() == 0
    assert house.auctions.is_known(2) and not house.auctions.is_known(3)


def test_a_folder_that_stopped_before_its_first_line_never_was(house):
    (house.auctions.folder / "9").mkdir()
    (house.auctions.folder / "9" / "lines.jsonl").touch(0o600)
    house.reopened()
    assert sorted(house.auctions.runs) == [1, 2]
    house.announce(run=9, from_ns=FROM_NS + 24 * NS_PER_HOUR, closes_ns=FROM_NS)
    assert sorted(house.auctions.runs) == [1, 2, 9]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("lines.jsonl", b'"what":"entry"', b'"what":"nothing"'),
        ("lines.jsonl", b'"commitment":"', b'"commitment":"0'),
        ("result.json", b'"welfare"', b'"wellfare"'),
    ],
)
def test_damage_is_refused(tmp_path, name, before, after):
    with House(tmp_path) as house:
        house.announce()
        house.bid(BUYER, buy("b", "1", "1"))
        house.clear(at_ns=SHUT_NS)
    path = tmp_path / "auctions" / "7" / name
    assert before in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(before, after))
    with pytest.raises(AuctionDamaged):
        Auctions(tmp_path).trades()
