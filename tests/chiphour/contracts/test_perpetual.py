"""PERPETUAL: its terms are those of the rulebook, and the kernel opens on them.

Takes   a perpetual.
Gives   its name and its terms row.
Keeps   every term within the bounds that SET allows.
Source  Rulebook 4, 5, 8.2; decision 0006.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.perpetual import Perpetual


def test_terms_are_the_rulebooks():
    terms = Perpetual("CHR.H100.SXM.OD", 2).lower()
    assert terms[table.TYPE] == table.Type.PERPETUAL
    assert terms[table.INDEX] == 2
    assert terms[table.EXPIRY_NS] == 0
    assert terms[table.FUNDING_PERIOD_S] == 86_400
    assert terms[table.PREMIUM_CLAMP_PPM] == 20_000


@pytest.mark.parametrize(("every_s", "samples"), [(1, 86_400), (60, 1_440), (15, 5_760)])
def test_samples_are_expected_as_often_as_marks_are_sent(every_s, samples):
    terms = Perpetual("CHR.H100.SXM.OD", 2, every_s).lower()
    assert terms[table.FUNDING_SAMPLES_EXPECTED] == samples


def test_every_term_is_one_that_set_allows():
    terms = Perpetual("CHR.H100.SXM.OD", 2).lower()
    assert len(terms) == table.TERMS_COLUMNS
    for term in table.TERMS:
        assert type(terms[term.column]) is int
        assert term.least <= terms[term.column] <= term.most, term.name


def test_its_name_has_no_end():
    assert Perpetual("CHR.H200.SXM.SPOT", 6).name == "H200SXMSPOT_USDC-PERPETUAL"
