"""UPLIFT: the reference cases' make-whole, and the laws of who pays for it.

Takes   stakes by hand and at random.
Gives   what each receives and is charged.
Keeps   sums exact: what goes out came in.
Source  docs/formulation/auction.md, section 6, (14); cases E5 and E6.
"""

from fractions import Fraction

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.uplift import Stake
from chiphour.auction.uplift import UpliftUncovered
from chiphour.auction.uplift import uplift

USD = 1_000_000


def stake(name, side, surplus_usd, chip_hours, left=None, is_virtual=False):
    return Stake(
        name, side, is_virtual, Fraction(surplus_usd) * USD, Fraction(chip_hours) * 100, left
    )


def test_e5_the_seller_pays_the_gangs_make_whole():
    """The gang pays 32 for 24, D gains nothing at 4, and the pool sells for 30 above its cost."""
    stakes = [stake("gang", BUY, -8, 8), stake("D", BUY, 0, 2), stake("pool", SELL, 30, 10)]
    found = uplift(stakes, 0, 0, has_sponsor=False)
    assert found.make_whole_microusd == (8 * USD, 0, 0)
    assert found.charge_microusd == (0, 0, 8 * USD)
    assert (found.sponsor_microusd, found.rent_microusd) == (0, 0)


def test_e6_buyers_pay_the_leases_make_whole_by_the_chip_hour():
    stakes = [
        stake("base", SELL, 40, 112),
        stake("lease", SELL, -48, 40),
        stake("peak", BUY, 192, 64),
        stake("flat", BUY, 80, 88),
    ]
    found = uplift(stakes, 0, 0, has_sponsor=False)
    assert found.make_whole_microusd == (0, 48 * USD, 0, 0)
    assert found.charge_microusd == (0, 0, 20_210_526, 27_789_474)  # 48 x 64 / 152, 48 x 88 / 152


def test_a_remainder_goes_round_again_before_sellers_are_asked():
    """A can bear 1, B 12, and the virtual seller the 2 that its budget leaves of its 9."""
    stakes = [
        stake("A", BUY, 1, 10),
        stake("B", BUY, 12, 10),
        stake("virtual", SELL, 9, 10, left=2 * USD, is_virtual=True),
        stake("pool", SELL, 50, 30),
    ]
    charged = [
        uplift(stakes, pot * USD, 0, has_sponsor=False).charge_microusd for pot in (3, 12, 20)
    ]
    assert charged[0] == (USD, USD, USD, 0)
    assert charged[1] == (USD, 9 * USD, 2 * USD, 0)
    assert charged[2] == (USD, 12 * USD, 2 * USD, 5 * USD)


def test_what_no_surplus_covers_falls_on_the_sponsor_or_is_refused():
    stakes = [stake("A", BUY, 1, 10), stake("pool", SELL, -3, 10)]
    assert uplift(stakes, 0, 0, has_sponsor=True).sponsor_microusd == 2 * USD
    expected = r"expected surplus that covers it, found 2\.000000 more of 3\.000000, and no sponsor"
    with pytest.raises(UpliftUncovered, match=expected):
        uplift(stakes, 0, 0, has_sponsor=False)


def test_arc_rent_pays_before_anyone_and_the_rest_of_it_is_rent():
    stakes = [stake("A", BUY, 100, 10), stake("pool", SELL, -3, 10)]
    assert uplift(stakes, 2 * USD, 4 * USD, has_sponsor=False).charge_microusd == (USD, 0)
    found = uplift(stakes, 2 * USD, 9 * USD, has_sponsor=False)
    assert (found.charge_microusd, found.rent_microusd) == ((0, 0), 4 * USD)


def test_a_loss_of_half_a_tick_a_chip_hour_is_not_made_whole():
    """Ten chip-hours at half a tick are 500 micro-dollars: that much rounding may cost anyone."""
    whole = [
        Stake("pool", SELL, False, Fraction(-loss), Fraction(1000)).make_whole_microusd
        for loss in (500, Fraction(1001, 2), 501)
    ]
    assert whole == [0, 501, 501]


def test_who_traded_nothing_is_not_charged():
    stakes = [stake("reserve", BUY, 100, 0), stake("A", BUY, 5, 1)]
    assert uplift(stakes, USD, 0, has_sponsor=False).charge_microusd == (0, USD)


def test_the_last_micro_dollar_goes_to_the_lesser_id_whatever_the_order():
    stakes = [stake(name, BUY, 5, 1) for name in "cab"]
    assert uplift(stakes, 100, 0, has_sponsor=False).charge_microusd == (33, 34, 33)


STAKES = st.lists(
    st.builds(
        Stake,
        st.text("abc", min_size=1, max_size=6),
        st.sampled_from((BUY, SELL)),
        st.booleans(),
        st.fractions(-300, 300, max_denominator=12),
        st.integers(0, 40).map(Fraction),
        st.none() | st.integers(-5, 200),
    ),
    max_size=8,
    unique_by=lambda found: found.id,
)


@given(STAKES, st.integers(0, 400), st.integers(-50, 400))
def test_sums_are_exact_and_nobody_pays_above_surplus_or_budget(stakes, reserve, rent):
    """What comes in (charges, rent, sponsor) is what goes out (make-whole, reserve, rent left)."""
    found = uplift(stakes, reserve, rent, has_sponsor=True)
    came = sum(found.charge_microusd) + rent + found.sponsor_microusd
    assert came == sum(found.make_whole_microusd) + reserve + found.rent_microusd
    assert found.sponsor_microusd >= 0 and found.rent_microusd >= 0
    for one, whole, charge in zip(
        stakes, found.make_whole_microusd, found.charge_microusd, strict=True
    ):
        assert 0 <= charge <= max(one.surplus_microusd, 0)
        assert one.left_microusd is None or charge <= max(one.left_microusd, 0)
        assert one.surplus_microusd + whole - charge >= -one.traded_hundredths / 2
        assert not (whole and charge)
    if found.sponsor_microusd:  # All that could be charged was.
        most = [one.charge_microusd_max for one in stakes]
        assert list(found.charge_microusd) == most


@given(STAKES, st.integers(1, 400))
def test_those_below_their_caps_pay_one_rate_within_a_micro_dollar(stakes, pot):
    """Sellers pay only when every buyer and virtual is at its cap."""
    found = uplift(stakes, pot, 0, has_sponsor=True)
    for first in (True, False):
        rates = []
        for one, charge in zip(stakes, found.charge_microusd, strict=True):
            is_first = one.side == BUY or one.is_virtual
            if is_first == first and charge < one.charge_microusd_max:
                rates.append((charge - 1, charge + 1, one.traded_hundredths))
                assert (
                    first
                    or all(
                        other == stakes[n].charge_microusd_max
                        for n, other in enumerate(found.charge_microusd)
                        if stakes[n].side == BUY or stakes[n].is_virtual
                    )
                    or not charge
                )
        if rates:
            lowest = max(low / hours for low, _, hours in rates)
            assert lowest < min(high / hours for _, high, hours in rates)


@given(STAKES, st.integers(0, 400), st.randoms(use_true_random=False))
def test_the_order_of_participants_changes_nothing(stakes, pot, random):
    assume(len(stakes) > 1)
    mixed = stakes[:]
    random.shuffle(mixed)
    one, other = (uplift(found, pot, 0, has_sponsor=True) for found in (stakes, mixed))
    charged = {stake.id: charge for stake, charge in zip(mixed, other.charge_microusd, strict=True)}
    assert [charged[stake.id] for stake in stakes] == list(one.charge_microusd)
