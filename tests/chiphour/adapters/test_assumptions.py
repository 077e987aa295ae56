"""TEST ASSUMPTIONS: the file of figures: complete, bounded, sourced, dated.

Takes   `adapters/assumptions.py`, every chip and region of its file.
Gives   failures.
Keeps   no figure without a source; a figure that nobody published called an assumption.
Source  docs/how-to/rent-or-buy.md.
"""

from datetime import date

import pytest

from chiphour.adapters.assumptions import assumptions_for
from chiphour.adapters.assumptions import chips
from chiphour.adapters.assumptions import regions
from chiphour.adapters.assumptions import server_gpus
from chiphour.analyse.ownership import AssumptionRefused
from chiphour.analyse.ownership import cost_of
from chiphour.analyse.ownership import values_of
from chiphour.hardware.chips import form_is_settled

EVERY = [(chip.partition("-")[::2], region) for chip in chips() for region in regions()]


@pytest.mark.parametrize(("card", "region"), EVERY)
def test_every_figure_is_bounded_sourced_and_dated(card, region):
    found = assumptions_for(*card, region)
    for each in found.values():
        assert each.least <= each.low <= each.value <= each.high <= each.most, each.name
        assert each.source.strip() and each.unit.strip()
        assert date(2022, 1, 1) < date.fromisoformat(each.date) <= date(2026, 11, 28)
    assert 0.1 < cost_of(values_of(found), 500).month / 500 < 20


def test_chips_are_words_of_the_vocabulary():
    for chip in chips():
        name, _, form = chip.partition("-")
        assert form_is_settled(name, form), chip
        assert server_gpus(name, form) in (1, 8)


def test_an_unknown_chip_or_region_is_refused_with_those_known():
    with pytest.raises(AssumptionRefused, match=r"chip: expected one of A100-SXM, .*found 'TPU'"):
        assumptions_for("TPU", "", "us-ohio")
    with pytest.raises(AssumptionRefused, match=r"region: expected one of us-ohio, .*found 'mars'"):
        assumptions_for("H100", "SXM", "mars")
