"""TEST CHIPS: the vocabulary holds what the series need, and mixes nothing.

Takes   CHIPS, FORMS, TENORS; the table of series.
Gives   claims on names, forms, memory and the bounds of prices.
Keeps   chips apart that a substring would mix; cents apart from dollars.
Source  Methodology, "Series".
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.hardware import CHIPS
from chiphour.hardware import FORMS
from chiphour.hardware import TENORS
from chiphour.hardware import UNKNOWN
from chiphour.hardware import form_is_settled
from chiphour.hardware import memory_gb_from_mib
from chiphour.hardware import memory_sizes_gb
from chiphour.hardware import price_is_plausible
from chiphour.index.series import SERIES


def test_every_series_is_made_of_known_words():
    for series in SERIES:
        assert form_is_settled(series.chip, series.form), series
        assert series.tenor in TENORS
        assert series.tenor != "OTHER"


def test_chips_that_resemble_one_another_are_apart():
    assert {"H200", "GH200", "B200", "GB200", "B300", "GB300", "L4", "L40", "L40S"} <= CHIPS.keys()
    assert memory_sizes_gb("A100", "SXM") == (80,)
    assert memory_sizes_gb("A100-40", "SXM") == (40,)
    assert 24 not in memory_sizes_gb("RTX4090-48", "")


def test_the_memory_of_an_h100_depends_on_its_form():
    assert memory_sizes_gb("H100", "NVL") == (94,)
    assert memory_sizes_gb("H100", "SXM") == (80,)
    assert memory_sizes_gb("H100", UNKNOWN) == (80, 94)


def test_an_unknown_form_is_settled_for_no_chip():
    assert UNKNOWN in FORMS
    assert not any(form_is_settled(chip, UNKNOWN) for chip in CHIPS)


def test_an_unknown_chip_is_an_error_not_a_guess():
    with pytest.raises(KeyError):
        form_is_settled("H100 SXM", "SXM")
    with pytest.raises(KeyError):
        memory_sizes_gb("h100", "SXM")


@pytest.mark.parametrize(
    ("memory_mib", "sizes_gb", "expected_gb"),
    [
        (81_559, (80,), 80),
        (143_771, (141, 143), 141),
        (46_068, (48,), 48),  # Error correction keeps a sixteenth back.
        (23_028, (24, 48), 24),
        (49_140, (24, 48), 48),
        (40_960, (80, 40), 40),
        (16_384, (16, 32), 16),
        (10_240, (80,), 10),  # A slice: no size is near.
        (0, (24,), 0),
    ],
)
def test_what_a_driver_reports_finds_the_size_on_the_label(memory_mib, sizes_gb, expected_gb):
    assert memory_gb_from_mib(memory_mib, sizes_gb) == expected_gb


@given(st.sampled_from(sorted(CHIPS)), st.integers(0, 62_500))
def test_a_sixteenth_less_is_still_the_same_card(chip, less_ppm):
    """Take a part of each stated size away, up to 1/16: the size found is one of the chip's."""
    sizes_gb = CHIPS[chip].memory_gb
    for size_gb in sizes_gb:
        memory_mib = 1024 * size_gb * (1_000_000 - less_ppm) // 1_000_000
        assert memory_gb_from_mib(memory_mib, sizes_gb) in sizes_gb


@given(st.sampled_from(sorted(CHIPS)), st.data())
def test_cents_for_dollars_are_never_plausible(chip, data):
    """Take any plausible price: a hundred times it and a hundredth of it are both refused."""
    low, high = CHIPS[chip].price_nanousd_min, CHIPS[chip].price_nanousd_max
    assert high < 100 * low
    price_nanousd = data.draw(st.integers(low, high))
    assert price_is_plausible(chip, price_nanousd)
    assert not price_is_plausible(chip, 100 * price_nanousd)
    assert not price_is_plausible(chip, price_nanousd // 100)


def test_the_bounds_themselves_are_plausible():
    for chip in CHIPS.values():
        assert price_is_plausible(chip.name, chip.price_nanousd_min)
        assert price_is_plausible(chip.name, chip.price_nanousd_max)
        assert not price_is_plausible(chip.name, chip.price_nanousd_min - 1)
        assert not price_is_plausible(chip.name, chip.price_nanousd_max + 1)


@pytest.mark.parametrize(
    ("chip", "price_nanousd"),
    [
        ("H100", 341_333_334),  # The lowest bid that a host of 2026 took.
        ("H100", 18_618_961_000),  # The dearest list: Google, Sao Paulo.
        ("A100", 93_333_334),
        ("A100", 8_110_000_000),
        ("B200", 16_110_000_000),
        ("L4", 85_800_000),
    ],
)
def test_floors_and_dear_lists_are_plausible(chip, price_nanousd):
    assert price_is_plausible(chip, price_nanousd)


def test_the_price_of_a_machine_of_eight_is_none_for_a_chip():
    assert not price_is_plausible("H100", 98_320_000_000)
    assert not price_is_plausible("A100", 40_966_000_000)
