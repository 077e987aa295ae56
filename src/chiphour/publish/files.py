"""FILES: what one market day leaves behind, as named bytes.

Takes   the release of the day, the events of the exchange; an auction run and its result.
Gives   the files of the day: the page, its data, the trades; the run and the result.
Keeps   every figure on the page also in a file beside it.
Source  Decision 0010.
"""

import csv
import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.instance import Instance
from chiphour.auction.instance import to_json as instance_json
from chiphour.auction.result import Result
from chiphour.auction.result import to_json as result_json
from chiphour.contracts.table import TICK_MICROUSD
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Kind
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.datasets import fixings_json
from chiphour.publish.datasets import json_bytes
from chiphour.publish.market import MarketRelease
from chiphour.publish.market import contract_object
from chiphour.publish.market import market_release_page
from chiphour.publish.words import price_text
from chiphour.units import iso_from_ns

Rows = NDArray[np.int64]

RUN_FILE, RESULT_FILE = "auction-run.json", "auction-result.json"
TRADES_FILE = "trades.csv"  # The last of a day's files: where it is, the others are.
TRADE_COLUMNS = ("sequence", "time", "contract", "side", "price_usd", "lots", "maker", "taker")


class DayRecords(NamedTuple):
    """All that the files of a day are made from."""

    release: MarketRelease
    events: Rows  # int64[n, 16], of this day
    names: Mapping[int, str]  # of accounts that may be shown


def day_files(records: DayRecords) -> dict[str, bytes]:
    """Give the files of a day by name."""
    fixings, listings = records.release.release.fixings, records.release.listings
    return {
        "release.html": market_release_page(records.release),
        "fixings.csv": fixings_csv(fixings),
        "fixings.json": fixings_json(fixings),
        "contracts.json": json_bytes([contract_object(listing.contract) for listing in listings]),
        TRADES_FILE: trades_csv(records),
    }


def auction_files(instance: Instance, result: Result) -> dict[str, bytes]:
    """Give the run and its result: what anyone needs to certify it without a solver."""
    return {**run_file(instance), RESULT_FILE: result_json(instance, result)}


def run_file(instance: Instance) -> dict[str, bytes]:
    """Give the run alone: what stands from the moment at which the gate closed."""
    return {RUN_FILE: instance_json(instance)}


def trades_csv(records: DayRecords) -> bytes:
    """Give the fills of the day as CSV; a member without a public name is its account's number."""
    contracts = {listing.contract.number: listing.contract for listing in records.release.listings}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(TRADE_COLUMNS)
    for row in records.events[records.events[:, e.KIND] == Kind.FILL].tolist():
        contract = contracts[row[e.CONTRACT]]
        writer.writerow(
            (
                row[e.SEQUENCE],
                iso_from_ns(row[e.TIME_NS]),
                contract.name,
                Side(row[e.SIDE]).name.lower(),
                price_text(row[e.PRICE_TICKS], contract.row[TICK_MICROUSD]),
                row[e.LOTS],
                _shown(row[e.MAKER_ACCOUNT], records.names),
                _shown(row[e.TAKER_ACCOUNT], records.names),
            )
        )
    return text.getvalue().encode()


def _shown(account: int, names: Mapping[int, str]) -> str:
    return names.get(account, str(account))
