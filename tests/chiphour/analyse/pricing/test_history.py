"""TEST HISTORY: what can be learned from, and each reason against.

Takes   small histories.
Gives   failures.
Keeps   bad input apart from too little of it.
Source  docs/pricing/README.md, section 4; decision 0045.
"""

import numpy as np
import pytest

from chiphour.analyse.pricing.history import CONSTANT
from chiphour.analyse.pricing.history import FEW_FIXINGS
from chiphour.analyse.pricing.history import FEW_MOVES
from chiphour.analyse.pricing.history import ONE_MOVE
from chiphour.analyse.pricing.history import SHORT_SPAN
from chiphour.analyse.pricing.history import HistoryRefused
from chiphour.analyse.pricing.history import counts_of
from chiphour.analyse.pricing.history import histories_of
from chiphour.analyse.pricing.history import history_of
from chiphour.analyse.pricing.history import reason_against
from chiphour.analyse.pricing.history import within


def test_prices_and_days_that_cannot_be_are_refused_by_name():
    with pytest.raises(HistoryRefused, match="expected a price above 0, found 0"):
        history_of("A", [1, 2], [100, 0])
    with pytest.raises(HistoryRefused, match="rising days, found 2 at place 2"):
        history_of("A", [1, 2, 2], [100, 100, 100])
    with pytest.raises(HistoryRefused, match="2 days and 1 prices"):
        history_of("A", [1, 2], [100])
    with pytest.raises(HistoryRefused, match="0 days"):
        history_of("A", [], [])
    with pytest.raises(HistoryRefused, match="rising days"):
        history_of("A", [1 << 40], [100])


def test_suppressed_days_are_gaps_and_a_change_of_panel_begins_anew():
    rows = [
        (1, None, False),
        (2, 10_000, False),
        (3, None, True),
        (5, 20_000, False),
        (6, 20_000, 0),
    ]
    first, second = histories_of("A", rows)
    assert (first.days.tolist(), first.logs.tolist()) == ([2], [0.0])
    assert second.days.tolist() == [5, 6]
    assert second.logs == pytest.approx([np.log(2)] * 2)


@pytest.mark.parametrize(
    ("days", "prices", "reason"),
    [
        ([0, 1], [100, 101], FEW_FIXINGS),
        (range(25), [100 + day % 3 for day in range(25)], SHORT_SPAN),
        (range(40), [100] * 40, CONSTANT),
        (range(40), [100] * 30 + [101 + day for day in range(9)] + [109], FEW_MOVES),
        (range(40), [10_000 + day for day in range(39)] + [20_000], ONE_MOVE),
        ([*range(15), *range(22, 40)], [100 + day % 3 for day in range(33)], ""),
    ],
)
def test_the_first_reason_against_is_told(days, prices, reason):
    """Two fixings, too short, constant, few moves, one jump; a gap of a week is none."""
    assert reason_against([history_of("A", list(days), list(prices))]) == reason


def test_counts_are_of_all_histories_together():
    parts = [history_of("A", [0, 3], [100, 200]), history_of("B", [1, 2, 9], [100, 100, 200])]
    assert counts_of(parts) == (5, 3, 2, 8, 0.5)
    assert counts_of([]) == (0, 0, 0, 0, 0.0)


def test_histories_are_cut_to_days():
    parts = [history_of("A", [1, 5, 9], [100] * 3), history_of("A", [12], [100])]
    assert [each.days.tolist() for each in within(parts, 1, 5)] == [[1, 5]]
    assert [each.days.tolist() for each in within(parts, 9, 12)] == [[9], [12]]
    assert within(parts, 2, 4) == []
