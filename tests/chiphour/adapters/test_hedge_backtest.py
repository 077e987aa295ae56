"""TEST HEDGE BACKTEST: rows of the back-test, and what a lot costs to trade and to hold.

Takes   `adapters/hedge_backtest.py`, made-up days.
Gives   failures.
Keeps   fees and margin the exchange's; a venue with too few days left out.
Source  docs/how-to/hedge.md; decision 0044.
"""

import json

import pytest

from chiphour.adapters.hedge_backtest import backtest_object
from chiphour.adapters.hedge_backtest import costs_of
from chiphour.adapters.hedge_backtest import series_rows
from chiphour.adapters.hedge_backtest import venue_rows
from chiphour.adapters.price_record import record_of
from chiphour.index.series import BY_TICKER
from priced import TICKER
from priced import Priced
from priced import fixings_of

H100 = BY_TICKER[TICKER]


def record(*of, **more):
    return record_of(Priced(fixings_of(*of, **more)), H100)


def test_a_trade_costs_half_a_spread_and_the_fee_a_day_the_interest():
    found = record()
    price = found.fix_ticks[found.last] / 10_000
    costs = costs_of(found, 2_500, 100_000)
    assert costs.trade == pytest.approx(price * (0.0025 + 0.0005), rel=1e-3)
    assert costs.margin_day == pytest.approx(price * 0.1 * 0.1 / 365, rel=1e-3)


def test_each_venue_has_a_row_and_all_of_them_one():
    found = record(60)
    rows = list(venue_rows(found, costs_of(found, 2_500, 100_000)))
    assert [row.name for row in rows] == ["lambda", "verda", "all 2, evenly"]
    lamda, verda, both = rows
    assert lamda.result.effectiveness is None  # Its price stands still.
    assert verda.result.effectiveness.value == pytest.approx(1.0)
    assert verda.ratio.estimate.value == pytest.approx(1.0)
    assert both.ratio.estimate.value == pytest.approx(0.5)


def test_a_venue_of_few_days_is_left_out():
    found = record(10)
    assert list(venue_rows(found, costs_of(found, 2_500, 100_000))) == []


def test_series_end_with_all_venues_pooled():
    *rows, last = series_rows([record(60)], 2_500)
    assert [row.name for row in rows] == ["h100-sxm-od"]
    assert (last.name, last.ratio) == ("2 venues, pooled", None)
    assert last.result.effectiveness.value < 1  # Lambda's stillness counts against the hedge.


def test_a_row_is_plain_json_without_nan():
    still = record(60, venue=lambda place, fix: 32_000 + (place > 55) * 100)
    rows = list(venue_rows(still, costs_of(still, 2_500, 100_000)))
    text = json.dumps([backtest_object(row) for row in rows], allow_nan=False)
    shown = json.loads(text)[1]
    assert shown["name"] == "verda"
    assert shown["backtest"]["effectiveness"]["low"] is None
