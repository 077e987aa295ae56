"""TEST CHECKS: doubt is told by a flag, and only by one that is explained.

Takes   one sound observation, changed in one way at a time.
Gives   claims on each check.
Keeps   a sound row free of flags.
Source  Methodology, "Rows left out".
"""

import pytest

from chiphour.hardware import CHIPS
from chiphour.hardware import UNKNOWN
from chiphour.observe.checks import CHECKS
from chiphour.observe.checks import FLAGS
from chiphour.observe.checks import checked
from records import observation
from records import venue

VENUE = venue(price_nanousd_min=50_000_000, price_nanousd_max=20_000_000_000)
LOW = CHIPS["H100"].price_nanousd_min
HIGH = CHIPS["H100"].price_nanousd_max
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
        ({"price_nanousd": 8 * LOW - 1}, ("OUT_OF_BOUNDS",)),
        ({"price_nanousd": 8 * LOW}, ()),
        ({"price_nanousd": 8 * HIGH}, ()),
        ({"price_nanousd": 8 * HIGH + 1}, ("OUT_OF_BOUNDS",)),
        ({"chip": "", "price_nanousd": 8 * 50_000_000 - 1}, ("CHIP_UNKNOWN", "OUT_OF_BOUNDS")),
        ({"chip": "", "price_nanousd": 8 * 20_000_000_000}, ("CHIP_UNKNOWN",)),
        ({"chip": "A100", "memory_gb": 0}, ("MEMORY_UNKNOWN",)),
        ({"kind": "level", "gpus": 1, "price_nanousd": HIGH}, ()),
        ({"kind": "level", "gpus": 1, "price_nanousd": HIGH + 1}, ("OUT_OF_BOUNDS",)),
        ({"kind": "stock", "gpus": 0, "price_nanousd": 0}, ()),
        ({"kind": "rate", "chip": "", "form": "", "memory_gb": 0, "price_nanousd": 1}, ()),
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
    assert len(found) == len(CHECKS) - 2  # Those that ask of the source, below.


def test_a_source_that_is_unproved_or_compared_flags_all_its_rows():
    assert checked(SOUND, VENUE._replace(evidence="schema")).flags == ("SCHEMA_ONLY",)
    assert checked(SOUND, VENUE._replace(compared=True)).flags == ("COMPARISON",)


def test_a_row_of_no_gpu_is_our_mistake_unless_it_tells_stock():
    with pytest.raises(AssertionError):
        checked(SOUND._replace(gpus=0), VENUE)


def test_a_kind_without_an_explanation_is_our_mistake():
    with pytest.raises(AssertionError):
        checked(SOUND._replace(kind="rumour"), VENUE)
