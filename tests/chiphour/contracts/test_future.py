"""FUTURE: it ends at the strike of its day, and the kernel opens on its terms.

Takes   a future.
Gives   its name and its terms row.
Keeps   every term within the bounds that SET allows.
Source  Rulebook 4, 8.2; decision 0006.
"""

from datetime import date

from chiphour.contracts import table
from chiphour.contracts.future import Future
from chiphour.units import ns_from_iso

AUGUST = Future("CHR.H100.SXM.OD", 2, date(2026, 8, 31))


def test_terms_are_the_rulebooks():
    terms = AUGUST.lower()
    assert terms[table.TYPE] == table.Type.FUTURE
    assert terms[table.INDEX] == 2
    assert terms[table.EXPIRY_NS] == ns_from_iso("2026-08-31T00:30:00+00:00")
    assert terms[table.FUNDING_PERIOD_S] == 0
    assert terms[table.PREMIUM_CLAMP_PPM] == 300_000


def test_every_term_is_one_that_set_allows():
    terms = AUGUST.lower()
    assert len(terms) == table.TERMS_COLUMNS
    for term in table.TERMS:
        assert type(terms[term.column]) is int
        assert term.least <= terms[term.column] <= term.most, term.name


def test_its_name_has_its_day():
    assert AUGUST.name == "H100SXMOD_USDC-31AUG26"
