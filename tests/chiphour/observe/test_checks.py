"""TEST CHECKS: doubt is told by a flag, and only by one that is explained.

Takes   one sound observation, changed in one way at a time.
Gives   claims on each check.
Keeps   a sound row free of flags.
Source  Methodology, "Rows left out".
"""

import pytest

from chiphour.hardware import UNKNOWN
from chiphour.observe.checks import CHECKS
from chiphour.observe.checks import FLAGS
from chiphour.observe.checks import checked
from chiphour.observe.venue import Venue
from records import observation

VENUE = Venue(
    name="acme",
    publisher="Acme",
    terms="none",
    recordings="acme",
    cadence="daily",
    feed="posted",
    price_nanousd_min=50_000_000,
    price_nanousd_max=20_000_000_000,
    staleness_ns=1,
    reader_version="acme-1",
)
SOUND = observation(
    source="acme",
    venue="lambda",
    chip="H100",
    form="SXM",
    memory_gb=80,
    price_nanousd=8 * 3_000_000_000,
    gpus=8,
)


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({}, ()),
        ({"memory_gb": 0}, ()),
        ({"chip": ""}, ("CHIP_UNKNOWN",)),
        ({"chip": "H100S", "memory_gb": 7}, ("CHIP_UNKNOWN",)),
        ({"form": UNKNOWN}, ("FORM_UNKNOWN",)),
        ({"form": "NVL"}, ("MEMORY_MISMATCH",)),
        ({"memory_gb": 40}, ("MEMORY_MISMATCH",)),
        ({"price_nanousd": 8 * 50_000_000 - 1}, ("OUT_OF_BOUNDS",)),
        ({"price_nanousd": 8 * 50_000_000}, ()),
        ({"price_nanousd": 8 * 20_000_000_000}, ()),
        ({"price_nanousd": 8 * 20_000_000_000 + 1}, ("OUT_OF_BOUNDS",)),
        ({"venue": "modal"}, ("OTHER_PRODUCT",)),
        ({"venue": "nobody"}, ("VENUE_UNKNOWN",)),
        ({"venue": "nobody", "flags": ("CARRIED",)}, ("CARRIED", "VENUE_UNKNOWN")),
    ],
)
def test_one_change_gives_its_flag_and_no_other(change, flags):
    assert checked(SOUND._replace(**change), VENUE).flags == flags


def test_checking_twice_changes_nothing():
    once = checked(SOUND._replace(chip="", venue="nobody"), VENUE)
    assert checked(once, VENUE) == once


def test_a_flag_without_an_explanation_is_our_mistake():
    with pytest.raises(AssertionError):
        checked(SOUND._replace(flags=("ODD",)), VENUE)


def test_every_check_gives_a_word_that_is_explained():
    broken = SOUND._replace(chip="", form=UNKNOWN, venue="nobody", price_nanousd=0)
    excluded = SOUND._replace(form=UNKNOWN, memory_gb=1, venue="modal")
    found = {check(row, VENUE) for check in CHECKS for row in (broken, excluded)} - {None}
    assert found <= FLAGS.keys()
    assert len(found) == len(CHECKS)
