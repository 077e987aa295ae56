"""ASKING: small archives of prices, and the questions asked of them.

Takes   rows as a test writes them: venue, time, price in dollars, and what else matters.
Gives   an archive that holds them; `asking`, the questions over it; the same rows for the plain
        script.
Keeps   every row an ordinary hourly price unless a test says otherwise.
Source  Decision 0042.
"""

import csv
import io
from decimal import Decimal

from archives import answer
from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.observe.register import REGISTER
from chiphour.units import NS_PER_HOUR
from chiphour.units import ns_from_iso
from plain_signals import COLUMNS
from plain_signals import Plain

START_NS = ns_from_iso("2026-05-04T00:00:00Z")
NANOUSD = 10**9


def hour(number):
    """Give the time of an hour after the start, in nanoseconds."""
    return START_NS + number * NS_PER_HOUR


def price(venue, at_ns, usd, **more):
    """Give the fields of a row: an H100 SXM on a venue's own list."""
    fields = {
        "source": venue,
        "venue": venue,
        "observed_ns": at_ns,
        "price_nanousd": int(Decimal(str(usd)) * NANOUSD),
        "tenor": "OD",
    }
    return fields | more


def ask(venue, at_ns, usd, machine, host="", **more):
    """Give the fields of a row of an order book."""
    book = {"feed": "book", "kind": "ask", "tenor": "SPOT"}
    return price(venue, at_ns, usd) | book | {"machine_key": machine, "host_key": host} | more


def stock(venue, at_ns, gpus, **more):
    """Give the fields of a row that says what was free."""
    return price(venue, at_ns, 0) | {"kind": "stock", "gpus": gpus} | more


def archive_of(folder, rows):
    """Give an archive of these rows, in one reading for each time."""
    archive = Archive(folder)
    times = sorted({row["observed_ns"] for row in rows})
    for at_ns in times:
        of = [row for row in rows if row["observed_ns"] == at_ns]
        archive.keep_poll("acme", "1", [answer(str(at_ns).encode(), of, at_ns)])
    return archive


def asking(folder, rows):
    """Give the questions over these rows."""
    archive = archive_of(folder, rows)
    questions = Questions.of_archive(archive, 0, 1 << 62)
    archive.close()
    return questions


def plainly(folder, rows):
    """Give the same rows to the plain script."""
    archive = archive_of(folder, rows)
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(COLUMNS)
    for row in archive.observations(0, 1 << 62):
        fields = row._asdict() | {"flags": " ".join(row.flags)}
        lines.writerow([fields[name] for name in COLUMNS])
    archive.close()
    written.seek(0)
    return Plain(written, {venue: row._asdict() for venue, row in REGISTER.items()})
