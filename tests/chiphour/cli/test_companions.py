"""TEST COMPANIONS: `chiphour companions` in words.

Takes   companions and reports made by hand.
Gives   what is printed.
Keeps   a companion without a value visible as a count, and its reason in the JSON.
Source  Decision 0021.
"""

import json
import sys

import pytest
import typer

from chiphour.cli.companions import companions
from chiphour.cli.companions import print_companions
from chiphour.cli.companions import print_quality
from chiphour.cli.companions import trades_at
from chiphour.cli.companions import value_words
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.index.series import BY_TICKER
from records import fixing

GIVEN = Given(BY_TICKER["CHR.H100.SXM.OD"], fixing())


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (32_000, "ticks", ("3.2000", "USD per GPU-hour")),
        (-2_000, "ticks", ("-0.2000", "USD per GPU-hour")),
        (-12_500, "ppm", ("-1.25", "%")),
        (946_268_657, "nanousd per TB/s-hour", ("0.946268657", "USD per TB/s-hour")),
    ],
)
def test_a_value_is_written_with_its_unit(value, unit, words):
    assert value_words(value, unit) == words


def test_those_without_a_value_are_counted(capsys):
    found = [fixed(GIVEN, "SM", 32_000, "ticks"), suppressed(GIVEN, "TX", "NO_TRADES", "ticks")]
    print_companions(found)
    shown = capsys.readouterr().out
    assert "H100.SXM.OD.SM" in shown and "3.2000" in shown
    assert "1 more have no value" in shown and "OD.TX" not in shown


def test_an_index_without_an_auction_has_no_trades(monkeypatch):
    for name in ("chiphour.adapters.transacted", "chiphour.auction.grid"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "chiphour.auction", None)
    assert trades_at(None, fixing().strike_ns) == ()


def test_a_market_that_published_no_auction_has_no_trades(tmp_path):
    assert trades_at(tmp_path, fixing().strike_ns) == []


REPORT = {
    "estimate": {
        "before_ns": fixing().strike_ns,
        "coefficients": [
            {
                "series": "CHR.RTX4090.SPOT",
                "venue": "vast",
                "name": "memory_gb",
                "within": "host",
                "value": 21_125,
                "standard_error": 12_494,
                "rows": 290,
                "varying_hosts": 11,
            }
        ],
    },
    "rates": [
        {
            "series": "CHR.RTX4090.SPOT",
            "venue": "vast",
            "rows": 27,
            "adjusted_rows": 26,
            "raw_ticks": 3_133,
            "adjusted_ticks": 3_269,
        }
    ],
}


def test_an_estimate_is_shown_with_its_error_and_both_rates(capsys):
    print_quality(REPORT, as_json=False)
    shown = capsys.readouterr().out
    for word in ("memory_gb", "2.1125", "1.2494", "0.3133", "0.3269"):
        assert word in shown
    print_quality(REPORT, as_json=True)
    assert json.loads(capsys.readouterr().out) == REPORT


def test_a_day_or_a_time_is_asked_for_and_not_both():
    for words in ((None, None), ("2026-07-20", "2026-03-06T00:00Z")):
        with pytest.raises(typer.BadParameter):
            companions(words[0], quality=words[1])
