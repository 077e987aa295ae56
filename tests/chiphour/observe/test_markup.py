"""TEST MARKUP: of a page we read what is seen on it, and half a page is none.

Takes   pages, whole and torn.
Gives   claims on `whole_page`, `part_between` and `texts_seen`.
Keeps   a heading that is missing, or there twice, refused.
Source  Decision 0015.
"""

import pytest

from chiphour.observe.markup import part_between
from chiphour.observe.markup import texts_seen
from chiphour.observe.markup import whole_page
from chiphour.observe.observation import UnexpectedData

PAGE = "<html><h2>GPUs</h2><p>H100 &amp; co</p> <p> $3 </p><h2>CPUs</h2><p>EPYC</p></html>\n"


def test_a_page_is_read_up_to_its_end():
    assert whole_page(PAGE.encode(), "acme") == PAGE
    for torn in (b"", PAGE.encode()[:-3], b"\xff" + PAGE.encode()):
        with pytest.raises(UnexpectedData, match=r"^acme: expected "):
            whole_page(torn, "acme")


def test_the_texts_of_a_part_are_those_that_are_seen():
    part = part_between(PAGE, ">GPUs<", ">CPUs<", "acme")
    assert texts_seen(f"<{part}") == ["H100 & co", "$3"]
    assert texts_seen("") == []


@pytest.mark.parametrize("begin", [">TPUs<", "<p>"])
def test_a_mark_that_does_not_stand_there_once_is_refused(begin):
    with pytest.raises(UnexpectedData, match=r"^acme: expected "):
        part_between(PAGE, begin, ">CPUs<", "acme")
