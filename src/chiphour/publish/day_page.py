"""DAY_PAGE: one series at one strike: all that is known of one figure, as it was known at a time.

Takes   a fixing with its vintages, its companions, what it costs to move it, its place in the log.
Gives   `day_page`, HTML; the shape of the same for programs.
Keeps   one address for each figure for good; a time asked for nowhere in what programs are given,
        so that what was served then and what is served now of then are the same bytes.
Source  Methodology, "Publication" and "Vintages"; decision 0023.
"""

from datetime import date
from typing import NamedTuple

from chiphour.index.attack import AttackCost
from chiphour.index.companion import Companion
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import fixing_sha256
from chiphour.index.parameters import V2026_1
from chiphour.index.series import Series
from chiphour.publish.addresses import api_path
from chiphour.publish.addresses import day_path
from chiphour.publish.addresses import fixing_path
from chiphour.publish.addresses import series_path
from chiphour.publish.addresses import vintage_path
from chiphour.publish.attack import ATTACK
from chiphour.publish.attack import attack_section
from chiphour.publish.citation import FORMATS
from chiphour.publish.citation import Cited
from chiphour.publish.citation import citation
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Shape
from chiphour.publish.columns import lifted
from chiphour.publish.columns import many
from chiphour.publish.columns import one
from chiphour.publish.columns import text
from chiphour.publish.companions import COMPANION
from chiphour.publish.companions import companions_table
from chiphour.publish.datasets import FIXING_ROW
from chiphour.publish.datasets import MEMBER
from chiphour.publish.datasets import NOTE
from chiphour.publish.datasets import PANEL
from chiphour.publish.datasets import REJECTION
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import joined
from chiphour.publish.page import Cell
from chiphour.publish.page import Frame
from chiphour.publish.page import file_list
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import link
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.page import title_block
from chiphour.publish.panel_tables import members_table
from chiphour.publish.panel_tables import notes_table
from chiphour.publish.panel_tables import rejections_table
from chiphour.publish.panel_tables import sets_table
from chiphour.publish.panel_tables import split_sentence
from chiphour.publish.proof import LOGGED
from chiphour.publish.proof import Logged
from chiphour.publish.release import change_words
from chiphour.publish.release import interval_cell
from chiphour.publish.words import DASH
from chiphour.publish.words import day_words
from chiphour.publish.words import measures
from chiphour.publish.words import percent_words
from chiphour.publish.words import reason_words
from chiphour.publish.words import series_words
from chiphour.publish.words import short_day
from chiphour.publish.words import time_words
from chiphour.units import text_from_ticks


class Dated(NamedTuple):
    """All that is known of a series at a strike. `asked_ns` is the time asked for, None for now.

    `sets` are the fixings of the same strike under the other parameter sets.
    """

    series: Series
    day: date
    fixing: Fixing
    vintages: tuple[Fixing, ...]
    sets: tuple[Fixing, ...] = ()
    companions: tuple[Companion, ...] = ()
    attack: AttackCost | None = None
    logged: Logged | None = None
    earlier: date | None = None
    later: date | None = None
    asked_ns: int | None = None
    frame: Frame = Frame()


def _fixing(dated: Dated) -> Fixing:
    return dated.fixing


DATED = Shape[Dated](
    "Dated",
    "A series at one strike, with everything that is known of it.",
    (
        *lifted(PANEL.columns, _fixing),
        text(
            "fixing_sha256",
            "SHA-256 of the fixing's canonical JSON.",
            "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            lambda dated: fixing_sha256(dated.fixing),
            HASH,
        ),
    ),
    (
        many("members", MEMBER, "The panel, before the screen.", lambda d: d.fixing.members),
        many("rejections", REJECTION, "What was left out.", lambda d: d.fixing.rejections),
        many("notes", NOTE, "What else to know.", lambda d: d.fixing.notes),
        many("vintages", FIXING_ROW, "Each word on it, the first first.", lambda d: d.vintages),
        many("sets", FIXING_ROW, "Under the other parameter sets.", lambda d: d.sets),
        many("companions", COMPANION, "Figures beside it.", lambda d: d.companions),
        one("attack", ATTACK, "What it would cost to move it; null: unknown.", lambda d: d.attack),
        one("logged", LOGGED, "Its place in the log; null: none.", lambda d: d.logged),
    ),
)


def day_page(dated: Dated) -> bytes:
    """Give the page of a series at a strike."""
    fixing = dated.fixing
    main: list[Child] = [_title(dated)]
    moved = "Why there is no fix" if fixing.fix_ticks is None else "What moved"
    main += _section("change", moved, _change(fixing))
    panel = members_table(fixing.members) if fixing.members else _nobody()
    main += _section("panel", "The panel", panel)
    if fixing.rejections:
        main += _section("rejections", "Left out", rejections_table(fixing))
    if fixing.notes:
        main += _section("notes", "Notes", notes_table(fixing.notes))
    main += _section("vintages", "Vintages", _vintages(dated))
    if dated.sets:
        main += _section("sets", "Under other parameters", sets_table(dated.sets))
    if dated.companions:
        main += _section("companions", "Companions", companions_table(dated.companions))
    if dated.attack is not None:
        main += _section("attack", "What it costs to move it", attack_section(dated.attack))
    main += _section("proof", "Proof", _proof(dated))
    main += _section("cite", "How to cite it", _citation(dated))
    main += _section("data", "Data", _data(dated))
    name = series_words(dated.series)
    title = f"{name}, {day_words(dated.day)}"
    return page_bytes(title, measures(dated.series), "", dated.frame, main)


def _section(place: str, heading: str, *content: Child) -> list[Child]:
    return [element("h2", {"id": place}, heading), *content]


def _nobody() -> Html:
    return paragraph("No owner was in the panel.")


def _title(dated: Dated) -> Html:
    fixing, series = dated.fixing, dated.series
    stamp = f" \u00b7 {fixing.vintage}, known {time_words(fixing.known_ns)}"
    rules = f" \u00b7 methodology {fixing.methodology}"
    if fixing.parameter_set != V2026_1.parameter_set:
        rules += f" \u00b7 parameter set {fixing.parameter_set}, which settles nothing"
    turn = [
        link(day_path(series, day, fixing.parameter_set), f"{words} {short_day(day)}")
        for words, day in (("\u2190", dated.earlier), ("\u2192", dated.later))
        if day is not None
    ]
    asked: Child = ""
    if dated.asked_ns is not None:
        asked = element(
            "p",
            {"class": "small"},
            f"As it was known at {time_words(dated.asked_ns)}. ",
            link(fixing_path(fixing), "As it is known now"),
        )
    return title_block(
        element("p", {"class": "dateline"}, link(series_path(series), series.ticker)),
        element("h1", None, series_words(series)),
        element(
            "p",
            {"class": "dateline"},
            element("strong", None, f"{day_words(dated.day)}, 00:30 UTC"),
            stamp,
            rules,
        ),
        asked,
        element("dl", {"class": "key"}, *_key(fixing)),
        element("nav", {"class": "turn", "aria-label": "Other days"}, *turn) if turn else "",
    )


def _key(fixing: Fixing) -> list[Html]:
    fix = DASH if fixing.fix_ticks is None else f"${text_from_ticks(fixing.fix_ticks)}"
    figures: list[tuple[str, Child, str]] = [("Fix, $ per GPU-hour", fix, change_words(fixing))]
    if fixing.fix_ticks is not None:
        level = "" if fixing.level_ppm is None else f"{percent_words(fixing.level_ppm)} level"
        fit = "fit to settle contracts" if fixing.fit else "for information only"
        plain = fixing._replace(level_ppm=None)
        figures += [("Interval", interval_cell(plain), level), ("Grade", fixing.grade, fit)]
    owners = f"{fixing.kept} of {fixing.panel}"
    figures.append(("Owners kept", owners, f"{len(fixing.rejections)} left out by rule"))
    return [
        element(
            "div",
            None,
            element("dt", None, name),
            element("dd", {"class": "figure"}, figure),
            element("dd", {"class": "small"}, small),
        )
        for name, figure, small in figures
    ]


def _change(fixing: Fixing) -> Html:
    if fixing.fix_ticks is None:
        code = element("code", {"class": "quiet"}, fixing.reason)
        return paragraph("No fix: ", reason_words(fixing.reason), " ", code)
    if fixing.change_ticks is None:
        return paragraph("This is the first fix of the series: there is nothing to compare with.")
    return split_sentence(fixing)


def _vintages(dated: Dated) -> Html:
    heads = [Cell("Vintage"), Cell("Known, UTC"), Cell("Fix", "n"), Cell("By"), Cell("")]
    shown = fixing_sha256(dated.fixing)
    rows = [_vintage(fixing, fixing_sha256(fixing) == shown) for fixing in dated.vintages]
    caption = "Each word on this strike. A later one never hides an earlier one."
    return inside("Vintages", table(caption, heads, [group(rows)]))


def _vintage(fixing: Fixing, is_shown: bool) -> list[Cell]:
    fix = DASH if fixing.fix_ticks is None else text_from_ticks(fixing.fix_ticks)
    mark: Child = "\u25c0 shown" if is_shown else link(vintage_path(fixing), "show")
    return [
        Cell(element("strong", None, fixing.vintage) if is_shown else fixing.vintage),
        Cell(time_words(fixing.known_ns), "t"),
        Cell(fix, "n"),
        Cell(fixing.revision or DASH, "quiet"),
        Cell(mark, "t"),
    ]


def _proof(dated: Dated) -> Html:
    fixing = dated.fixing
    hashes = [
        ("This vintage", fixing_sha256(fixing)),
        ("Its inputs", fixing.inputs_root),
        ("Its parameters", fixing.parameters_sha256),
        ("Its register", fixing.register_sha256),
    ]
    pairs = [
        part
        for name, found in hashes
        for part in (
            element("dt", None, name),
            element("dd", None, element("span", {"class": "hash"}, found)),
        )
    ]
    if dated.logged is None:
        place = paragraph("This vintage is not in the transparency log.")
    else:
        place = paragraph(
            f"It is leaf {dated.logged.number} of the ",
            link("/log", "transparency log"),
            ". With its proof: ",
            link(_signed(fixing), element("code", None, _signed(fixing))),
        )
    command = f"chiphour verify {fixing.series} {dated.day.isoformat()}"
    return joined(
        [
            element("dl", {"class": "notes"}, *pairs),
            place,
            paragraph("Anyone can compute it again from the published rows, and check the proof:"),
            element("pre", None, element("code", None, command)),
        ]
    )


def _signed(fixing: Fixing) -> str:
    return vintage_path(fixing).replace("/series/", "/api/signed/", 1)


def _citation(dated: Dated) -> Html:
    cited = Cited(dated.fixing, dated.logged, dated.frame.address)
    words = citation(cited, "apa").decode().strip()
    base = f"/cite/{dated.series.slug}/{dated.day.isoformat()}?format="
    others = [
        part
        for name in FORMATS
        for part in (link(base + name, name.upper() if name != "text" else "text"), " \u00b7 ")
    ][:-1]
    return joined([element("pre", None, words), element("p", None, *others)])


def _data(dated: Dated) -> Html:
    fixing, slug = dated.fixing, dated.series.slug
    files = [
        (api_path(fixing_path(fixing)), "this page, JSON"),
        (api_path(vintage_path(fixing)), "this vintage for good, JSON"),
        (f"/data/series/{slug}.csv", "the whole history, CSV"),
        (f"/data/series/{slug}.json", "the whole history, JSON"),
        (f"/data/series/{slug}.parquet", "the whole history, Parquet"),
        (f"/feeds/series/{slug}.atom", "new fixes as they come, Atom"),
        (f"/badge/{slug}.svg", "the latest fix as a badge"),
    ]
    return file_list(files)
