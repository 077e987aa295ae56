"""BUNDLE: a folder of published rows and fixings, checked without asking anyone.

Takes   the folder; a series and a day, or nothing for all of it; a time, for what was known then.
Gives   how many fixings were recomputed, how many came out as published, the first difference in
        one line, how many leaves of the log were proved.
Keeps   an order of trust: files by their hashes, the log by its signature and its tree, rows and
        fixings by the log, figures by the rules.
Source  Decision 0019; docs/how-to/verify.md.

This file with those beside it is also one program, `verify.py` in every bundle.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from datetime import timedelta
from functools import partial
from itertools import pairwise
from multiprocessing import cpu_count
from pathlib import Path
from typing import NamedTuple

from chiphour.audit.days import BEGINNING
from chiphour.audit.days import check_days
from chiphour.audit.days import fixing_days
from chiphour.audit.days import strike_of
from chiphour.audit.folder import Bundle
from chiphour.audit.folder import Differs
from chiphour.audit.folder import Loads
from chiphour.audit.folder import Reads
from chiphour.audit.folder import open_bundle
from chiphour.audit.rows import Reading


class Report(NamedTuple):
    """What a check found. `first_difference` is None when everything matched.

    `proofs` counts the leaves of the log that were found to say what the folder says.
    """

    checked: int
    matched: int
    first_difference: str | None
    proofs: int


def check_bundle(
    folder: Path,
    series: str | None = None,
    day: str | None = None,
    as_of_ns: int | None = None,
    loads: Loads = json.loads,
    processes: int = 1,
    reads: Reads | None = None,
) -> Report:
    """Check a bundle: all of it, or one series (a ticker or its slug) on one day.

    For one fixing only the batches that it looks back on are read, but those are proved. With
    `as_of_ns` the vintages that stood at that time are recomputed, and no others.
    """
    assert (series is None) == (day is None)
    try:
        bundle = open_bundle(folder, loads, reads or partial(Reading, loads))
        known = fixing_days(bundle)
        only = None if series is None else _ticker(bundle, series)
        if day is not None and day not in known:
            raise Differs(f"expected a day from {_ends(known)}, found {day}")
    except Differs as fault:
        return Report(0, 0, str(fault), 0)
    pieces = _pieces(known, processes) if day is None else [[day]]
    if len(pieces) <= 1:
        parts = [check_days(bundle, piece, only, as_of_ns) for piece in pieces]
    else:
        with ProcessPoolExecutor(len(pieces)) as pool:
            work = [pool.submit(check_days, bundle, piece, only, as_of_ns) for piece in pieces]
            parts = [each.result() for each in work]
    checked = sum(part.checked for part in parts)
    difference = next((p.first_difference for p in parts if p.first_difference is not None), None)
    if only is not None and checked == 0 and difference is None:
        difference = f"{only} {day}: expected a fixing that was known, found none"
    return Report(
        checked=checked,
        matched=sum(part.matched for part in parts),
        first_difference=difference,
        proofs=len(set[int]().union(*(part.proved for part in parts))),
    )


def time_ns(text: str) -> int:
    """Read a time with its zone as nanoseconds; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone, found {text!r}")
    beginning = datetime.fromisoformat(f"{BEGINNING}T00:00:00+00:00")
    return (moment - beginning) // timedelta(microseconds=1) * 1_000


def words_of(report: Report) -> str:
    """Say in one line what a check found."""
    if report.first_difference is not None:
        return f"difference: {report.first_difference}"
    return f"match: {report.matched} of {report.checked} fixings, {report.proofs} proofs"


def main() -> None:
    """Check the bundle in which this file lies; exit code 1 where anything differs."""
    parser = argparse.ArgumentParser(description="Recompute the fixings of this bundle.")
    parser.add_argument("series", nargs="?", metavar="SERIES", help="such as CHR.H100.SXM.OD")
    parser.add_argument("day", nargs="?", metavar="DATE", help="day of the strike, UTC")
    parser.add_argument("--as-of", metavar="TIME", help="as it was known at this time")
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument("--bundle", metavar="DIR", help="another bundle than this file's own")
    given = parser.parse_args()
    if (given.series is None) != (given.day is None):
        parser.error("expected SERIES and DATE, or neither")
    try:
        as_of_ns = None if given.as_of is None else time_ns(given.as_of)
        if given.day is not None:
            strike_of(given.day)
    except ValueError as fault:
        parser.error(str(fault))
    folder = Path(given.bundle or Path(__file__).parent)
    report = check_bundle(folder, given.series, given.day, as_of_ns, processes=cpu_count())
    said = json.dumps(report._asdict()) if given.json else words_of(report)
    sys.stdout.write(f"{said}\n")
    sys.exit(report.first_difference is not None)


def _ticker(bundle: Bundle, name: str) -> str:
    """Find a series by ticker or slug; raises Differs."""
    for ticker in bundle.tables.series:
        slug = ticker.removeprefix("CHR.").lower().replace(".", "-")
        if name.upper() == ticker or name.lower() == slug:
            return ticker
    example = next(iter(bundle.tables.series), "none")
    raise Differs(f"expected a series such as {example}, found {name!r}")


def _ends(days: Sequence[str]) -> str:
    return f"{days[0]} to {days[-1]}" if days else "a bundle that has any"


def _pieces(days: Sequence[str], count: int) -> list[Sequence[str]]:
    """Cut days that follow one another into so many pieces of nearly equal length."""
    ends = [len(days) * at // count for at in range(count + 1)]
    return [days[first:end] for first, end in pairwise(ends) if first < end]
