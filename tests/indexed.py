"""INDEXED: an index of records, served as a process: what the tests of the index alone talk to.

Takes   `python indexed.py PORT`.
Gives   the real server over a real archive and a real log: six days by every parameter set, final
        but for the last, one revised; levels of two publishers; two daily reports.
Keeps   the same records in every run; nothing of an exchange is imported.
Source  Decision 0023.
"""

import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from pathlib import Path

from archives import answer
from chiphour.adapters.archive import Archive
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import Log
from chiphour.adapters.logged import Logged
from chiphour.adapters.reporter import Reporter
from chiphour.adapters.serve.index_app import create_index_app
from chiphour.adapters.serve.run import serve
from chiphour.adapters.signing import Signer
from chiphour.index import v2026_1
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import SETS
from chiphour.index.revision import Revision
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

FIRST = date(2026, 7, 10)
DAYS = 6
LAST = FIRST + timedelta(days=DAYS - 1)
SILENT = date(2026, 7, 13)  # No source showed a price for this strike.
REVISED = date(2026, 7, 11)
VENUES = ("lambda", "verda", "hyperstack", "scaleway", "runpod", "jarvislabs", "massedcompute")
CHIPS = (("H100", "SXM", 3_170_000_000), ("L4", "", 670_250_000), ("H200", "SXM", 4_290_000_000))
NOW_NS = strike_ns(LAST) + NS_PER_HOUR
REPORTED = (LAST - timedelta(days=2), LAST - timedelta(days=1))
REVISION = Revision(
    "REV-2026-001",
    "a price of lambda was read wrongly.",
    strike_ns(REVISED) + 3 * NS_PER_DAY,
    (strike_ns(REVISED),),
    ("0" * 64,),
    (),
)
# Publisher, level, and whether its terms let anyone show it: see their folders.
LEVELS = (("ccir", 2_190_000_000), ("silicondata", 2_350_000_000))


def keep_observations(archive: Archive) -> Sequence[Observation]:
    """Keep the rate cards of seven venues, one price of each chip a day, and the levels."""
    rows: list[Observation] = []
    for offset in range(DAYS):
        seen_ns = strike_ns(FIRST + timedelta(days=offset)) - NS_PER_HOUR
        cards = [
            {
                "venue": venue,
                "chip": chip,
                "form": form,
                "price_nanousd": base_nanousd + (place - 3) * 50_000_000 + offset * 1_000_000,
                "row": f"{chip}/{place}",
                "spec": '{"country":"US"}' if place < 4 else "{}",
            }
            for chip, form, base_nanousd in CHIPS
            for place, venue in enumerate(VENUES[: 3 if chip == "L4" else 7])
        ]
        if FIRST + timedelta(days=offset) != SILENT:
            poll = answer(f"{offset}".encode(), cards, seen_ns, source="cards")
            archive.keep_poll("cards", "1", [poll])
            rows += poll.observations
    for source, level_nanousd in LEVELS:
        level = {"venue": source, "kind": "level", "flags": ("COMPARISON",)}
        level |= {"price_nanousd": level_nanousd, "spec": '{"chip_name":"H100 SXM"}'}
        seen_ns = strike_ns(REVISED) + NS_PER_HOUR
        poll = answer(source.encode(), [level], seen_ns, source=source)
        archive.keep_poll(source, "1", [poll])
    return rows


def keep_fixings(archive: Archive, rows: Sequence[Observation]) -> None:
    """Fix every series on every day by every set; yesterday's become final; revise one."""
    last: dict[tuple[str, str], Fixing] = {}
    for offset in range(DAYS):
        strike = strike_ns(FIRST + timedelta(days=offset))
        window = [row for row in rows if strike - 7 * NS_PER_DAY <= row.observed_ns < strike]
        for name, parameters in SETS.items():
            previous = {series: fixing for (of, series), fixing in last.items() if of == name}
            made = v2026_1.fix_all(window, strike, previous, parameters=parameters)
            archive.keep_fixings(made)
            if offset < DAYS - 1:
                archive.keep_fixings([v2026_1.as_final(fixing) for fixing in made])
            last |= {(name, f.series): f for f in made if f.fix_ticks is not None}
    old = archive.fixing_as_of("CHR.L4.OD", strike_ns(REVISED))
    assert old is not None and old.fix_ticks is not None
    new = old._replace(fix_ticks=old.fix_ticks + 60)
    revised = v2026_1.as_revised(new, REVISION.id, REVISION.known_ns)
    archive.keep_fixings([revised], REVISION)


def made(folder: Path) -> Indexed:
    """Make the index in a folder."""
    archive = Archive(folder)
    keep_fixings(archive, keep_observations(archive))
    log = Log(folder / "log", "index.example/log", Signer(folder / "key", "index.example/log"))
    logged = Logged(archive, log, archive.fixable(0, NOW_NS))
    strikes = [strike_ns(FIRST + timedelta(days=offset)) for offset in range(DAYS)]
    kept = [f for strike in strikes for f in archive.vintages(None, strike, "", None)]
    logged.fixings(fixing for fixing in kept if fixing.known_ns < REVISION.known_ns)
    logged.catch_up()
    logged.fixings(fixing for fixing in kept if fixing.known_ns > REVISION.known_ns)
    logged.flush()
    for day in REPORTED:
        Reporter(archive, lambda: NOW_NS).keep(day)
    return Indexed(archive, log, lambda: NOW_NS)


def empty(folder: Path) -> Indexed:
    """Make an index of which nothing is known, and that keeps no log."""
    return Indexed(Archive(folder), None, lambda: NOW_NS)


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp(prefix="indexed-"))
    shown = empty(place) if "--empty" in sys.argv else made(place)
    serve(create_index_app(shown), port=int(sys.argv[1]))
