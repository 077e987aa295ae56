"""CHALLENGE: opened once, answered once, by another.

Takes   challenges of a year and the next.
Gives   a failure where one is lost, renumbered or answered twice.
Keeps   each refusal in one line.
Source  docs/methodology/governance.md, "Complaints and challenges".
"""

from datetime import date

import pytest

from chiphour.index.challenge import WORDS_MAX
from chiphour.index.challenge import ChallengeRefused
from chiphour.index.challenge import answered
from chiphour.index.challenge import opened
from chiphour.units import strike_ns

NOW = strike_ns(date(2026, 11, 27))
NEXT_YEAR = strike_ns(date(2027, 1, 2))
FIRST = opened((), NOW, "Ada", "CHR.H100.SXM.OD 2026-07-20", "nebius was misread")


def test_challenges_are_numbered_within_their_year():
    second = opened([FIRST], NOW, "Bob", "rule SCREEN", "too wide")
    third = opened([FIRST, second], NEXT_YEAR, "Bob", "rule SCREEN", "still too wide")
    assert [each.id for each in (FIRST, second, third)] == [
        "CH-2026-001",
        "CH-2026-002",
        "CH-2027-001",
    ]


def test_an_answer_keeps_what_was_said():
    done = answered([FIRST], "CH-2026-001", NOW + 1, "Carol", "it was not: see the row")
    assert (FIRST.state, done.state) == ("open", "answered")
    assert done[:5] == FIRST[:5]
    assert (done.answered_ns, done.answered_by) == (NOW + 1, "Carol")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("", "about", "text"), "by: expected 1 to 200 characters, found 0"),
        (("Ada", " ", "text"), "about: expected 1 to 200 characters, found 0"),
        (("Ada", "about", "x" * (WORDS_MAX + 1)), "text: expected 1 to 10000 characters"),
    ],
)
def test_words_that_cannot_be_are_refused(words, said):
    with pytest.raises(ChallengeRefused, match=said):
        opened((), NOW, *words)


def test_what_cannot_be_answered_is_refused():
    done = answered([FIRST], "CH-2026-001", NOW, "Carol", "no")
    for known, name, time_ns, by, said in (
        ([FIRST], "CH-2026-009", NOW, "Carol", r"expected an open challenge \(CH-2026-001\)"),
        ([done], "CH-2026-001", NOW, "Carol", r"expected an open challenge \(none\)"),
        ([FIRST], "CH-2026-001", NOW, "Ada", "an answer of somebody else than 'Ada'"),
        ([FIRST], "CH-2026-001", NOW - 1, "Carol", "expected a time not before"),
    ):
        with pytest.raises(ChallengeRefused, match=said):
            answered(known, name, time_ns, by, "no")
