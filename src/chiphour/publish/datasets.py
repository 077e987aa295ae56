"""DATASETS: fixings, series and books as CSV and JSON that anyone can take.

Takes   records: `Fixing`, `Series`, the levels of a book.
Gives   bytes of CSV (RFC 4180) and JSON; plain objects for the command line and the server.
Keeps   one table of columns behind CSV, JSON and their documentation; every price a decimal text;
        the same records, in any order, the same bytes.
Source  Methodology, "Publication"; decision 0010.
"""

import csv
import io
import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.series import BY_TICKER
from chiphour.index.series import Series
from chiphour.publish.words import measures
from chiphour.publish.words import price_text
from chiphour.publish.words import reason_words
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ppm
from chiphour.units import text_from_ticks

Plain = str | int | bool | None
Json = dict[str, object]
LICENCE = "CC-BY-4.0"


class Column(NamedTuple):
    """One column of the fixings: its name, its JSON type, what it means, how it is read.

    `nullable` is null in JSON and an empty field in CSV, where a series was not fixed.
    """

    name: str
    type: type
    nullable: bool
    meaning: str
    example: Plain
    read: Callable[[Fixing], Plain]


def _text(name: str, meaning: str, example: str, read: Callable[[Fixing], str]) -> Column:
    return Column(name, str, False, meaning, example, read)


def _usd(name: str, meaning: str, example: str, read: Callable[[Fixing], int | None]) -> Column:
    return Column(name, str, True, meaning, example, _unless_none(read, text_from_ticks))


def _count(name: str, meaning: str, example: int, read: Callable[[Fixing], int]) -> Column:
    return Column(name, int, False, meaning, example, read)


def _unless_none(
    read: Callable[[Fixing], int | None], write: Callable[[int], str]
) -> Callable[[Fixing], str | None]:
    def written(fixing: Fixing) -> str | None:
        value = read(fixing)
        return None if value is None else write(value)

    return written


# Examples: one row of a release. Columns are only ever appended: CSV readers count them.
_STRIKE = "2026-07-20T00:30:00Z"
_BEFORE = "2026-07-19T00:30:00Z"
_KNOWN = "2026-07-20T00:35:00Z"
_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
_LEVEL = _unless_none(lambda f: f.level_ppm, text_from_ppm)
_PREVIOUS = _unless_none(lambda f: f.previous_strike_ns, iso_from_ns)

FIXING_COLUMNS: tuple[Column, ...] = (
    _text("series", "Ticker of the series.", "CHR.H100.SXM.OD", lambda f: f.series),
    _text("date", "Day of the strike, UTC.", "2026-07-20", lambda f: strike_day(f).isoformat()),
    _text("strike", "Time of the strike, UTC.", _STRIKE, lambda f: iso_from_ns(f.strike_ns)),
    _text("slug", "Name of the series in addresses.", "h100-sxm-od", lambda f: series_of(f).slug),
    _text("state", "`fixed` or `suppressed`.", "fixed", lambda f: f.state),
    _text(
        "reason", "Code of the guard that suppressed the fix; else empty.", "", lambda f: f.reason
    ),
    _usd("fix_usd", "The fix: US dollars for one GPU-hour.", "3.1700", lambda f: f.fix_ticks),
    _text("grade", "`A`, `B` or `C`, by the number of owners; else empty.", "B", lambda f: f.grade),
    _count("venues", "Owners in the panel, before the outlier screen.", 6, lambda f: f.panel),
    _count("kept", "Owners that the screen kept.", 5, lambda f: f.kept),
    _count("rejected", "Owners that the screen left out.", 1, lambda f: f.panel - f.kept),
    _usd("interval_low_usd", "Low end of the interval.", "2.9900", lambda f: f.interval_low_ticks),
    _usd("interval_high_usd", "High end of it.", "3.8500", lambda f: f.interval_high_ticks),
    Column("interval_level", str, True, "Its level, as a share of one.", "0.900000", _LEVEL),
    Column("fit", bool, False, "Fit to settle a contract on.", True, lambda f: f.fit),
    Column("previous_strike", str, True, "The strike that changes count from.", _BEFORE, _PREVIOUS),
    _usd("change_usd", "Change of the fix: the sum of three.", "-0.0300", lambda f: f.change_ticks),
    _usd("matched_usd", "Price: owners on both days.", "-0.0300", lambda f: f.matched_ticks),
    _usd("screen_usd", "The outlier screen's part.", "0.0000", lambda f: f.screen_ticks),
    _usd("composition_usd", "Owners come and gone.", "0.0000", lambda f: f.composition_ticks),
    _text("vintage", "`provisional`, `final` or `revised`.", "provisional", lambda f: f.vintage),
    _text("known", "When this vintage was known, UTC.", _KNOWN, lambda f: iso_from_ns(f.known_ns)),
    _text("methodology", "The methodology followed.", "v2026_1", lambda f: f.methodology),
    _text("inputs_root", "SHA-256 of the ids of all inputs.", _HASH, lambda f: f.inputs_root),
    _text("parameters_sha256", "SHA-256 of its parameters.", _HASH, lambda f: f.parameters_sha256),
    _text("source", "The one source used; empty when all were.", "", lambda f: f.source),
)


def series_of(fixing: Fixing) -> Series:
    """Give the row of the series table that a fixing belongs to."""
    return BY_TICKER[fixing.series]


def strike_day(fixing: Fixing) -> date:
    """Give the UTC day of a fixing's strike."""
    return day_from_ns(fixing.strike_ns)


def in_order(fixings: Iterable[Fixing]) -> list[Fixing]:
    """Sort fixings by strike, then as the table of series has them, then by when known."""
    return sorted(fixings, key=lambda f: (f.strike_ns, series_of(f).number, f.known_ns))


def fixing_object(fixing: Fixing) -> Json:
    """Give the one plain form of a fixing, by column name; used by files, server and CLI."""
    return {column.name: column.read(fixing) for column in FIXING_COLUMNS}


def fixings_csv(fixings: Iterable[Fixing]) -> bytes:
    """Give one row per series and strike, RFC 4180, UTF-8, with a header line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.name for column in FIXING_COLUMNS)
    for fixing in in_order(fixings):
        writer.writerow(_field(value) for value in fixing_object(fixing).values())
    return text.getvalue().encode()


def _field(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def fixings_json(fixings: Iterable[Fixing]) -> bytes:
    """Give the rows of `fixings_csv` as JSON, with the licence."""
    return json_bytes(
        {"licence": LICENCE, "fixings": [fixing_object(fixing) for fixing in in_order(fixings)]}
    )


def json_bytes(value: object) -> bytes:
    """Write JSON in UTF-8, keys in their order, ending with a line end."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def rate_text(member: Member) -> str:
    """Give a member's rate in dollars, rounded half-even to nine decimals."""
    return text_from_nanousd(
        round_half_even(Fraction(member.rate_numerator, member.rate_denominator))
    )


def panel_object(fixing: Fixing) -> Json:
    """Give a fixing with all that it was made from: its members and what was left out."""
    return {
        **fixing_object(fixing),
        "reason_text": reason_words(fixing.reason) if fixing.reason else "",
        "members": [
            {
                "name": member.name,
                "venues": list(member.venues),
                "rate_usd": rate_text(member),
                "rate_nanousd": f"{member.rate_numerator}/{member.rate_denominator}",
                "kept": member.kept,
                "observations": list(member.observations),
            }
            for member in fixing.members
        ],
        "rejections": [rejection._asdict() for rejection in fixing.rejections],
    }


def series_object(
    series: Series, latest: Fixing | None, history: Sequence[Fixing] | None = None
) -> Json:
    """Give a series with its latest fixing; with a history, also that and the latest's panel."""
    about: Json = {
        "series": series.ticker,
        "slug": series.slug,
        "chip": series.chip,
        "form": series.form,
        "tenor": series.tenor,
        "measures": measures(series),
    }
    if history is None:
        return about | {"latest": fixing_object(latest) if latest else None}
    return about | {
        "latest": panel_object(latest) if latest else None,
        "history": [fixing_object(fixing) for fixing in in_order(history)],
    }


Levels = Sequence[tuple[int, int]]


def book_object(
    contract: str,
    bids: Levels,
    asks: Levels,
    time_ns: int,
    sequence: int,
    tick_microusd: int = MICROUSD_PER_TICK,
) -> Json:
    """Give a book as it stood after command `sequence`.

    `bids` and `asks` are (price_ticks, lots), best first; ticks are the contract's own.
    """

    def level(price_ticks: int, lots: int) -> Json:
        return {"price_usd": price_text(price_ticks, tick_microusd), "lots": lots}

    return {
        "contract": contract,
        "time": iso_from_ns(time_ns),
        "sequence": sequence,
        "bids": [level(*row) for row in bids],
        "asks": [level(*row) for row in asks],
    }
