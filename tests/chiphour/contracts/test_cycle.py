"""TEST CYCLE: what is listed on a day.

Takes   dates.
Gives   claims on the contracts listed.
Keeps   listing free of judgement.
Source  Rulebook 8.2; decision 0006.
"""

from datetime import date
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts.cycle import expiries
from chiphour.contracts.cycle import listed_on
from chiphour.contracts.cycle import month_end

DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("day", "near", "far"),
    [
        (date(2026, 7, 7), date(2026, 7, 31), date(2026, 8, 31)),
        (date(2026, 7, 29), date(2026, 7, 31), date(2026, 8, 31)),
        (date(2026, 7, 30), date(2026, 8, 31), date(2026, 9, 30)),
        (date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28)),
    ],
)
def test_the_two_nearest_month_ends(day, near, far):
    assert expiries(day) == (near, far)


@given(DAYS)
def test_expiries_are_month_ends_at_least_two_days_ahead(day):
    near, far = expiries(day)
    assert day + timedelta(days=2) <= near < far
    assert (month_end(near), month_end(far)) == (near, far)
    assert (far - near).days <= 31


@given(DAYS)
def test_a_contract_once_listed_stays_on_the_list_until_it_is_near(day):
    today = {contract.name for contract in listed_on(day, "CHR.H100.SXM.OD", 2)}
    tomorrow = {
        contract.name for contract in listed_on(day + timedelta(days=1), "CHR.H100.SXM.OD", 2)
    }
    assert len(today) == 3
    assert len(today & tomorrow) >= 2
