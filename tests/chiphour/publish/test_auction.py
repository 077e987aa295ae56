"""TEST AUCTION: the head of a run's result.

Takes   the demonstration's run.
Gives   claims on the summary.
Keeps   no run called checked that the checker refuses.
Source  Decision 0010.
"""

from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import pytest

from chiphour.auction.clear import clear
from chiphour.auction.solve import solve
from chiphour.publish.auction import auction_summary
from chiphour.publish.auction import paid_microusd
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.workloads import demonstration_run


@pytest.fixture(scope="module")
def cleared():
    fixings = {
        "CHR.H100.SXM.OD": SimpleNamespace(fix_ticks=32_000),
        "CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=16_000),
    }
    instance = demonstration_run(date(2026, 7, 20), fixings, DEMONSTRATION, 1)
    return instance, clear(instance, solve)


def test_it_counts_bids_offers_and_money(cleared):
    summary = auction_summary(*cleared)
    _, result = cleared
    assert (summary.bids, summary.offers) == (2, 4)
    assert summary.checked
    assert summary.paid_microusd == paid_microusd(result)
    bought = sum(part.payment_microusd for part in result.award.parts if part.side == 1)
    assert paid_microusd(result) >= bought > 0


def test_hours_of_one_price_are_one_line_and_lines_cover_the_day(cleared):
    summary = auction_summary(*cleared)
    for chip in ("H100", "A100"):
        lines = [line for line in summary.lines if line.chip == chip]
        assert lines[0].interval.startswith("00:00 to ")
        assert lines[-1].interval.endswith(" to 00:00")
        prices = [line.price_microusd for line in lines]
        assert all(one != two for one, two in pairwise(prices))


def test_a_result_that_was_tampered_with_is_not_called_checked(cleared):
    instance, result = cleared
    tampered = result._replace(welfare_nanousd=result.welfare_nanousd + 1)
    assert not auction_summary(instance, tampered).checked
