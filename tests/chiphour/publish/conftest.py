"""CONFTEST: real fixings for the tests of publication, and a strict reader of pages.

Takes   tests/shown.py.
Gives   `shown`, the module that makes a market of records; `fixings`; `parsed`.
Keeps   the fixings those of the methodology.
Source  Decision 0010.
"""

import importlib
from xml.etree import ElementTree

import pytest

LOADING = {"audio", "embed", "iframe", "img", "object", "script", "source", "video"}


@pytest.fixture(scope="session")
def shown():
    """Give the module that makes the market."""
    return importlib.import_module("shown")


@pytest.fixture(scope="session")
def fixings(shown):
    """Give six days of fixings of every series."""
    return shown.fixings()


@pytest.fixture(scope="session")
def parsed():
    """Give a function that reads a page as XML and fails if it could run or fetch anything."""

    def read(page: bytes) -> ElementTree.Element:
        root = ElementTree.fromstring(page.decode())
        for element in root.iter():
            assert element.tag not in LOADING
            for name, value in element.attrib.items():
                assert not name.startswith("on")
                assert name not in ("src", "style")
                if name == "href" and not value.startswith(("/", "#")):
                    assert element.tag == "a"
                    assert element.attrib.get("rel") == "license"
        style = "".join(root.find("head/style").itertext())
        assert "url(" not in style
        assert "@import" not in style
        return root

    return read
