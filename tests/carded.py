"""CARDED: a small archive of rate cards, of a few venues over ten days.

Takes   a folder.
Gives   `filled`: the archive; `card`, `cards`, `keep`: to make it and to add to it.
Keeps   one day without a card, and prices that move a little from day to day.
Source  Methodology v2026_1, "Window".
"""

from datetime import date
from datetime import timedelta

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.observe.venue import body_of
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns
from records import observation

FIRST = date(2026, 7, 1)
DAYS = [FIRST + timedelta(days=day) for day in range(10)]
SILENT = DAYS[4]
VENUES = ("coreweave", "crusoe", "lambda", "nebius", "ovh")
H100 = "CHR.H100.SXM.OD"


def card(day, venue, price_nanousd, source="snapshot", **fields):
    """Give the price of a venue, an hour before the strike of a day."""
    seen = {"observed_ns": strike_ns(day) - NS_PER_HOUR, "row": venue} | fields
    return observation(source=source, venue=venue, price_nanousd=price_nanousd, **seen)


def cards(day, source="snapshot"):
    """Give the prices of all venues before the strike of a day."""
    step = DAYS.index(day)
    return [
        card(day, venue, 3 * 10**9 + 10**7 * (place + step % 3), source)
        for place, venue in enumerate(VENUES)
    ]


def keep(archive, day, rows, path=""):
    """Keep the prices as one poll, from a body that is named for them or as told."""
    at_ns, source = rows[0].observed_ns, rows[0].source
    path = path or f"{source} {day} {len(rows)} {rows[0].received_ns}"
    body = body_of(path.encode(), "list", at_ns, rows[0].received_ns)
    seen = tuple(row._replace(raw_sha256=body.sha256) for row in rows)
    archive.keep_poll(source, "1", [Answer(body, seen, path, body.sha256)])


def filled(folder):
    """Make an archive with a poll on every day but the silent one."""
    archive = Archive(folder)
    for day in DAYS:
        if day != SILENT:
            keep(archive, day, cards(day), f"{day}")
    return archive
