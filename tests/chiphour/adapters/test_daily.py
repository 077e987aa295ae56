"""TEST DAILY: the files of a day say what happened in it, and to nobody whose it was.

Takes   storms on a plain exchange, told in frames cut anywhere; a folder.
Gives   claims on trades, books and funding, read back with DuckDB.
Keeps   the plain exchange's own book as the judge.
Source  Decision 0034.
"""

import logging
from datetime import date
from functools import cache
from random import Random

import duckdb
import numpy as np
import pytest

from chiphour.adapters import daily as module
from chiphour.adapters.commit import Told
from chiphour.adapters.daily import FRAMES_MAX
from chiphour.adapters.daily import LEVELS_MAX
from chiphour.adapters.daily import Daily
from chiphour.adapters.daily import Days
from chiphour.adapters.daily import daily_path
from chiphour.adapters.daily import minutes_of
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import command
from chiphour.exchange.compose import event
from chiphour.exchange.reference import Reference
from chiphour.publish.daily import TABLES
from chiphour.simulate.storm_hand import played
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns

SEEDS = range(5)  # One of each weather.


@cache
def flow(seed):
    """Give a storm, and one command of three days later, which ends its last day."""
    found = played(seed, 150)
    reference = Reference(found.limits)
    rows = found.rows.copy()
    end = command(Kind.ADVANCE)
    end[c.SEQUENCE] = rows[-1, c.SEQUENCE] + 1
    end[c.TIME_NS] = rows[-1, c.TIME_NS] + 3 * NS_PER_DAY
    rows = np.concatenate([rows, end[None]])
    events = [reference.apply(row[None]).reshape(-1, 16) for row in rows]
    return found.limits, rows, events


def written(folder, rows, events, cuts):
    """Tell a flow in frames that end at the cuts; give the bytes of each file by its path."""
    with Daily(folder) as daily:
        for first, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
            if first < end:
                daily.hear(Told(rows[first:end], np.concatenate(events[first:end]), []))
    found = sorted(folder.glob("publish/*/*.parquet"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def read(folder, name):
    """Give all rows of a table over all days, in order."""
    where = str(daily_path(folder, date(2026, 1, 1), name)).replace("2026-01-01", "*")
    with duckdb.connect() as connection:
        return connection.execute(f"from read_parquet('{where}') order by all").fetchall()


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_the_bytes_are_those_of_the_journal_however_it_is_cut(tmp_path, seed):
    _, rows, events = flow(seed)
    draw = Random(seed)
    some = sorted(draw.sample(range(1, len(rows)), 20))
    found = [
        written(tmp_path / str(place), rows, events, cuts)
        for place, cuts in enumerate((some, range(1, len(rows))))
    ]
    assert found[0] == found[1] != {}


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_accounts_are_in_no_file(tmp_path, seed):
    """Give every account another number: the files are the same, byte for byte."""
    _, rows, events = flow(seed)
    others = [np.array(part) for part in events]
    for part in others:
        fills = part[:, e.KIND] == e.Kind.FILL
        part[part[:, e.ACCOUNT] > 0, e.ACCOUNT] += 77_000
        part[fills, e.TAKER_ACCOUNT] += 77_000
    first = written(tmp_path / "first", rows, events, [])
    assert first == written(tmp_path / "second", rows, others, []) != {}
    assert not [name for table in TABLES.values() for name in table if "account" in name.name]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_fill_and_funding_is_there_once(tmp_path, seed):
    _, rows, events = flow(seed)
    written(tmp_path, rows, events, [])
    told = np.concatenate(events)
    for name, kind in (("trades", e.Kind.FILL), ("funding", e.Kind.FUNDED)):
        over = told[:, e.SEQUENCE] < rows[-1, c.SEQUENCE]  # What ends the last day is of the next.
        mine = told[over & (told[:, e.KIND] == kind)]
        found = read(tmp_path, name)
        assert [row[0] for row in found] == sorted(mine[:, e.SEQUENCE].tolist())
        if name == "trades":
            assert sum(row[5] for row in found) == mine[:, e.LOTS].sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_book_is_that_of_the_exchange_at_the_end_of_the_minute(tmp_path, seed):
    """Ask the plain exchange for its book at the end of each minute that is told."""
    limits, rows, events = flow(seed)
    written(tmp_path, rows, events, [])
    told = {}
    for time_ns, contract, side, level, price, lots in read(tmp_path, "book"):
        told.setdefault((time_ns, contract, side), []).append((level, price, lots))
    assert told or seed == 0
    reference, place = Reference(limits), 0
    days = Days(lambda day, tables: None)
    for (time_ns, contract, side), levels in sorted(told.items()):
        while place < len(rows) and rows[place, c.TIME_NS] < time_ns:
            part = reference.apply(rows[place][None]).reshape(-1, 16)
            days.fold(Told(rows[place][None], part, []))
            place += 1
        numbers = [each for each in days.contracts if days.named(each).name == contract]
        if len(numbers) > 1:
            continue  # A storm may list a contract twice.
        (number,) = numbers
        bids, asks = reference.book(number, LEVELS_MAX)
        mine = bids if side == "buy" else asks
        tick = days.named(number).tick_microusd
        expected = [(at, p * tick, lots) for at, (p, lots, _) in enumerate(mine, 1)]
        assert levels == (expected or [(0, None, 0)])
    assert {side.name.lower() for side in Side} >= {key[2] for key in told}


def test_a_day_that_is_written_is_left_alone(tmp_path):
    _, rows, events = flow(1)
    first = written(tmp_path, rows, events, [])
    path = tmp_path / next(iter(first))
    path.write_bytes(b"kept")
    assert written(tmp_path, rows, events, [])[next(iter(first))] == b"kept"
    path.unlink()
    assert written(tmp_path, rows, events, []) == first


def test_a_full_disk_costs_a_file_and_is_told(tmp_path, monkeypatch, caplog):
    def full(*words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_durably", full)
    _, rows, events = flow(1)
    with caplog.at_level(logging.ERROR):
        assert written(tmp_path, rows, events, []) == {}
    assert "No space left" in caplog.text


def test_a_fault_of_ours_costs_the_files_not_the_market(tmp_path, caplog):
    """Tell of a fill in a contract that nobody listed; who tells goes on, and is not held up."""
    fill = event(e.Kind.FILL, contract=3, sequence=1, side=1, lots=1)
    row = command(Kind.ADVANCE, sequence=1)
    with caplog.at_level(logging.ERROR), Daily(tmp_path) as daily:
        for _ in range(FRAMES_MAX + 10):
            daily.hear(Told(row[None], fill[None], []))
    assert caplog.text.count("are not written until the next start") == 1


def test_a_frame_is_cut_at_each_minute():
    rows = np.zeros((6, c.COMMAND_COLUMNS), np.int64)
    rows[:, c.SEQUENCE] = range(10, 16)
    rows[:, c.TIME_NS] = np.array([0, 0, 1, 1, 3, 3]) * NS_PER_MINUTE + 5
    events = np.zeros((4, 16), np.int64)
    events[:, e.SEQUENCE] = [10, 11, 14, 14]
    found = [(len(part), len(told)) for part, told in minutes_of(rows, events)]
    assert found == [(2, 2), (2, 0), (2, 2)]
    assert list(minutes_of(rows[:0], events)) == []
    assert day_from_ns(int(rows[-1, c.TIME_NS])) == date(1970, 1, 1)
