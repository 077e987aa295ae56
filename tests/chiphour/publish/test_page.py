"""PAGE: the frame and the tables of every page.

Takes   labels and cells, hostile ones too.
Gives   failures.
Keeps   tables that a screen reader can walk.
Source  Decision 0010.
"""

from chiphour.publish.html import element
from chiphour.publish.page import MARKET_NAVIGATION
from chiphour.publish.page import Cell
from chiphour.publish.page import Frame
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import message_page
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import table

HOSTILE = "<img src=x onerror=alert(1)>"


def text_of(root) -> str:
    return " ".join("".join(root.itertext()).split())


def test_a_page_shows_its_labels_and_marks_where_one_is(parsed):
    frame = Frame(("Replay.", HOSTILE), ("Data by nobody.",), MARKET_NAVIGATION)
    root = parsed(page_bytes("Title", "About", "/market", frame, [paragraph("Middle")]))
    assert text_of(root.find("body/aside")) == f"Replay. {HOSTILE}"
    assert text_of(root.find("body/main")) == "Middle"
    assert "Data by nobody." in text_of(root.find("body/footer"))
    here = [link.text for link in root.iter("a") if link.attrib.get("aria-current")]
    assert here == ["Market"]


def test_a_page_without_labels_has_no_empty_box(parsed):
    assert parsed(page_bytes("T", "A", "/", Frame(), [])).find("body/aside") is None


def test_every_page_can_be_walked(parsed):
    root = parsed(message_page("Not Found", f"Nothing at {HOSTILE}", Frame()))
    assert root.attrib["lang"] == "en"
    assert root.find("body/a").attrib["href"] == "#" + root.find("body/main").attrib["id"]
    assert root.find("head/meta[@name='viewport']") is not None
    assert HOSTILE in text_of(root.find("body/main"))
    assert len(list(root.iter("h1"))) == 1


def test_tables_name_their_rows_and_columns(parsed):
    rows = [[Cell("H100", "lead"), Cell("3.1700", "n", "fix")]]
    made = table("Prices.", [Cell("Chip"), Cell("Fix", "n")], [group(rows, "Group", 2)], "reflow")
    root = parsed(page_bytes("T", "A", "/", Frame(), [inside("Prices", made)]))
    found = root.find(".//table")
    assert found.find("caption").text == "Prices."
    assert [head.attrib["scope"] for head in found.iter("th")] == ["col", "col", "rowgroup", "row"]
    assert [cell.attrib["data-label"] for cell in found.iter("td")] == ["fix"]
    roles = {
        element.tag: element.attrib["role"] for element in found.iter() if element.tag != "caption"
    }
    assert roles == {
        **{"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row"},
        **{"th": "rowheader", "td": "cell"},
    }


def test_texts_of_a_paragraph_do_not_run_together():
    assert paragraph("a", "b", element("b", None, "c"), "d").text == "<p>a b<b>c</b>d</p>\n"
