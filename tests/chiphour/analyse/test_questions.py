"""TEST QUESTIONS: what is lacking is told in words.

Takes   a record.
Gives   its half sentence.
Keeps   found and needed apart.
Source  Decision 0042.
"""

from chiphour.analyse.questions import Lacking


def test_lacking_says_what_was_found_and_what_is_needed():
    lacking = Lacking("venues with a price now", 1, 2)
    assert lacking.words() == "expected at least 2 venues with a price now, found 1"
