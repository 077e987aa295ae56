"""TEST FILES: what a market day leaves behind.

Takes   a release, events.
Gives   claims on each file.
Keeps   every figure of the page in a file.
Source  Decision 0010.
"""

import csv
import io
import json

import numpy as np

from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import event
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.files import TRADE_COLUMNS
from chiphour.publish.files import DayRecords
from chiphour.publish.files import day_files
from chiphour.publish.market import Listing
from chiphour.publish.market import MarketRelease
from chiphour.publish.release import Release


def records(shown, fixings):
    contract = shown.Shown(fixings).contracts()[0]
    fill = event(
        e.Kind.FILL,
        maker_account=9,
        taker_account=10,
        contract=contract.number,
        maker_order=5,
        taker_order=6,
        side=Side.SELL,
        price_ticks=32_015,
        lots=7,
    )
    release = Release(shown.FIRST, tuple(fixings), tuple(fixings))
    return DayRecords(
        MarketRelease(release, (Listing(contract),)),
        np.array([fill]),
        {9: "demonstration maker one"},
    )


def test_the_files_of_a_day(shown, fixings):
    files = day_files(records(shown, fixings))
    assert set(files) == {
        "release.html",
        "fixings.csv",
        "fixings.json",
        "contracts.json",
        "trades.csv",
    }
    assert files["fixings.csv"] == fixings_csv(fixings)
    assert len(json.loads(files["contracts.json"])) == 1


def test_a_trade_names_those_who_may_be_shown_and_numbers_the_rest(shown, fixings):
    text = day_files(records(shown, fixings))["trades.csv"].decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert tuple(row) == TRADE_COLUMNS
    assert (row["price_usd"], row["lots"], row["side"]) == ("3.2015", "7", "sell")
    assert (row["maker"], row["taker"]) == ("demonstration maker one", "10")
