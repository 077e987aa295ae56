"""OBLIGATIONS: a pooled market's sales find their buyers, exactly.

Takes   random closed positions.
Gives   obligations.
Keeps   every hundredth matched once on either side.
Source  docs/formulation/runs.md, section 8.
"""

from collections import Counter

import pytest
from hypothesis import given

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.obligations import chips_max
from chiphour.auction.obligations import from_json
from chiphour.auction.obligations import obligations_of
from chiphour.auction.obligations import to_json
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import positions_after
from chiphour.units import NS_PER_HOUR
from metered import OWED
from settled import H100
from settled import HOUR_NS
from settled import NEW
from settled import runs

POOLS = {
    (account, product): f"pool-{account}" for account in range(8, 14) for product in (H100, NEW)
}


def held(account, quantity, hour=0, kind=PHYSICAL):
    return Position(account, kind, H100, "on-demand", HOUR_NS + hour * NS_PER_HOUR, quantity)


def test_hours_in_a_row_are_one_obligation():
    rows = [held(a, q * s, h) for h, q in ((0, 5), (1, 7), (3, 2)) for a, s in ((8, -1), (9, 1))]
    assert [
        (o.from_ns, o.awarded_hundredths, o.pool) for o in obligations_of("a", rows, POOLS)
    ] == [
        (HOUR_NS, (5, 7), "pool-8"),
        (HOUR_NS + 3 * NS_PER_HOUR, (2,), "pool-8"),
    ]


def test_quarters_in_a_row_are_one_obligation_and_hours_apart_are_none():
    """A quarter that is missing cuts it; what is told of each is its own quarter."""
    quarter_ns = NS_PER_HOUR // 4
    rows = [
        held(account, sign * 150)._replace(hour_ns=HOUR_NS + quarter * quarter_ns)
        for quarter in (0, 1, 3)
        for account, sign in ((8, -1), (9, 1))
    ]
    found = obligations_of("a", rows, POOLS, 15)
    assert [(o.from_ns, o.end_ns, o.awarded_hundredths) for o in found] == [
        (HOUR_NS, HOUR_NS + 2 * quarter_ns, (150, 150)),
        (HOUR_NS + 3 * quarter_ns, HOUR_NS + NS_PER_HOUR, (150,)),
    ]
    assert found[0].slot(1).hour_ns == HOUR_NS + quarter_ns and found[0].chips_max(1) == 6
    assert [from_json(to_json(each)) for each in found] == list(found)
    for minutes in (7, 60, "15"):
        body = to_json(found[0]).replace(b'"minutes":15', f'"minutes":{minutes!r}'.encode())
        with pytest.raises(RequestMalformed):
            from_json(body)


def test_both_sides_are_laid_end_to_end():
    rows = [held(8, -60), held(9, -40), held(10, 70), held(11, 30)]
    found = {(o.supplier, o.buyer): o.awarded_hundredths for o in obligations_of("a", rows, POOLS)}
    assert found == {(8, 10): (60,), (9, 10): (10,), (9, 11): (30,)}


def test_a_virtual_position_is_owed_nothing():
    rows = [held(8, -60), held(10, 40), held(12, 20, kind=VIRTUAL)]
    assert [o.awarded_hundredths for o in obligations_of("a", rows, POOLS)] == [(40,)]


@given(runs())
def test_every_hundredth_is_matched_exactly_on_both_sides(trades):
    positions = positions_after([trade._replace(kind=PHYSICAL) for trade in trades])
    found = Counter()
    for owed in obligations_of("a", positions, POOLS):
        for hour, awarded in enumerate(owed.awarded_hundredths):
            found[owed.supplier, owed.slot(hour)] -= awarded
            found[owed.buyer, owed.slot(hour)] += awarded
    assert {k: v for k, v in found.items() if v} == {
        (p.account, p.slot): p.quantity_hundredths for p in positions
    }


def test_a_supplier_without_a_pool_is_refused():
    with pytest.raises(RequestMalformed, match="account 8: expected a pool for H100/node8/us"):
        obligations_of("a", [held(8, -1), held(9, 1)], {})


def test_an_obligation_comes_back_from_json_and_its_hash_is_of_all_of_it():
    assert from_json(to_json(OWED)) == OWED
    changed = [OWED._replace(pool="pool-2"), OWED._replace(awarded_hundredths=(800, 251))]
    assert len({OWED.hash, *(owed.hash for owed in changed)}) == 3


@pytest.mark.parametrize("awarded", [b"[]", b'["8","0"]', b'"8"', b'["-8"]'])
def test_an_obligation_of_nothing_is_refused(awarded):
    body = to_json(OWED).replace(b'["8","2.5"]', awarded)
    assert body != to_json(OWED)
    with pytest.raises(RequestMalformed, match=r"obligation\.awarded.*: expected"):
        from_json(body)


def test_a_part_of_a_chip_is_served_by_a_whole_one():
    assert [chips_max(many) for many in (1, 100, 101)] == [1, 1, 2]
