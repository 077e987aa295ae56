"""NAMES: a contract's name says its series and its end, and is read back the same.

Takes   tickers, days, and texts that are no names.
Gives   names; ValueError with a legal name in it.
Keeps   one name for each series: two series never share a first word.
Source  Decision 0006.
"""

from datetime import date
from datetime import timedelta

import pytest

from chiphour.contracts import names
from chiphour.contracts.average import Average
from chiphour.contracts.basis import Basis
from chiphour.contracts.basis import Leg
from chiphour.contracts.future import Future
from chiphour.contracts.perpetual import Perpetual
from chiphour.contracts.spread import Spread
from chiphour.units import strike_ns

TICKER = "CHR.H100.SXM.OD"


def test_names_have_the_form_that_clients_know():
    assert names.contract_name(TICKER, None) == "H100SXMOD_USDC-PERPETUAL"
    assert names.contract_name(TICKER, date(2026, 8, 31)) == "H100SXMOD_USDC-31AUG26"
    assert names.contract_name("CHR.A100-40.SXM.OD", date(2026, 9, 1)) == "A10040SXMOD_USDC-1SEP26"


def test_every_day_of_a_year_is_read_back():
    for days in range(366):
        expiry = date(2028, 1, 1) + timedelta(days=days)
        name = names.contract_name(TICKER, expiry)
        assert names.parse_name(name) == ("H100SXMOD", expiry)
    assert names.parse_name("H100SXMOD_USDC-PERPETUAL") == ("H100SXMOD", None)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "H100SXMOD",
        "H100SXMOD-PERPETUAL",
        "H100SXMOD_USD-PERPETUAL",
        "h100sxmod_USDC-PERPETUAL",
        "H100SXMOD_USDC-31AUG2026",
        "H100SXMOD_USDC-031AUG26",
        "H100SXMOD_USDC-31AUX26",
        "H100SXMOD_USDC-31SEP26",
        "H100SXMOD_USDC-0SEP26",
        "H100SXMOD_USDC-PERPETUAL ",
    ],
)
def test_a_text_that_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="expected"):
        names.parse_name(name)


@pytest.mark.parametrize("year", [1999, 2100])
def test_a_year_that_two_digits_cannot_tell_is_refused(year):
    with pytest.raises(ValueError, match="2000 to 2099"):
        names.contract_name(TICKER, date(year, 1, 1))


def test_a_terms_row_gives_its_name():
    august, september = date(2026, 8, 31), date(2026, 9, 30)
    tickers = {2: TICKER, 5: "CHR.H200.SXM.OD"}
    for contract in (
        Perpetual(TICKER, 2),
        Future(TICKER, 2, august),
        Average(TICKER, 2, august),
        Basis(Leg(tickers[5], 5), Leg(TICKER, 2), august),
        Spread(TICKER, 2, september, august, 4, 3),
    ):
        found = names.name_of(contract.lower(), tickers.__getitem__, lambda _: strike_ns(september))
        assert found == contract.name
        assert names.parse_name(found).expiry == (
            None if contract.name.endswith("PERPETUAL") else august
        )
