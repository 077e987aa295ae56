"""CHECK: a valid result passes; every planted fault is found, by the rule that it breaks.

Takes   E2 and the run of two regions, cleared, and copies of their results with one fault each.
Gives   violations.
Keeps   each fault to one change, so that no rule hides behind another.
Source  docs/formulation/auction.md, section 7.
"""

import pytest

from auction_cases import A100
from auction_cases import H100
from chiphour.auction.award import Flow
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.check import certified_gap_usd
from chiphour.auction.check import violations
from chiphour.auction.prices import Price


@pytest.fixture
def e2_cleared(cleared, e2):
    return cleared(e2)


@pytest.fixture
def zones_cleared(cleared, two_zones):
    return cleared(two_zones)


def rules(found, result):
    return {violation.rule for violation in violations(found[0], result)}


def with_part(result, who, **changes):
    """Change fields of one participant's part."""
    parts = tuple(
        part._replace(**changes) if part.name == who else part for part in result.award.parts
    )
    return with_award(result, parts=parts)


def with_award(result, **changes):
    """Change fields of the award, and make the transfers anew from it."""
    award = result.award._replace(**changes)
    return result._replace(award=award, transfers=award.transfers(result.run))


def test_a_cleared_run_breaks_no_rule_and_its_gap_is_nothing(e2_cleared, zones_cleared):
    for found in (e2_cleared, zones_cleared):
        assert violations(*found) == ()
        assert certified_gap_usd(*found) == 0


FAULTS = {
    "another run's root": ("run", lambda r: r._replace(root="0" * 64)),
    "another run's number": ("run", lambda r: r._replace(run=2)),
    "a price left out": ("prices", lambda r: r._replace(prices=r.prices[1:])),
    "an unknown participant": ("participant", lambda r: with_part(r, "trn", name="nobody")),
    "another's account": ("participant", lambda r: with_part(r, "trn", account=99)),
    "a seller who buys": ("participant", lambda r: with_part(r, "hopper", side=1)),
    "a part given twice": (
        "participant",
        lambda r: with_award(r, parts=(*r.award.parts, r.award.parts[0])),
    ),
    "a product not traded": ("line", lambda r: with_part(r, "trn", lines=(Line("B200", 0, 1),))),
    "an hour outside": ("line", lambda r: with_part(r, "trn", lines=(Line(H100, 1, 4000),))),
    "a line given twice": (
        "line",
        lambda r: with_part(r, "trn", lines=(Line(H100, 0, 2000), Line(H100, 0, 2000))),
    ),
    "a quantity of zero": ("quantity", lambda r: with_part(r, "trn", lines=(Line(H100, 0, 0),))),
    "an arc from nowhere": (
        "arc",
        lambda r: with_award(r, flows=(Flow(A100, H100, 0, 100),)),
    ),
    "one hundredth too much": (
        "balance",
        lambda r: with_part(r, "trn", lines=(Line(H100, 0, 4001),)),
    ),
    "more than the pool holds": (
        "inventory",
        lambda r: with_part(r, "hopper", lines=(Line(H100, 0, 6401),)),
    ),
    "above the ceiling": (
        "ceiling",
        lambda r: with_part(r, "trn", lines=(Line(H100, 0, 100_001),)),
    ),
    "a tick off the dual": (
        "price",
        lambda r: r._replace(prices=(r.prices[0], Price(2_700_000_000, 27_001))),
    ),
    "a price above the cap": (
        "price",
        lambda r: r._replace(prices=(r.prices[0], Price(2_000_000_000_000, 20_000_000))),
    ),
    "a payment one micro-dollar short": (
        "payment",
        lambda r: with_part(r, "trn", payment_microusd=107_999_999),
    ),
    "a seller paid too much": (
        "payment",
        lambda r: with_part(r, "hopper", payment_microusd=-172_800_001),
    ),
    "rent from nowhere": ("rent", lambda r: with_award(r, rent_microusd=1)),
    "rent to another account": ("rent", lambda r: with_award(r, rent_account=99)),
    "a transfer left out": ("transfer", lambda r: r._replace(transfers=r.transfers[1:])),
    "a transfer to another": (
        "transfer",
        lambda r: r._replace(
            transfers=(*r.transfers[:-1], r.transfers[-1]._replace(target=99)),
        ),
    ),
    "a transfer of another run": (
        "transfer",
        lambda r: r._replace(transfers=(r.transfers[0]._replace(run=2), *r.transfers[1:])),
    ),
    "welfare overstated": ("welfare", lambda r: r._replace(welfare_nanousd=382_240_000_001)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_planted_fault_is_found(e2_cleared, fault):
    rule, plant = FAULTS[fault]
    assert rule in rules(e2_cleared, plant(e2_cleared[1]))


def repriced(instance, result, dual_nanousd):
    """Give the result at other prices, with every payment right at those."""
    prices = tuple(Price(dual, dual // 100_000) for dual in dual_nanousd)
    slots = {A100: prices[0].price_ticks, H100: prices[1].price_ticks}
    parts = tuple(
        part._replace(
            payment_microusd=part.side
            * sum(slots[line.product] * line.quantity_hundredths for line in part.lines)
        )
        for part in result.award.parts
    )
    return with_award(result._replace(prices=prices), parts=parts)


def test_prices_that_make_a_buyer_regret_are_found(e2_cleared):
    """At 5.01 a chip-hour trn pays more than its 2 a unit x 2.5 units: all sums are right."""
    result = repriced(*e2_cleared, (1_080_000_000, 5_010_000_000))
    assert rules(e2_cleared, result) == {"worse off", "certificate"}


def test_prices_at_which_someone_would_choose_otherwise_are_found(e2_cleared):
    """At 2.60 nobody loses, but inf would take more H100 and less A100."""
    result = repriced(*e2_cleared, (1_080_000_000, 2_600_000_000))
    assert rules(e2_cleared, result) == {"certificate"}


def test_an_award_that_leaves_value_unserved_is_found(e2_cleared):
    """Balanced, paid and feasible, but trn, the better use of ten chips, gets none of them."""
    instance, result = e2_cleared
    parts = tuple(
        Part(part.name, part.account, part.side, lines, 0)
        for part, lines in (
            (part, tuple(line for line in part.lines if line.product == A100))
            for part in result.award.parts
        )
        if lines
    )
    worth = sum(
        bid.worth(instance.grid, {(line.product, line.hour): line.quantity_hundredths})
        for _, bid in instance.participants
        for part in parts
        for line in part.lines
        if part.name == bid.name
    )
    poorer = with_award(result._replace(welfare_nanousd=int(worth * 10**9)), parts=parts)
    duals = [price.dual_nanousd for price in result.prices]
    assert rules(e2_cleared, repriced(instance, poorer, duals)) == {"certificate"}


def test_a_flow_beyond_its_arc_is_found(zones_cleared):
    _, result = zones_cleared
    flow = result.award.flows[0]
    more = with_award(result, flows=(flow._replace(quantity_hundredths=2_001),))
    assert {"arc", "balance"} <= rules(zones_cleared, more)
    twice = with_award(result, flows=(flow, flow))
    assert rules(zones_cleared, twice) == {"arc"}


def test_an_arc_that_must_carry_and_is_not_named_is_found(cleared, two_zones):
    two_zones["arcs"][0]["min"] = ["5"]
    instance, result = cleared(two_zones)
    assert "arc" in rules((instance, result), with_award(result, flows=()))


def test_trade_without_a_price_is_found(e2_cleared):
    _, result = e2_cleared
    silent = result._replace(prices=(Price(0, None), result.prices[1]))
    assert "price" in rules(e2_cleared, silent)
