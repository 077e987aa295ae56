"""VINTAGES: what was known when, asked of a million vintages; and whether the past stays as served.

Takes   made-up fixings of 13 series and 3 parameter sets over 35 years, each provisional, then
        final, some revised; documents as long as real ones. A temporary folder on the checkout's
        disk.
Gives   the time of one question of the past, of a year of a series; the share of 1,000 past times
        at which the bytes of a series come out as they were served then.
Keeps   every question through the archive's public methods; each random time from one seed.
Source  Decision 0017.
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from chiphour.adapters.archive import Archive
from chiphour.index import v2026_1
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Rejection
from chiphour.index.fixing import document_of
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.series import SERIES
from chiphour.observe.register import REGISTER_SHA256
from chiphour.publish.datasets import json_bytes
from chiphour.publish.datasets import series_object
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns

SEED = 20261127
VINTAGES = 1_000_000
COUNTED = SERIES[:13]
FIRST = strike_ns(date(1990, 1, 1))
REVISED_EACH = 50  # One strike in so many is revised, some days later.
QUESTIONS = 20_000
YEARS = 200
REPLAYED_TIMES = 1_000
REPLAYED_DAYS = 40
HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


def template() -> Fixing:
    """Make a fixing as long as one of a well-filled series."""
    members = tuple(
        Member(f"owner-{n:02}", (f"venue-{n:02}",), 3_000_000_000 + n, 1, n != 7, 12, HASH)
        for n in range(8)
    )
    rejections = tuple(
        Rejection(HASH, "QUALITY", "verification unverified", "verified") for _ in range(4)
    )
    return Fixing(
        *(COUNTED[0].ticker, FIRST, "v2026_1", "v2026_1", HASH, REGISTER_SHA256, "", "fixed", ""),
        *(31_700, "A", 8, 7, 31_000, 33_000, 900_000, True, FIRST, 10, 10, 0, 0, "provisional"),
        *(FIRST, "", HASH, members, rejections, ()),
    )


def of_strike(blank: Fixing, strike: int, value_ticks: int) -> list[Fixing]:
    """Make the provisional fixings of a strike, of every series and set."""
    known_ns = strike + V2026_1.close_ns
    return [
        blank._replace(
            series=series.ticker,
            parameter_set=name,
            strike_ns=strike,
            known_ns=known_ns,
            fix_ticks=value_ticks + series.number,
        )
        for series in COUNTED
        for name in SETS
    ]


def vintages() -> Iterator[list[Fixing]]:
    """Yield all vintages of a strike together, strike after strike."""
    blank, pick = template(), random.Random(SEED)
    strike = FIRST
    while True:
        found = of_strike(blank, strike, 30_000 + pick.randrange(3_000))
        found += [v2026_1.as_final(fixing) for fixing in found]
        if pick.randrange(REVISED_EACH) == 0:
            known_ns = strike + pick.randrange(2, 30) * NS_PER_DAY
            final = found[len(found) // 2 :]
            found += [v2026_1.as_revised(f, "REV-2026-001", known_ns) for f in final]
        yield found
        strike += NS_PER_DAY


def filled(archive: Archive, count: int) -> int:
    """Keep so many vintages; give the strike after the last."""
    kept, rows, last = 0, [], FIRST
    for fixings in vintages():
        rows += fixings
        last = fixings[0].strike_ns
        if len(rows) >= 5_000 or kept + len(rows) >= count:
            kept += archive.keep_fixings(rows)
            rows = []
        if kept >= count:
            return last + NS_PER_DAY
    raise AssertionError


def asked(archive: Archive, end: int) -> list[float]:
    """Ask for random fixings as of random times; give the milliseconds of each, sorted."""
    pick, times = random.Random(SEED), []
    days = (end - FIRST) // NS_PER_DAY
    for _ in range(QUESTIONS):
        series, name = pick.choice(COUNTED).ticker, pick.choice(list(SETS))
        strike = FIRST + pick.randrange(days) * NS_PER_DAY
        as_of_ns = strike + V2026_1.close_ns + pick.randrange(60 * NS_PER_DAY)
        began = time.perf_counter()
        found = archive.fixing_as_of(series, strike, as_of_ns, "", name)
        times.append((time.perf_counter() - began) * 1_000)
        assert found is not None and found.strike_ns == strike and found.known_ns <= as_of_ns
    return sorted(times)


def years(archive: Archive, end: int) -> list[float]:
    """Ask for random years of random series as of random times; give milliseconds, sorted."""
    pick, times = random.Random(SEED), []
    days = (end - FIRST) // NS_PER_DAY - 365
    for _ in range(YEARS):
        series, name = pick.choice(COUNTED).ticker, pick.choice(list(SETS))
        first = FIRST + pick.randrange(days) * NS_PER_DAY
        last = first + 365 * NS_PER_DAY
        began = time.perf_counter()
        found = archive.fixings(series, first, last, "", name, last + 30 * NS_PER_DAY)
        times.append((time.perf_counter() - began) * 1_000)
        assert len(found) == 365
    return sorted(times)


def replayed(folder: Path) -> float:
    """Live through some days, serving at random times; give the share that comes out again."""
    pick, archive = random.Random(SEED), Archive(folder)
    found = [f for fixings in islice(vintages(), REPLAYED_DAYS) for f in fixings]
    ends = FIRST, FIRST + REPLAYED_DAYS * NS_PER_DAY
    moments = sorted((pick.randrange(*ends), None) for _ in range(REPLAYED_TIMES))
    coming = sorted([*((f.known_ns, f) for f in found), *moments], key=lambda each: each[0])
    given: list[tuple[str, int, bytes]] = []
    for time_ns, fixing in coming:
        if fixing is not None:
            archive.keep_fixings([fixing])
            continue
        series = pick.choice(COUNTED).ticker
        given.append((series, time_ns, served(archive, series, time_ns)))
    same = sum(served(archive, series, at_ns) == said for series, at_ns, said in given)
    archive.close()
    return same / len(given)


def served(archive: Archive, series: str, as_of_ns: int) -> bytes:
    """Give the bytes of a series with its history, as known at a time."""
    history = archive.fixings(series, as_of_ns=as_of_ns)
    named = next(each for each in COUNTED if each.ticker == series)
    return json_bytes(series_object(named, history[-1] if history else None, history))


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        yield _figure("replay equals what was served", {}, replayed(Path(place) / "lived"), "share")
        archive = Archive(Path(place) / "many")
        began = time.perf_counter()
        end = filled(archive, VINTAGES)
        took = time.perf_counter() - began
        count = archive.count()["fixings"]
        params = {"vintages": VINTAGES, "load": round(os.getloadavg()[0], 2)}
        yield _figure("vintages kept", params, round(count / took), "rows/s")
        length = len(document_of(template()))
        yield _figure("bytes of a document", {}, length, "bytes")
        for name, times in (
            ("as-of question", asked(archive, end)),
            ("year of a series", years(archive, end)),
        ):
            for part in (50, 99):
                value = round(times[len(times) * part // 100], 3)
                yield _figure(f"{name}, p{part}", params, value, "ms")
        archive.close()


def _figure(name: str, params: dict[str, Any], value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "params": params, "value": value, "unit": unit}
