"""LOG_PAGE: the transparency log, for people.

Takes   a checkpoint and a leaf of each kind.
Gives   failures.
Keeps   the checkpoint byte for byte.
Source  Decision 0023.
"""

from chiphour.publish.log_page import log_page
from chiphour.publish.page import Frame
from published import LOG_STATE
from published import SIGNED


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_the_page_shows_how_the_log_stands(parsed):
    root = parsed(log_page(LOG_STATE, Frame()))
    assert SIGNED in ["".join(pre.itertext()) for pre in root.iter("pre")]
    words = text_of(root)
    assert LOG_STATE.root in words
    assert "Leaves 7" in words
    assert "Signed by key" in words


def test_each_kind_of_leaf_is_told_the_latest_first(parsed):
    root = parsed(log_page(LOG_STATE, Frame()))
    rows = [text_of(row) for row in root.find(".//tbody")]
    assert rows[0].startswith("6 event: outage 2026-07-20 00:35 UTC")
    assert rows[1].startswith("5 fix: CHR.H100.SXM.OD 2026-07-20 v2026_1, provisional 2026-07-20")
    assert rows[2] == "4 batch: 12 rows for 2026-07-20 2026-07-20 00:35 UTC abababababababab\u2026"
    links = {link.attrib["href"] for link in root.find(".//tbody").iter("a")}
    assert "/series/h100-sxm-od/2026-07-20?as_of=2026-07-20T00:35:00Z" in links


def test_where_no_log_is_kept_the_page_says_so(parsed):
    assert "No log is kept here." in text_of(parsed(log_page(None, Frame())))
