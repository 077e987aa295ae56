"""REPORT_WORDS: the report without a model says what the answers hold, and is always grounded.

Takes   tests/reported.py, and markets with pieces missing.
Gives   a failure where a sentence is wrong or the checker finds a fault in our own words.
Keeps   whole sections written out by hand.
Source  Decision 0043.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.facts import known_of
from chiphour.analyse.grounding import faults_of
from chiphour.analyse.questions import Answers
from chiphour.analyse.report import sections_expected
from chiphour.analyse.report_words import NOTHING
from chiphour.analyse.report_words import dollars
from chiphour.analyse.report_words import draft_of
from chiphour.analyse.report_words import lead_of
from chiphour.analyse.report_words import percent
from chiphour.analyse.verdicts import verdicts
from reported import ANSWERS
from reported import AT_NS
from reported import CLAIMS
from reported import RTX
from reported import VERDICTS
from reported import answers
from reported import change

NOBODY = Answers(AT_NS, (), (), (), (), (), (), ())


def test_the_snapshot_gives_the_range_of_each_chip():
    assert dict(draft_of(ANSWERS, VERDICTS, ()).sections)["snapshot"] == (
        "H100 SXM: from $2.12 an hour at vast. At most $2.99, at lambda.\n"
        "RTX4090: from $0.312 an hour at vast. At most $0.690, at vast."
    )


def test_movers_come_with_the_largest_first():
    assert dict(draft_of(ANSWERS, VERDICTS, ()).sections)["movers"] == (
        "H100 SXM (OD): down 3.2 % in 24 hours, to $2.51.\n"
        "RTX4090 (OD): up 3.0 % in 24 hours, to $0.412."
    )


def test_a_young_market_has_baselines():
    sections = dict(draft_of(answers(1), VERDICTS, ()).sections)
    assert list(sections) == ["snapshot", "baselines", "volatility"]
    assert sections["baselines"] == (
        "H100 SXM: mean $2.54 over 96 samples.\nRTX4090: mean $0.405 over 96 samples."
    )


def test_the_lead_is_the_green_spread():
    lead = lead_of(VERDICTS)
    assert (lead.good.name, lead.signal, lead.colour) == ("H100 SXM", "spread", "green")
    assert draft_of(ANSWERS, VERDICTS, ()).lead_signal == lead.reason
    assert draft_of(ANSWERS, VERDICTS, ()).title == "H100 SXM: spread between venues is green"


def test_nothing_known_is_said_to_be_nothing():
    draft = draft_of(NOBODY, (), ())
    assert dict(draft.sections) == {
        "snapshot": NOTHING,
        "baselines": NOTHING,
        "volatility": NOTHING,
    }
    assert (draft.title, draft.context) == ("No prices to judge", ())
    assert lead_of(()) is None


def test_no_movement_is_said():
    still = ANSWERS._replace(changes=(change(RTX, 400_000_000, 400_000_000),))
    assert dict(draft_of(still, (), ()).sections)["movers"] == "No price moved in 24 hours."


def test_context_quotes_the_page():
    assert draft_of(ANSWERS, VERDICTS, CLAIMS).context[0] == (
        "A maker cuts 12 % of its list prices: \u201cOn 18 July 2026 the maker cut the list price "
        "of the H300 by 12 %, to $9,900.\u201d",
        ("c1",),
    )


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [(2_125_000_000, "$2.12"), (999_400_000, "$0.999"), (999_600_000, "$1.000"), (-500, "-$0.000")],
)
def test_dollars_are_rounded_half_to_even(nanousd, text):
    assert dollars(nanousd) == text


@pytest.mark.parametrize(
    ("ppm", "text"), [(31_636, "3.2 %"), (-2_500, "0.2 %"), (999_600, "100.0 %")]
)
def test_percent_has_one_decimal(ppm, text):
    assert percent(ppm) == text


@given(
    st.integers(1, 40_000_000_000),
    st.integers(1, 40_000_000_000),
    st.integers(0, 30),
    st.sets(st.sampled_from(Answers._fields[1:])),
)
def test_our_own_words_are_always_grounded(now_nanousd, before_nanousd, days, missing):
    """Any prices, any answer missing: the checker finds no fault in the template."""
    market = answers(days)
    market = market._replace(changes=(change(RTX, now_nanousd, before_nanousd),))
    market = market._replace(**dict.fromkeys(missing, ()))
    judged = verdicts(market)
    draft = draft_of(market, judged, CLAIMS)
    days = 0 if "floors" in missing else days
    assert faults_of(draft, known_of(market, judged), CLAIMS, sections_expected(days)) == []
