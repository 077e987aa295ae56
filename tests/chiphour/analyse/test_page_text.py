"""PAGE_TEXT: the text of a page is what a reader sees; a quotation is a part of it.

Takes   pages, whole and broken.
Gives   a failure where markup or a script becomes text, or a quotation is not in the text.
Keeps   a law for any page; hostile pages of a megabyte read to their end.
Source  Decision 0043.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.page_text import quotation_of
from chiphour.analyse.page_text import text_of
from chiphour.analyse.report import QUOTATION_CHARACTERS_MAX

PAGE = """<!doctype html><html><head><title>News</title><style>p{color:red}</style></head>
<body><!-- H100 hidden --><script>var a = "<p>H100 for $1</p>";</script>
<h1>Chips &amp; prices</h1><p>The price of an <b>H100</b> hour fell to $2.10 on Monday. Nothing
else did.</p><div>1 < 2</div></body></html>"""


def test_the_text_is_what_a_reader_sees():
    assert text_of(PAGE) == (
        "Chips & prices\n"
        "The price of an H100 hour fell to $2.10 on Monday. Nothing else did.\n1 < 2"
    )


@pytest.mark.parametrize("page", ["<p>a<", "<p>a<b", "a<script>b", "a<!-- b", "a<svg><b", "<", ""])
def test_what_never_ends_is_no_text(page):
    assert "b" not in text_of(page)


@pytest.mark.parametrize("piece", ["<", "<!--", "<script>", "<a ", "&#", "</", "<![", "<p>"])
def test_a_hostile_megabyte_is_read(piece):
    assert len(text_of(piece * (1_000_000 // len(piece)))) <= 1_000_000


def test_a_quotation_is_the_first_sentence_with_a_word():
    text = text_of(PAGE)
    assert quotation_of(text, ["h100"]) == "The price of an H100 hour fell to $2.10 on Monday."
    assert quotation_of(text, ["B200"]) == ""
    assert quotation_of(text, []) == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "H100 now.",
        "See https://evil.example for an H100 at the best price of all.",
        "The H100\u202e is cheaper than it was yesterday morning.",
        "TheAH100 is cheaper than it was on the morning of yesterday.",
    ],
)
def test_what_cannot_be_quoted_is_passed_over(sentence):
    assert quotation_of(sentence, ["H100"]) == ""


@given(st.text(max_size=600), st.integers(0, 400))
def test_a_quotation_is_a_bounded_part_of_the_text(text, before):
    """Any text with a word in it: what is quoted stands there, and is no longer than it may be."""
    page = "an hour of it costs more " * (before // 25) + " H100 " + text
    found = quotation_of(page, ["H100"])
    assert found in page
    assert len(found) <= QUOTATION_CHARACTERS_MAX
