"""TEST CYCLE: what is listed on a day.

Takes   dates.
Gives   claims on the contracts listed.
Keeps   listing free of judgement.
Source  Rulebook 8.2; decisions 0006 and 0025.
"""

from datetime import date
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts.average import Average
from chiphour.contracts.cycle import AHEAD
from chiphour.contracts.cycle import averaged_months
from chiphour.contracts.cycle import expiries
from chiphour.contracts.cycle import listed_on
from chiphour.contracts.cycle import month_end

DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))


def test_weeks_months_and_quarters_of_a_day():
    """Tuesday, 7 July 2026: two Fridays, three month ends, four quarter ends, one of them both."""
    assert expiries(date(2026, 7, 7)) == (
        date(2026, 7, 10),
        date(2026, 7, 17),
        date(2026, 7, 31),
        date(2026, 8, 31),
        date(2026, 9, 30),
        date(2026, 12, 31),
        date(2027, 3, 31),
        date(2027, 6, 30),
    )


def test_a_friday_that_is_a_month_end_is_listed_once():
    assert expiries(date(2026, 7, 28))[:2] == (date(2026, 7, 31), date(2026, 8, 7))


def test_a_month_that_ends_in_less_than_two_days_is_passed_over():
    assert averaged_months(date(2026, 7, 29)) == (date(2026, 7, 31), date(2026, 8, 31))
    assert averaged_months(date(2026, 7, 30)) == (date(2026, 8, 31), date(2026, 9, 30))


@given(DAYS)
def test_expiries_rise_and_lie_at_least_two_days_ahead(day):
    found = expiries(day)
    assert list(found) == sorted(set(found))
    assert found[0] >= day + AHEAD
    assert 6 <= len(found) <= 9
    for each in found:
        assert each.weekday() == 4 or each == month_end(each)


@given(DAYS)
def test_a_contract_once_listed_stays_on_the_list_until_it_is_near(day):
    today = {contract.name: contract for contract in listed_on(day, "CHR.H100.SXM.OD", 2)}
    tomorrow = {
        contract.name for contract in listed_on(day + timedelta(days=1), "CHR.H100.SXM.OD", 2)
    }
    for name, contract in today.items():
        expiry = getattr(contract, "expiry", None)
        assert name in tomorrow or (expiry is not None and expiry < day + timedelta(days=1) + AHEAD)


@given(DAYS)
def test_every_contract_has_a_name_and_terms_of_its_own(day):
    listed = listed_on(day, "CHR.H100.SXM.OD", 2)
    assert len({contract.name for contract in listed}) == len(listed)
    assert len({contract.lower() for contract in listed}) == len(listed)
    assert all(contract.waterfall for contract in listed)
    assert sum(isinstance(contract, Average) for contract in listed) == 2
