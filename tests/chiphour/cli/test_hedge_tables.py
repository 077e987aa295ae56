"""TEST HEDGE TABLES: how a hedge is printed.

Takes   `cli/hedge_tables.py`, made-up days.
Gives   failures.
Keeps   an indicative price marked, a reason said once for all its months.
Source  docs/how-to/hedge.md.
"""

import io

from rich.console import Console

from chiphour.adapters.hedge_answer import hedge_of
from chiphour.adapters.hedge_backtest import costs_of
from chiphour.adapters.hedge_backtest import venue_rows
from chiphour.adapters.price_record import record_of
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.adapters.serve.shapes_hedge import MonthAsked
from chiphour.cli.hedge_tables import backtest_table
from chiphour.cli.hedge_tables import hedge_parts
from chiphour.index.series import BY_TICKER
from priced import TICKER
from priced import Priced
from priced import fixings_of


def printed(*parts):
    console = Console(file=io.StringIO(), width=100, highlight=False)
    for part in parts:
        console.print(part)
    return console.file.getvalue()


def test_a_hedge_reads_in_a_buyers_order():
    words = ("2026-09", "2026-10", "2026-11", "2027-01", "2027-12")
    months = [MonthAsked(month=word, hours=1_000) for word in words]
    asked = HedgeAsked(months=months, venues=["verda"], annual_volatility="0.5")
    shown = printed(*hedge_parts(hedge_of(Priced(fixings_of(60)), asked)))
    places = [
        shown.index(word) for word in ("5,000 GPU-hours", "Buy", "Locked", "What may", "basis")
    ]
    assert places == sorted(places)
    assert "~$" in shown and "nobody offers" in shown
    assert shown.count("a stand-in until") == 1
    assert "2026-11, 2027-01: a stand-in" in shown
    assert "90 % interval" in shown


def test_a_backtest_without_a_figure_shows_a_dash():
    record = record_of(Priced(fixings_of(60)), BY_TICKER[TICKER])
    rows = list(venue_rows(record, costs_of(record, 2_500, 100_000)))
    shown = printed(backtest_table("h100-sxm-od", sorted(record.fix_ticks), rows))
    lamda = next(line for line in shown.splitlines() if "lambda" in line)
    assert " - " in lamda
    assert "1.00 (1.00" in shown
