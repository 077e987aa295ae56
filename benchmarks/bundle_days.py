"""BUNDLE DAYS: a bundle of many days and rows, generated, fixed, logged and written for real.

Takes   a folder, how many days, how many processes.
Gives   the bundle: 13 series, each with 2,847 rows a day of nine venues: three books of machines
        with hosts, seen twice in the window, and six rate cards.
Keeps   the same prices for the same number of days. Machines stay for weeks; what a host measures
        of its network is another text every day, as it is in recorded books. One row in twenty is
        of a machine that the venue has not verified.
Source  Decision 0019.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

from chiphour.adapters.bundle import BundleWriter
from chiphour.adapters.bundle import Said
from chiphour.adapters.bundle import bundle_writer
from chiphour.adapters.log import Log
from chiphour.adapters.signing import Signer
from chiphour.index.fixing import Fixing
from chiphour.index.leaves import batch_leaf
from chiphour.index.leaves import fix_leaf
from chiphour.index.parameters import V2026_1
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.index.v2026_1 import as_final
from chiphour.index.v2026_1 import fix_all
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso

FIXED = SERIES[:13]
FIRST_NS = ns_from_iso("2025-07-01T00:30:00Z")
BOOKS = (("vast", 500), ("hyperbolic", 450), ("tensordock", 400))  # Rows of a poll.
CARDS = (
    ("lambda", 25),
    ("runpod", 25),
    ("verda", 25),
    ("nebius", 24),
    ("crusoe", 24),
    ("hyperstack", 24),
)
POLLS_NS = (8 * NS_PER_MINUTE, 3 * NS_PER_MINUTE)  # Before the strike.
CARD_NS = 40 * NS_PER_MINUTE
ROWS = len(POLLS_NS) * sum(rows for _, rows in BOOKS) + sum(rows for _, rows in CARDS)
SLICES = (1, 8)  # Each machine is offered by the GPU and whole.
HOST_MACHINES = 6
MACHINE_DAYS = 21
COUNTRIES = ("US", "DE", "FR", "JP", "CA", "SE")

assert ROWS == 2_847


class Day(NamedTuple):
    """The leaves of a strike."""

    strike_ns: int
    batch: bytes
    provisional: Sequence[bytes]
    final: Sequence[bytes]


def make(folder: Path, days: int, processes: int) -> int:
    """Write the bundle; give how many fixings it has."""
    cuts = [days * at // processes for at in range(processes + 1)]
    with bundle_writer(folder) as writer:
        with ProcessPoolExecutor(processes) as pool:
            firsts, ends = cuts[:-1], cuts[1:]
            parts = list(pool.map(write_days, [writer.folder] * processes, firsts, ends))
        writer.files |= {path: said for files, _ in parts for path, said in files.items()}
        found = [day for _, of_part in parts for day in of_part]
        leaves = list(ordered(found))
        signer = Signer(folder.parent / "log.key", "bench/log")
        log = Log(folder.parent / "log", "", signer)
        log.append(leaves)
        fixes = {day.strike_ns: [""] for day in found}
        said = Said(leaves, {}, fixes, [])
        writer.finish(said, [], log.checkpoint(), log.key.text, [])
    return sum(len(day.provisional) + len(day.final) for day in found)


def write_days(
    folder: Path, first: int, end: int
) -> tuple[dict[str, dict[str, int | str]], list[Day]]:
    """Write the days from one up to, and without, another; give their files and leaves.

    The day before the first is fixed as well, to be split against, but not written. A fix is made
    from the rows of its day: cards are read anew each day, and a machine last seen in the window
    before is gone for more than 24 hours. That earlier rows change nothing, the check shows.
    """
    writer, found = BundleWriter(folder), []
    previous: dict[str, Fixing] = {}
    for number in range(max(0, first - 1), end):
        strike_ns, rows = FIRST_NS + number * NS_PER_DAY, rows_of(number)
        fixings = fix_all(rows, strike_ns, previous)[: len(FIXED)]
        assert all(fixing.state == "fixed" for fixing in fixings)
        previous = {fixing.series: fixing for fixing in fixings}
        if number >= first:
            found.append(_written(writer, strike_ns, rows, fixings))
    return writer.files, found


def _written(
    writer: BundleWriter, strike_ns: int, batch: Sequence[Observation], fixings: Sequence[Fixing]
) -> Day:
    root = writer.batch(strike_ns, batch)
    final = [as_final(fixing) for fixing in fixings]
    writer.fixings(strike_ns, [*fixings, *final])
    return Day(
        strike_ns,
        batch_leaf(strike_ns, strike_ns + V2026_1.close_ns, len(batch), root),
        [fix_leaf(fixing, fixing.known_ns, root) for fixing in fixings],
        [fix_leaf(fixing, fixing.known_ns, root) for fixing in final],
    )


def ordered(days: Sequence[Day]) -> Iterator[bytes]:
    """Give the leaves in the order of their time: a strike comes before it closes."""
    final: Sequence[bytes] = ()
    for day in days:
        yield from final
        yield day.batch
        yield from day.provisional
        final = day.final
    yield from final


def rows_of(number: int) -> list[Observation]:
    """Give the rows that come in with the strike of a day."""
    strike_ns = FIRST_NS + number * NS_PER_DAY
    found = []
    for series in FIXED:
        level = 10**9 * (1 + series.number) * (1_000 + number % 60) // 1_000
        for venue, count in BOOKS:
            found += book_rows(series, venue, count, number, strike_ns, level)
        for place, (venue, count) in enumerate(CARDS):
            found += card_rows(series, venue, count, strike_ns, level * (97 + place) // 100)
    return found


def book_rows(
    series: Series, venue: str, count: int, number: int, strike_ns: int, level: int
) -> list[Observation]:
    """Give two polls of a book."""
    dice, found = Random(f"{series.ticker} {venue} {number}"), []
    for machine in range(count // len(SLICES)):
        born = (number + machine) // MACHINE_DAYS
        name = _key(f"{series.ticker} {venue} {machine} {born}")
        host = _key(f"{venue} {machine // HOST_MACHINES}")
        rate = level * dice.randint(700, 1_400) // 1_000
        for gpus in SLICES:
            spec = spec_of(machine, gpus, dice)
            for poll, back_ns in enumerate(POLLS_NS):
                at_ns = strike_ns - back_ns
                moved = rate * gpus * (1_000 + poll * (machine % 3)) // 1_000
                row = f"{machine * 4 + gpus}"
                found.append(
                    row_of(series, venue, "book", moved, gpus, (name, host), spec, at_ns, row)
                )
    return found


def card_rows(
    series: Series, venue: str, count: int, strike_ns: int, level: int
) -> list[Observation]:
    """Give the rate card of a venue: sizes in regions."""
    found = []
    for place in range(count):
        gpus, country = 1 << place % 4, COUNTRIES[place % len(COUNTRIES)]
        spec = canonical_json({"country": country, "region": f"{country}-{place}", "vcpus": "26"})
        price = level * gpus * (100 + place % 5) // 100
        at_ns = strike_ns - CARD_NS
        keys = ("", "")
        found.append(
            row_of(series, venue, "posted", price, gpus, keys, spec, at_ns, f"cards/{place}")
        )
    return found


def row_of(
    series: Series,
    venue: str,
    feed: str,
    price: int,
    gpus: int,
    keys: tuple[str, str],
    spec: str,
    at_ns: int,
    row: str,
) -> Observation:
    """Give one row, read from a body of its venue and time."""
    return Observation(
        source=venue,
        venue=venue,
        feed=feed,
        kind="ask" if feed == "book" else "list",
        chip=series.chip,
        form=series.form,
        memory_gb=80,
        tenor=series.tenor,
        price_nanousd=price,
        gpus=gpus,
        machine_key=keys[0],
        host_key=keys[1],
        terms="{}",
        spec=spec,
        flags=(),
        observed_ns=at_ns,
        received_ns=at_ns + NS_PER_SECOND,
        raw_sha256=_key(f"{venue} {at_ns}") * 2,
        row=row,
        reader_version=f"{venue}-1",
    )


def spec_of(machine: int, gpus: int, dice: Random) -> str:
    """Describe a machine in about 300 characters; the network is measured anew."""
    return canonical_json(
        {
            "country": COUNTRIES[machine % len(COUNTRIES)],
            "cpu_cores_effective": f"{16 * gpus}.0",
            "cpu_name": "AMD EPYC 9554 64-Core Processor",
            "cpu_ram": f"{131_072 * gpus}",
            "cuda_max_good": "13.0",
            "disk_space": "1040.0",
            "driver_version": "580.65.06",
            "inet_down": f"{dice.randint(1_000, 99_999) / 10}",
            "inet_up": f"{dice.randint(1_000, 99_999) / 10}",
            "reliability2": f"0.99{machine % 1_000:03d}",
            "verification": "unverified" if machine % 20 == 7 else "verified",
        }
    )


def _key(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
