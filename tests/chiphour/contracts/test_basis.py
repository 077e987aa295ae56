"""TEST BASIS: a contract on one index less another.

Takes   two indices.
Gives   its name and its terms row.
Keeps   every term within the bounds that SET allows.
Source  Rulebook 4.1, 8.3; decision 0025.
"""

from datetime import date

import pytest

from chiphour.contracts import table
from chiphour.contracts.basis import Basis
from chiphour.contracts.basis import Leg

H200, H100 = Leg("CHR.H200.SXM.OD", 5), Leg("CHR.H100.SXM.OD", 2)
AUGUST = date(2026, 8, 31)


@pytest.mark.parametrize("expiry", [None, AUGUST])
def test_it_stands_on_both_indices_and_may_be_negative(expiry):
    row = Basis(H200, H100, expiry).lower()
    assert (row[table.INDEX], row[table.INDEX_B]) == (5, 2)
    assert row[table.PRICE_TICKS_MIN] == -(1 << 17)
    assert bool(row[table.FUNDING_PERIOD_S]) == (expiry is None)
    for term, value in zip(table.TERMS, row, strict=True):
        assert term.least <= value <= term.most, term.name


def test_each_pair_has_a_name_of_its_own():
    assert Basis(H200, H100, AUGUST).name == "H200SXMODH100SXMOD_USDC-31AUG26"
    assert Basis(H100, H200, None).name == "H100SXMODH200SXMOD_USDC-PERPETUAL"


def test_a_third_partys_index_needs_a_licence():
    theirs = Leg("CCIR.H100", 901, licensed=False)
    with pytest.raises(ValueError, match=r"expected a licence for a contract on CCIR.H100"):
        Basis(H100, theirs, AUGUST)
    assert Basis(H100, Leg("CCIR.H100", 901), AUGUST).lower()[table.INDEX_B] == 901


def test_an_index_less_itself_is_refused():
    with pytest.raises(ValueError, match=r"expected two indices, found CHR.H100.SXM.OD twice"):
        Basis(H100, H100, AUGUST)


def test_it_says_what_it_settles_on_without_a_fix():
    assert "both are fit" in Basis(H200, H100, AUGUST).waterfall
