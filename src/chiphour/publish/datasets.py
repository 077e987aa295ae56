"""DATASETS: fixings, series and books as CSV and JSON that anyone can take.

Takes   records: `Fixing`, `Series`, the levels of a book.
Gives   bytes of CSV (RFC 4180) and JSON; plain objects for the command line and the server.
Keeps   one table of columns behind CSV, JSON and their documentation; every price a decimal text;
        the same records, in any order, the same bytes.
Source  Methodology, "Publication"; decision 0010.
"""

import json
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Note
from chiphour.index.fixing import Rejection
from chiphour.index.parameters import SETS
from chiphour.index.series import BY_KEY
from chiphour.index.series import BY_TICKER
from chiphour.index.series import EVERYTHING
from chiphour.index.series import FILTERED
from chiphour.index.series import Series
from chiphour.publish.columns import DAY
from chiphour.publish.columns import HASH
from chiphour.publish.columns import NANOUSD
from chiphour.publish.columns import Column
from chiphour.publish.columns import Json
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import csv_bytes
from chiphour.publish.columns import lifted
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import moment_or_null
from chiphour.publish.columns import object_of
from chiphour.publish.columns import one
from chiphour.publish.columns import share
from chiphour.publish.columns import text
from chiphour.publish.columns import texts
from chiphour.publish.columns import truth
from chiphour.publish.columns import usd
from chiphour.publish.columns import word
from chiphour.publish.words import measures
from chiphour.publish.words import note_words
from chiphour.publish.words import price_text
from chiphour.publish.words import reason_words
from chiphour.publish.words import rule_words
from chiphour.publish.words import series_words
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd

LICENCE = "CC-BY-4.0"
STATES = ("fixed", "suppressed")
VINTAGES = ("provisional", "final", "revised")

# Examples: one row of a release. Columns are only ever appended: CSV readers count them.
_STRIKE = "2026-07-20T00:30:00Z"
_BEFORE = "2026-07-19T00:30:00Z"
_KNOWN = "2026-07-20T00:35:00Z"
_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

FIXING_COLUMNS: tuple[Column[Fixing], ...] = (
    text("series", "Ticker of the series.", "CHR.H100.SXM.OD", lambda f: f.series),
    text("date", "Day of the strike, UTC.", "2026-07-20", lambda f: f"{strike_day(f)}", DAY),
    moment("strike", "Time of the strike, UTC.", _STRIKE, lambda f: f.strike_ns),
    text("slug", "Name of the series in addresses.", "h100-sxm-od", lambda f: series_of(f).slug),
    word("state", "`fixed` or `suppressed`.", "fixed", lambda f: f.state, STATES),
    text(
        "reason", "Code of the guard that suppressed the fix; else empty.", "", lambda f: f.reason
    ),
    usd("fix_usd", "The fix: US dollars for one GPU-hour.", "3.1700", lambda f: f.fix_ticks),
    text("grade", "`A`, `B` or `C`, by the number of owners; else empty.", "B", lambda f: f.grade),
    count("venues", "Owners in the panel, before the outlier screen.", 6, lambda f: f.panel),
    count("kept", "Owners that the screen kept.", 5, lambda f: f.kept),
    count("rejected", "Owners that the screen left out.", 1, lambda f: f.panel - f.kept),
    usd("interval_low_usd", "Low end of the interval.", "2.9900", lambda f: f.interval_low_ticks),
    usd("interval_high_usd", "High end of it.", "3.8500", lambda f: f.interval_high_ticks),
    share("interval_level", "Its level, as a share of one.", "0.900000", lambda f: f.level_ppm),
    truth("fit", "Fit to settle a contract on.", True, lambda f: f.fit),
    moment_or_null(
        "previous_strike",
        "The strike that changes count from.",
        _BEFORE,
        lambda f: f.previous_strike_ns,
    ),
    usd("change_usd", "Change of the fix: the sum of three.", "-0.0300", lambda f: f.change_ticks),
    usd("matched_usd", "Price: owners on both days.", "-0.0300", lambda f: f.matched_ticks),
    usd("screen_usd", "The outlier screen's part.", "0.0000", lambda f: f.screen_ticks),
    usd("composition_usd", "Owners come and gone.", "0.0000", lambda f: f.composition_ticks),
    word(
        "vintage",
        "`provisional`, `final` or `revised`.",
        "provisional",
        lambda f: f.vintage,
        VINTAGES,
    ),
    moment("known", "When this vintage was known, UTC.", _KNOWN, lambda f: f.known_ns),
    text("methodology", "The methodology followed.", "v2026_1", lambda f: f.methodology),
    text("inputs_root", "SHA-256 of the ids of all inputs.", _HASH, lambda f: f.inputs_root, HASH),
    text(
        "parameters_sha256",
        "SHA-256 of its parameters.",
        _HASH,
        lambda f: f.parameters_sha256,
        HASH,
    ),
    text("source", "The one source used; empty when all were.", "", lambda f: f.source),
    word(
        "parameter_set",
        "The set of parameters; `v2026_1` alone settles.",
        "v2026_1",
        lambda f: f.parameter_set,
        (*SETS, "custom"),
    ),
    text(
        "register_sha256",
        "SHA-256 of the register of venues.",
        _HASH,
        lambda f: f.register_sha256,
        HASH,
    ),
    text("revision", "The event that revised it; else empty.", "", lambda f: f.revision),
)
FIXING_ROW = Shape("FixingRow", "A row of the fixings: one series at one strike.", FIXING_COLUMNS)

MEMBER = Shape[Member](
    "Member",
    "One owner's rate in a panel.",
    (
        text("name", "The owner.", "verda", lambda m: m.name),
        texts("venues", "Its venues.", ["datacrunch"], lambda m: m.venues),
        text("rate_usd", "Rate, nine decimals.", "3.250000000", lambda m: rate_text(m), NANOUSD),
        text(
            "rate_nanousd",
            "The exact rate, a fraction.",
            "3250000000/1",
            lambda m: f"{m.rate_numerator}/{m.rate_denominator}",
            r"^-?\d+/\d+$",
        ),
        truth("kept", "Whether the outlier screen kept it.", True, lambda m: m.kept),
        count("rows", "Observations it was made from.", 4, lambda m: m.rows),
        text(
            "rows_root", "SHA-256 over their sorted ids, one a line.", _HASH, lambda m: m.rows_root
        ),
    ),
)
REJECTION = Shape[Rejection](
    "Rejection",
    "One row or owner left out, and by which rule.",
    (
        text("what", "An id of a row, or an owner.", "lambda", lambda r: r.what),
        text("rule", "Code of the rule.", "SCREEN", lambda r: r.rule),
        text("statistic", "What was found.", "0.740000000", lambda r: r.statistic),
        text("threshold", "What was allowed.", "0.330000000", lambda r: r.threshold),
        text("rule_text", "The rule in words.", "", lambda r: rule_words(r.rule)),
    ),
)
NOTE = Shape[Note](
    "Note",
    "Something to know about a fix that left nothing out.",
    (
        text("what", "A venue or an owner.", "vast", lambda n: n.what),
        text("rule", "Code of the note.", "VANISHED", lambda n: n.rule),
        text("statistic", "What was found.", "3 machines", lambda n: n.statistic),
        text("threshold", "Against what.", "vanished under 24 hours ago", lambda n: n.threshold),
        text("note_text", "The note in words.", "", lambda n: note_words(n.rule)),
    ),
)
PANEL = Shape[Fixing](
    "Panel",
    "A fixing with all that it was made from.",
    (
        *FIXING_COLUMNS,
        text(
            "reason_text",
            "The reason in words; else empty.",
            "",
            lambda f: reason_words(f.reason) if f.reason else "",
        ),
    ),
    (
        many("members", MEMBER, "The panel, before the screen.", lambda f: f.members),
        many("rejections", REJECTION, "What was left out.", lambda f: f.rejections),
        many("notes", NOTE, "What else to know.", lambda f: f.notes),
    ),
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
    return object_of(FIXING_ROW, fixing)


def fixings_csv(fixings: Iterable[Fixing]) -> bytes:
    """Give one row per series and strike, RFC 4180, UTF-8, with a header line."""
    return csv_bytes(FIXING_COLUMNS, in_order(fixings))


FIXINGS = Shape[Iterable[Fixing]](
    "Fixings",
    "Fixings of many series and strikes.",
    (text("licence", "Licence.", LICENCE, lambda _: LICENCE),),
    (many("fixings", FIXING_ROW, "By strike, then series.", lambda rows: in_order(rows)),),
)


def fixings_json(fixings: Iterable[Fixing]) -> bytes:
    """Give the rows of `fixings_csv` as JSON, with the licence."""
    return json_bytes(object_of(FIXINGS, fixings))


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
    return object_of(PANEL, fixing)


SERIES_COLUMNS: tuple[Column[Series], ...] = (
    text("series", "Ticker.", "CHR.H100.SXM.OD", lambda s: s.ticker),
    text("slug", "Name in addresses.", "h100-sxm-od", lambda s: s.slug),
    text("name", "Its name in words.", "H100 SXM, on demand", lambda s: series_words(s)),
    text("chip", "The chip.", "H100", lambda s: s.chip),
    text("form", "Form factor, or empty.", "SXM", lambda s: s.form),
    text("tenor", "How it is rented.", "OD", lambda s: s.tenor),
    text("measures", "What the series measures, a sentence.", "", lambda s: measures(s)),
    text("base", "The series that it narrows; else empty.", "", lambda s: base_of(s)),
)


def base_of(series: Series) -> str:
    """Give the ticker of the series that this one narrows by a filter, or ""."""
    if series.filter == EVERYTHING:
        return ""
    return BY_KEY[series.chip, series.form, series.tenor].ticker


def narrower(series: Series) -> list[Series]:
    """Give the series that narrow this one by a filter, in the order of their table."""
    return [each for each in FILTERED if base_of(each) == series.ticker]


class SeriesShown(NamedTuple):
    """A series with its latest fixing, and the history behind it."""

    series: Series
    latest: Fixing | None
    history: tuple[Fixing, ...] = ()


def _series(shown: SeriesShown) -> Series:
    return shown.series


SERIES_ROW = Shape[SeriesShown](
    "SeriesRow",
    "A series with its latest fixing.",
    lifted(SERIES_COLUMNS, _series),
    (one("latest", FIXING_ROW, "Its latest fixing.", lambda s: s.latest),),
)
SERIES_HISTORY = Shape[SeriesShown](
    "SeriesHistory",
    "A series with its history and the panel of its latest fixing.",
    lifted(SERIES_COLUMNS, _series),
    (
        one("latest", PANEL, "Its latest fixing, in full.", lambda s: s.latest),
        many("history", FIXING_ROW, "The earliest first.", lambda s: in_order(s.history)),
    ),
)
SERIES_LIST = Shape[Sequence[SeriesShown]](
    "SeriesList",
    "Every series.",
    (),
    (many("series", SERIES_ROW, "In the order of the table.", lambda rows: rows),),
)


def series_object(
    series: Series, latest: Fixing | None, history: Sequence[Fixing] | None = None
) -> Json:
    """Give a series with its latest fixing; with a history, also that and the latest's panel."""
    shown = SeriesShown(series, latest, tuple(history or ()))
    return object_of(SERIES_ROW if history is None else SERIES_HISTORY, shown)


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
