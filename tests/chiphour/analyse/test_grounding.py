"""GROUNDING: a report that says what nobody gave is refused, and what it says is named.

Takes   tests/reported.py; drafts that lie in one place.
Gives   a failure where a lie passes or a true figure does not.
Keeps   a law: a number passes if, and only if, a plain script finds a fact that it rounds to.
Source  Decision 0043; the article of decision 0042, "Context synthesis".
"""

from decimal import ROUND_HALF_DOWN
from decimal import ROUND_HALF_UP
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.facts import known_of
from chiphour.analyse.grounding import faults_of
from chiphour.analyse.report import Statement
from chiphour.analyse.report import sections_expected
from chiphour.analyse.report_words import draft_of
from reported import ANSWERS
from reported import CLAIMS
from reported import VERDICTS

KNOWN = known_of(ANSWERS, VERDICTS)
DRAFT = draft_of(ANSWERS, VERDICTS, CLAIMS)
EXPECTED = sections_expected(5)


def faults(**fields):
    return faults_of(DRAFT._replace(**fields), KNOWN, CLAIMS, EXPECTED)


def test_a_sound_draft_has_no_fault():
    assert faults() == []


TRUE = (
    "H100 SXM fell 3.2 % to $2.51.",
    "H100 SXM fell by about 3 % in 24 hours, to $2.51 an hour.",
    "The RTX 4090 is up 3.0 % at $0.412.",
    "RTX4090 starts at 31 cents.",
    "1,240 offers at vast.",
    "H100: 412 GPUs at 31 hosts, twelve GPUs more than a day before.",
    "H100 spread is green and actionable.",
    "H100 variation is not actionable; it is red.",
    "Two venues, two chips; data of 20 July 2026, 07:00 UTC, and in 2026.",
    "The first of them, one of the two.",
    "The RTX 4090's variation of 0.162 is 16.2 %.",
)


@pytest.mark.parametrize("text", TRUE)
def test_what_the_tools_gave_may_be_said(text):
    assert faults(summary=text) == []


# What is named, for a sentence with one lie.
LIES = {
    "H100 SXM is at $9.99.": "'$9.99'",
    "H100 SXM rose 3.2 %.": "expected it to have gone down, found '3.2 %'",
    "The price of the H100 SXM increased by 3.2 %.": "the other way",
    "RTX 4090 is at $2.12.": "a number of RTX4090",
    "It is $2.12 at lambda for the H100 SXM.": "a number of lambda",
    "412 hosts.": "'412'",
    "412 %.": "'412 %'",
    "1,241 offers.": "'1,241'",
    "$2.125 an hour.": "'$2.125'",
    "$3.2 is the change.": "'$3.2'",
    "Nineteen hosts.": "'Nineteen'",
    "Prices doubled.": "'doubled'",
    "Two thirds of it.": "'Two thirds'",
    "For 48 hours.": "'48 hours'",
    "Within 20 minutes.": "'20 minutes'",
    "In 2025.": "a day of the data, found 'In 2025'",
    "On 4 July 2026.": "'4 July 2026'",
    "At 14:05 UTC.": "a time of the data, found '14:05'",
    "The H300 is coming.": "'H300'",
    "With 80GB.": "'80GB.'",
    "The 5th of its kind.": "'5th'",
    "It costs \u0663 dollars.": "'\u0663'",
    "It costs $2\u200b.99.": "\\u200b",
    "See https://news.example/a for more.": "no address but by the id of a claim",
    "See evil.com.": "'evil.com'",
    "RTX4090 variation is red.": "a verdict on RTX4090 that was computed, found 'red'",
    "H100 variation is green.": "found 'green'",
    "H100 SXM: its variation is actionable.": "found 'actionable'",
    "": "summary: expected words, found none",
    "x" * 1_001: "expected at most 1000 characters, found 1001",
}


@pytest.mark.parametrize(("text", "named"), LIES.items())
def test_a_lie_is_named(text, named):
    found = faults(summary=text)
    assert found
    assert all(each.startswith("summary: ") for each in found)
    assert named in found[0]


@pytest.mark.parametrize("place", ["title", "lead_signal", "summary"])
def test_every_text_is_checked(place):
    assert faults(**{place: "It is $9.99."})[0].startswith(f"{place}: ")


def test_every_section_is_checked():
    for number, (kind, _) in enumerate(DRAFT.sections):
        sections = list(DRAFT.sections)
        sections[number] = (kind, "It is $9.99.")
        assert "'$9.99'" in faults(sections=tuple(sections))[0]


def test_sections_stand_in_their_order():
    found = faults(sections=DRAFT.sections[::-1])
    assert found == [
        "sections: expected snapshot, movers, volatility, found volatility, movers, snapshot"
    ]
    assert "found none" in faults(sections=())[0]


def test_a_sentence_without_a_chip_speaks_of_the_one_before():
    assert faults(summary="The RTX4090 is cheap. It costs $2.12.") != []
    assert faults(summary="The H100 is dear. It costs $2.12.") == []


CONTEXT_TRUE = (
    "The list price of the H300 fell 12 % to $9,900 on 18 July.",
    "A maker cut prices by twelve percent.",
    "A maker cut prices on 18 July 2026.",
)
CONTEXT_LIES = {
    "It fell 13 %.": "a number of the cited pages, found '13 %'",
    "The H400 came.": "what the cited pages say, found 'H400'",
    "On 17 July.": "a day of the cited pages, found '17 July'",
    "At 15:00.": "a time of the cited pages, found '15:00'",
    "See www.x.com.": "no address but by the id of a claim",
    "The H100 costs $2.12.": "'$2.12'",  # Of a tool, but of no page.
}


@pytest.mark.parametrize("text", CONTEXT_TRUE)
def test_context_may_say_what_its_pages_say(text):
    assert faults(context=(Statement(text, ("c1",)),)) == []


@pytest.mark.parametrize(("text", "named"), CONTEXT_LIES.items())
def test_context_beyond_its_pages_is_named(text, named):
    found = faults(context=(Statement(text, ("c1",)),))
    assert found[0].startswith("context 1: ")
    assert any(named in each for each in found)


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ((), "expected the id of a claim, found none"),
        (("c9",), "expected the id of a claim of this morning, found 'c9'"),
        (("https://evil.example",), "found 'https://evil.example'"),
    ],
)
def test_context_without_a_source_is_named(claims, named):
    assert named in faults(context=(Statement("A maker cut prices.", claims),))[0]


PLACES = st.integers(0, 4)


@given(st.decimals(0, 1300, places=4, allow_nan=False), PLACES, st.sampled_from(["usd", "share"]))
def test_a_number_passes_only_if_a_fact_rounds_to_it(value, places, unit):
    """Write any number with any digits: a plain script that rounds every fact agrees."""
    one = Decimal(1).scaleb(-places)
    written = value.quantize(one)
    scale = 100 if unit == "share" else 1
    true = any(
        (abs(fact.value) * scale).quantize(one, rounding) == written
        for fact in KNOWN.facts
        if fact.unit == unit
        for rounding in (ROUND_HALF_UP, ROUND_HALF_DOWN)
    )
    text = f"It is ${written}." if unit == "usd" else f"It is {written} %."
    assert (faults(summary=text) == []) == true
