"""TEST INTERCONNECTS: a link is read from its name; a form is no link.

Takes   INTERCONNECTS and the words of sources.
Gives   claims on `interconnect_named`.
Keeps   a form, such as SXM, from being taken for a link.
Source  `interconnects`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.hardware import INTERCONNECTS
from chiphour.hardware import interconnect_named


@pytest.mark.parametrize("word", sorted(INTERCONNECTS))
def test_our_own_word_is_read_as_itself(word):
    assert interconnect_named(word) == interconnect_named(word.lower()) == word


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("NVLink", "NVLINK"),
        ("nvlink-4", "NVLINK"),
        ("pcie", "PCIE"),
        ("PCI Express", "PCIE"),
        ("PCIe Gen5", "PCIE"),
        ("InfiniBand", "INFINIBAND"),
        ("RoCE v2", "ROCE"),
        ("Infinity Fabric", "XGMI"),
        ("NVL72", "NVLINK-RACK"),
    ],
)
def test_a_source_s_word_is_read(word, meant):
    assert interconnect_named(word) == meant


@pytest.mark.parametrize("word", ["", "SXM", "SXM5", "NVL", "fast", "nvlinks", "unknown"])
def test_a_form_or_an_unknown_word_is_none(word):
    assert interconnect_named(word) is None


@given(st.text(max_size=20))
def test_any_text_is_a_known_link_or_none(word):
    assert interconnect_named(word) in {None, *INTERCONNECTS}
