"""NEWS: what became known, one item to an event, the latest first.

Takes   fixings as they stand, named revisions.
Gives   `News`: fixes, rejections, revisions, changes of methodology, outages.
Keeps   the name of an item for good, whatever becomes known of it later; an item for every event,
        none for what was so the day before (a series that has no fix).
Source  Methodology, "Publication" and "Vintages"; decision 0023.
"""

from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Rejection
from chiphour.index.revision import Revision
from chiphour.publish.addresses import fixing_path
from chiphour.publish.addresses import release_path
from chiphour.publish.addresses import tag
from chiphour.publish.columns import Shape
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import text
from chiphour.publish.columns import word
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import series_of
from chiphour.publish.datasets import strike_day
from chiphour.publish.panel_tables import is_row
from chiphour.publish.words import counted
from chiphour.publish.words import day_words
from chiphour.publish.words import reason_words
from chiphour.publish.words import rule_words
from chiphour.publish.words import series_words
from chiphour.publish.words import signed_ticks
from chiphour.units import day_from_ns
from chiphour.units import text_from_ticks

KINDS = {
    "fix": "a series was fixed, or had no fix where it had one the day before",
    "methodology": "another methodology, parameter set or register of venues is in force",
    "outage": "a venue showed no price for a strike that it had shown days before",
    "rejection": "rows or owners were left out of a fix",
    "revision": "a named event changed a fix that was published",
}
NEWS_MOST = 1_000
NEWS_DEFAULT = 100
NAMED_MOST = 20  # Owners or series that one item names.


class News(NamedTuple):
    """One event. `id` is its name for good; `address` shows it; `series` is a ticker or ""."""

    id: str
    kind: str
    time_ns: int
    series: str
    title: str
    text: str
    address: str


NEWS = Shape[News](
    "News",
    "One event.",
    (
        text("id", "Its name for good, a tag URI.", tag("fix", "h100-sxm-od"), lambda n: n.id),
        word("kind", "What happened.", "fix", lambda n: n.kind, KINDS),
        moment("time", "When it became known, UTC.", "2026-07-20T00:35:00Z", lambda n: n.time_ns),
        text("series", "Ticker, or empty.", "CHR.H100.SXM.OD", lambda n: n.series),
        text("title", "In one line.", "H100 SXM, on demand: $3.1700", lambda n: n.title),
        text("text", "In one paragraph.", "", lambda n: n.text),
        text("address", "Where it is shown.", "/series/h100-sxm-od", lambda n: n.address),
    ),
)


NEWS_LIST = Shape[Sequence[News]](
    "NewsList",
    "News, the latest first.",
    (),
    (many("news", NEWS, "The items.", lambda items: items),),
)


def news_of(fixings: Iterable[Fixing], revisions: Iterable[Revision] = ()) -> list[News]:
    """Give the news of fixings and events, the latest first.

    `fixings` are the latest word on each strike, of one parameter set; the days before them are
    not looked at, so the first strike given tells no change.
    """
    known = in_order(fixings)
    found: list[News] = []
    before: dict[str, Fixing] = {}
    for fixing in known:
        found += _of_fixing(fixing, before.get(fixing.series))
        before[fixing.series] = fixing
    found += [*_outages(known), *_methodology(known), *map(_of_event, revisions)]
    return sorted(found, key=lambda item: (-item.time_ns, item.id))


def chosen(news: Iterable[News], kind: str, series: str, since_ns: int, last: int) -> list[News]:
    """Choose news of a kind and a series, "" for any, at or after a time: at most `last`."""
    wanted = (
        item
        for item in news
        if kind in ("", item.kind) and series in ("", item.series) and item.time_ns >= since_ns
    )
    return [item for item, _ in zip(wanted, range(last), strict=False)]


def _of_fixing(fixing: Fixing, before: Fixing | None) -> Iterator[News]:
    if "fixed" in (fixing.state, before.state if before else ""):
        yield _fix(fixing)
    if fixing.rejections:
        yield _rejections(fixing)
    if fixing.revision:
        yield _revised(fixing)


def _item(kind: str, fixing: Fixing, title: str, words: str, *further: str) -> News:
    series, day = series_of(fixing), strike_day(fixing).isoformat()
    name = tag(kind, series.slug, day, *further)
    return News(name, kind, fixing.known_ns, series.ticker, title, words, fixing_path(fixing))


def _fix(fixing: Fixing) -> News:
    name, day = series_words(series_of(fixing)), day_words(strike_day(fixing))
    if fixing.fix_ticks is None:
        return _item("fix", fixing, f"{name}: no fix on {day}", reason_words(fixing.reason))
    words = (
        f"${text_from_ticks(fixing.fix_ticks)} per GPU-hour, {_moved(fixing)}; "
        f"grade {fixing.grade}, "
        f"{fixing.kept} of {fixing.panel} owners kept, {fixing.vintage}."
    )
    return _item("fix", fixing, f"{name}: ${text_from_ticks(fixing.fix_ticks)} on {day}", words)


def _moved(fixing: Fixing) -> str:
    if fixing.change_ticks is None:
        return "the first fix"
    return signed_ticks(fixing.change_ticks) if fixing.change_ticks else "unchanged"


def _rejections(fixing: Fixing) -> News:
    count = counted(len(fixing.rejections), "row or owner", "rows and owners")
    title = f"{series_words(series_of(fixing))}: {count} left out on {_day(fixing)}"
    return _item("rejection", fixing, title, rejection_words(fixing.rejections))


def rejection_words(rejections: Sequence[Rejection]) -> str:
    """Say how many were left out by each rule, and who, where they are not rows."""
    by_rule = Counter(rejection.rule for rejection in rejections)
    named: dict[str, list[str]] = defaultdict(list)
    for rejection in rejections:
        if not is_row(rejection.what) and len(named[rejection.rule]) < NAMED_MOST:
            named[rejection.rule].append(rejection.what)
    parts = []
    for rule in sorted(by_rule):
        who = f" ({', '.join(named[rule])})" if named[rule] else ""
        parts.append(f"{by_rule[rule]} by {rule}{who}: {rule_words(rule)}")
    return " ".join(parts)


def _revised(fixing: Fixing) -> News:
    title = f"{series_words(series_of(fixing))}: revised for {_day(fixing)} by {fixing.revision}"
    now = "no fix" if fixing.fix_ticks is None else f"${text_from_ticks(fixing.fix_ticks)}"
    words = f"The fix is now {now}. What it was before stands among its vintages."
    return _item("revision", fixing, title, words, fixing.revision)


def _of_event(event: Revision) -> News:
    days = [day_from_ns(strike_ns) for strike_ns in event.strikes_ns]
    over = f"{min(days)} to {max(days)}" if days else "no strike"
    words = (
        f"{event.cause.rstrip('.')}. {counted(len(event.struck), 'row')} struck, "
        f"{counted(len(event.added), 'row')} let in; strikes of {over}."
    )
    title = f"{event.id}: {counted(len(event.strikes_ns), 'strike')} made again"
    address = release_path(max(days)) if days else "/news"
    return News(tag("revision", event.id), "revision", event.known_ns, "", title, words, address)


def _outages(fixings: Sequence[Fixing]) -> Iterator[News]:
    """Yield one item for each venue that was silent at a strike, whatever series it had."""
    silent: dict[tuple[int, str], list[Fixing]] = defaultdict(list)
    for fixing in fixings:
        for note in fixing.notes:
            if note.rule == "OUTAGE":
                silent[fixing.strike_ns, note.what].append(fixing)
    for (_, venue), of in silent.items():
        names = [fixing.series for fixing in of[:NAMED_MOST]]
        more = f" and {len(of) - len(names)} more" if len(of) > len(names) else ""
        day = strike_day(of[0])
        yield News(
            tag("outage", day.isoformat(), venue),
            "outage",
            min(fixing.known_ns for fixing in of),
            "",
            f"{venue}: no price at the strike of {day_words(day)}",
            f"It had one in the days before, for {', '.join(names)}{more}.",
            release_path(day),
        )


_FORCE = ("methodology", "parameters_sha256", "register_sha256")
_FORCE_WORDS = ("methodology", "parameters", "register of venues")


def _methodology(fixings: Sequence[Fixing]) -> Iterator[News]:
    """Yield one item for each strike that followed other rules than the one before it."""
    before: tuple[str, ...] | None = None
    for strike_ns in sorted({fixing.strike_ns for fixing in fixings}):
        first = next(fixing for fixing in fixings if fixing.strike_ns == strike_ns)
        force = tuple(str(getattr(first, name)) for name in _FORCE)
        if before is not None and force != before:
            yield _in_force(first, before, force)
        before = force


def _in_force(first: Fixing, before: Sequence[str], force: Sequence[str]) -> News:
    changed = [
        f"{words} {new} in place of {old}"
        for words, old, new in zip(_FORCE_WORDS, before, force, strict=True)
        if old != new
    ]
    day = strike_day(first)
    return News(
        tag("methodology", day.isoformat()),
        "methodology",
        first.known_ns,
        "",
        f"Other rules from the strike of {day_words(day)} on",
        f"{'; '.join(changed)}.".capitalize(),
        release_path(day),
    )


def _day(fixing: Fixing) -> str:
    return day_words(strike_day(fixing))
