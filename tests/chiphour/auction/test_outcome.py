"""OUTCOME: rows that people read say what the result says.

Takes   E1; a run with everything in it; the pool of twelve companies.
Gives   prices by stretch, awards, reasons.
Keeps   sums made again here from the result's own lines.
Source  docs/formulation/auction.md, section 8.
"""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from auction_rich import rich
from chiphour.auction.clear import clear
from chiphour.auction.grid import BUY
from chiphour.auction.instance import from_fields
from chiphour.auction.outcome import award_rows
from chiphour.auction.outcome import dollars
from chiphour.auction.outcome import left_out
from chiphour.auction.outcome import price_rows
from chiphour.auction.solve import solve

POOL = Path(__file__).resolve().parents[3] / "examples" / "pool" / "run.json"


@pytest.fixture(scope="module")
def pool():
    instance = from_fields(json.loads(POOL.read_bytes()))
    return instance, clear(instance, solve)


def test_prices_are_told_by_stretches_that_cover_every_interval(pool):
    instance, result = pool
    rows = price_rows(instance, result)
    assert [row.when for row in rows if row.tier == "reserved"] == [
        "from 00:00 to 08:00",
        "from 08:00 to 09:00",
        "from 09:00 to 19:00",
        "from 19:00 to 22:00",
        "from 22:00 to 24:00",
    ]
    bought = sum(
        line.quantity_hundredths
        for part in result.award.parts
        for line in part.lines
        if part.side == BUY
    )
    assert sum(row.chip_hours_hundredths for row in rows) == bought


def test_a_bid_gains_what_it_declared_less_what_it_owes(pool):
    instance, result = pool
    rows = {row.bid: row for row in award_rows(instance, result)}
    bids, context = instance.bid_by_id, instance.context
    served = [part for part in result.award.parts if not part.held.is_empty]
    assert set(rows) == {part.id for part in served}
    for part in served:
        worth = bids[part.id].worth(context, part.held)
        exact = worth * 10**6 - part.owed_microusd
        assert abs(rows[part.id].gains_microusd - exact) <= Fraction(1, 2)
        assert rows[part.id].owed_microusd == part.owed_microusd


def test_buyers_stand_before_sellers_the_largest_first(pool):
    rows = award_rows(*pool)
    assert [row.side for row in rows] == sorted((row.side for row in rows), reverse=True)
    for side in {row.side for row in rows}:
        sizes = [row.chip_hours_hundredths for row in rows if row.side == side]
        assert sizes == sorted(sizes, reverse=True)


def test_whoever_got_nothing_is_told_why(pool):
    instance, result = pool
    told = {row.bid: row.why for row in left_out(instance, result)}
    served = {part.id for part in result.award.parts if not part.held.is_empty}
    assert set(told) == {bid.id for bid in instance.bids} - served
    assert told["larch-training"] == (
        "run is worth $231.52 less to it than its cheapest place costs"
    )


def test_a_pool_that_sold_nothing_is_told_what_a_chip_was_worth(e1):
    e1["bids"].append(
        {
            "kind": "sell",
            "id": "dear",
            "account": 30,
            "product": "H100/node8/us",
            "inventory": ["10"],
            "blocks": [{"share": "1", "price": "9"}],
            "tiers": [{"tier": "od"}],
        }
    )
    instance = from_fields(e1)
    (row,) = left_out(instance, clear(instance, solve))
    assert row.bid == "dear"
    assert row.why.startswith("asks $9.0000 or more for a chip-hour; one of its chips was worth $")


@pytest.mark.parametrize("pricing", ["ip", "hull", "eu"])
def test_every_kind_of_award_has_a_place(pricing):
    instance = from_fields(rich(pricing))
    rows = award_rows(instance, clear(instance, solve))
    assert rows
    assert all(row.where or row.chip_hours_hundredths == 0 for row in rows)


@pytest.mark.parametrize(
    ("microusd", "text"),
    [(0, "$0.00"), (4_999, "$0.00"), (5_001, "$0.01"), (-12_340_000, "-$12.34"), (-1, "$0.00")],
)
def test_dollars_are_rounded_to_the_cent(microusd, text):
    assert dollars(microusd) == text
