"""TEST REFUSAL: every reason has a sentence; a detail is one line that can be kept.

Takes   the table of codes; texts of all kinds.
Gives   claims on both.
Keeps   the words short enough for their column.
Source  Decision 0015.
"""

import re

from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.archive_tables import REFUSALS
from chiphour.adapters.refusal import CODES
from chiphour.adapters.refusal import DETAIL_CHARACTERS_MAX
from chiphour.adapters.refusal import bounded_detail


def test_every_code_is_a_word_with_one_sentence():
    assert list(CODES) == sorted(CODES)
    for code, sentence in CODES.items():
        assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code)
        assert len(code) <= REFUSALS.c.code.type.length
        assert re.fullmatch(r"[A-Z][^\n]+\.", sentence)


@given(st.text(st.characters()))
def test_a_detail_is_one_line_that_can_be_kept(text):
    found = bounded_detail(text)
    assert len(found) <= DETAIL_CHARACTERS_MAX
    assert found.isprintable()
    found.encode()


def test_a_plain_line_is_left_alone_and_a_long_one_is_cut():
    assert bounded_detail("expected a, found é") == "expected a, found é"
    assert bounded_detail("x" * 501) == "x" * 497 + "..."
