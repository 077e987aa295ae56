"""HTML: no text becomes markup, and no element that could run is made.

Takes   any text.
Gives   failures.
Keeps   what a reader of XML gets back equal to what was put in.
Source  Decision 0010.
"""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.publish.html import LONE_SURROGATE
from chiphour.publish.html import UNWRITABLE
from chiphour.publish.html import document_bytes
from chiphour.publish.html import element
from chiphour.publish.html import escaped
from chiphour.publish.html import joined

HOSTILE = "<script>alert('x')</script>\"&\u202egnp.exe\x00"


@given(st.text(st.characters(exclude_categories=())), st.text())
def test_any_text_comes_back_as_text(child, attribute):
    """Put any text inside and beside: a strict reader finds it, and nothing else."""
    page = element("b", {"title": attribute}, child).text
    root = ElementTree.fromstring(page.encode())
    shown = LONE_SURROGATE.sub("\ufffd", UNWRITABLE.sub("\ufffd", child))
    assert len(root) == 0
    assert (root.text or "") == shown.replace("\r\n", "\n").replace("\r", "\n")
    assert set(root.attrib) == {"title"}


def test_hostile_text_is_shown():
    assert escaped(HOSTILE) == (
        "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;\ufffdgnp.exe\ufffd"
    )


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("script", {}),
        ("iframe", {}),
        ("p", {"onclick": "x()"}),
        ("p", {"style": "background: red"}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": "//elsewhere.example/x"}),
        ("a", {"href": "http://elsewhere.example/"}),
        ("link", {"href": "https://elsewhere.example/style.css"}),
        ("p><script", {}),
        ("p", {"title onclick": "x"}),
    ],
)
def test_what_could_run_or_fetch_is_refused(tag, attributes):
    with pytest.raises(AssertionError):
        element(tag, attributes)


def test_children_that_are_markup_stay_markup():
    inner = element("b", None, "1 < 2")
    assert joined([inner, " & "]).text == "<b>1 &lt; 2</b> &amp; "
    assert element("br").text == "<br />"


def test_a_document_is_whole(parsed):
    root = parsed(document_bytes(HOSTILE, "About", "p { margin: 0; }", element("body")))
    assert root.attrib["lang"] == "en"
    assert "<script>" in root.find("head/title").text
    with pytest.raises(AssertionError):
        document_bytes("t", "d", "@import 'x';", element("body"))
