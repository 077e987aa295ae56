"""TEST STRUCTURE: the price that just pays, against sums by the day.

Takes   an owner's figures.
Gives   failures.
Keeps   another road: cash flows day by day, no annuity.
Source  Hall and Jorgenson (1967); decision 0045.
"""

import math

import pytest

from chiphour.analyse.pricing.structure import Owner
from chiphour.analyse.pricing.structure import OwnerRefused
from chiphour.analyse.pricing.structure import annuity
from chiphour.analyse.pricing.structure import implied_decline
from chiphour.analyse.pricing.structure import required_price
from chiphour.analyse.pricing.structure import running_usd
from chiphour.analyse.pricing.structure import worth_usd

OWNER = Owner(35_000, 0.15, 4, 0.12, 0.7, 1.3, 80, 2_500)


def paid_back(owner, price, decline):
    """Give the present value of owning, summed by the tenth of a day, less what it cost."""
    step = 1 / 3_652.5
    worth = owner.resale_share * owner.capital_usd * math.exp(-owner.rate * owner.life_years)
    for at in range(round(owner.life_years / step)):
        t = (at + 0.5) * step
        hour = price * math.exp(-decline * t) - owner.kw * owner.power_usd_per_mwh / 1_000
        flow = 8_766 * owner.utilisation * hour - owner.fixed_usd
        worth += flow * step * math.exp(-owner.rate * t)
    return worth - owner.capital_usd


@pytest.mark.parametrize("decline", [-0.1, 0.0, 0.3, 1.0])
def test_the_required_price_just_pays(decline):
    price = required_price(OWNER, decline)
    assert paid_back(OWNER, price, decline) == pytest.approx(0, abs=1)
    assert worth_usd(OWNER, price, decline) == pytest.approx(OWNER.capital_usd)


def test_the_implied_decline_undoes_it_and_is_none_out_of_reach():
    assert implied_decline(OWNER, required_price(OWNER, 0.4)) == pytest.approx(0.4)
    assert implied_decline(OWNER, 0.0001) is None
    assert implied_decline(OWNER, 1e6) is None


def test_what_costs_more_asks_more():
    price = required_price(OWNER, 0.3)
    for change in (
        {"rate": 0.2},
        {"utilisation": 0.5},
        {"power_usd_per_mwh": 160.0},
        {"life_years": 3.0},
    ):
        assert required_price(OWNER._replace(**change), 0.3) > price


def test_power_is_what_an_hour_costs_that_is_sold():
    assert running_usd(OWNER) == pytest.approx(0.104)
    assert annuity(0, 3) == 3


@pytest.mark.parametrize("name", ["capital_usd", "utilisation", "life_years"])
def test_figures_that_cannot_be_are_refused_by_name(name):
    with pytest.raises(OwnerRefused, match=f"{name}: expected .* found 0"):
        required_price(OWNER._replace(**{name: 0.0}), 0.3)
    with pytest.raises(OwnerRefused, match="found nan"):
        required_price(OWNER._replace(**{name: math.nan}), 0.3)
