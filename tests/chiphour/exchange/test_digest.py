"""DIGEST: another state, another digest; the same rows in another layout, the same.

Takes   sections made by hand.
Gives   digests.
Keeps   the bytes that are hashed written out once more, independently.
Source  Rulebook 13.1.
"""

import hashlib
import struct

import numpy as np
import pytest

from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest


def made(rows=2):
    return Sections(*(np.arange(rows * width).reshape(rows, width) for width in WIDTHS))


def test_the_bytes_are_those_of_the_rulebook():
    total = hashlib.sha256()
    for width in WIDTHS:
        total.update(struct.pack("<qq", 2, width))
        total.update(struct.pack(f"<{2 * width}q", *range(2 * width)))
    assert digest(made()) == total.hexdigest()


@pytest.mark.parametrize("name", Sections._fields)
def test_each_value_and_each_row_counts(name):
    before = digest(made())
    changed = made()
    getattr(changed, name)[-1, -1] += 1
    assert digest(changed) != before
    shorter = made()._replace(**{name: getattr(made(), name)[:-1]})
    assert digest(shorter) != before


def test_the_layout_in_memory_does_not_count():
    strided = Sections(*(np.asfortranarray(section) for section in made()))
    assert digest(strided) == digest(made())


def test_a_section_of_another_width_is_our_fault():
    with pytest.raises(AssertionError):
        digest(made()._replace(market=np.zeros((1, 4), np.int64)))
    with pytest.raises(AssertionError):
        digest(made()._replace(market=np.zeros((1, 5))))
