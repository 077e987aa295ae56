"""PANEL_TABLES: what a fix was made from, as tables: its owners, what was left out, what to know.

Takes   a fixing.
Gives   tables and sentences for the pages that show one.
Keeps   names from outside apart from our words, so that they cannot turn their direction.
Source  Methodology, "Publication"; decisions 0010 and 0023.
"""

from collections.abc import Sequence
from fractions import Fraction

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Note
from chiphour.publish.addresses import fixing_path
from chiphour.publish.datasets import rate_text
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.page import Cell
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import link
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.words import DASH
from chiphour.publish.words import counted
from chiphour.publish.words import note_words
from chiphour.publish.words import rule_words
from chiphour.publish.words import signed_ticks
from chiphour.units import text_from_ticks

REJECTIONS_SHOWN = 200
REFLOW = "reflow compact"
ID_SHOWN = 12  # Characters of a row's id: its whole name is in the JSON.


def split_words(fixing: Fixing) -> str:
    """Say in a sentence what a change is made of."""
    matched, screen, composition = (
        signed_ticks(part or 0)
        for part in (fixing.matched_ticks, fixing.screen_ticks, fixing.composition_ticks)
    )
    return (
        f"The change of {signed_ticks(fixing.change_ticks or 0)} is {matched} price (owners "
        f"present on both days), {screen} screen and {composition} composition (owners that came "
        "or went)."
    )


def split_sentence(fixing: Fixing) -> Html:
    """Give the same as a paragraph."""
    return paragraph(split_words(fixing))


def members_table(members: Sequence[Member]) -> Html:
    """Give the table of the panel, the cheapest first."""
    heads = [
        Cell("Owner"),
        Cell("Venues"),
        Cell("Rate, $ per GPU-hour", "n"),
        Cell("Rows", "n"),
        Cell("Kept", "c"),
    ]
    ranked = sorted(members, key=lambda m: (Fraction(m.rate_numerator, m.rate_denominator), m.name))
    rows = [
        [
            Cell(foreign(member.name), "lead"),
            Cell(foreign(", ".join(member.venues)), "", "venues"),
            Cell(rate_text(member), "n", "rate"),
            Cell(str(member.rows), "n", "rows"),
            Cell("yes" if member.kept else "no", "c" if member.kept else "c quiet", "kept"),
        ]
        for member in ranked
    ]
    caption = "The panel: one rate for each owner, before the screen."
    return inside("The panel", table(caption, heads, [group(rows)], REFLOW))


def rejections_table(fixing: Fixing) -> Html:
    """Give the table of what was left out: owners first, then rows, by rule."""
    heads = [Cell("Left out"), Cell("Rule"), Cell("Statistic", "n"), Cell("Threshold", "n")]
    shown = sorted(fixing.rejections, key=lambda r: (is_row(r.what), r.rule, r))[:REJECTIONS_SHOWN]
    rows = [
        [
            Cell(named(rejection.what), "lead"),
            Cell(element("abbr", {"title": rule_words(rejection.rule)}, rejection.rule)),
            Cell(foreign(rejection.statistic), "n", "found"),
            Cell(foreign(rejection.threshold), "n", "allowed"),
        ]
        for rejection in shown
    ]
    more = len(fixing.rejections) - len(rows)
    caption = "What was left out, by which rule." + (f" And {more} more." if more else "")
    return inside("What was left out", table(caption, heads, [group(rows)], REFLOW))


def notes_table(notes: Sequence[Note]) -> Html:
    """Give the table of what else to know; nothing of it was left out."""
    heads = [Cell("About"), Cell("Note"), Cell("Found", "n"), Cell("Against", "n")]
    rows = [
        [
            Cell(foreign(note.what), "lead"),
            Cell(element("abbr", {"title": note_words(note.rule)}, note.rule)),
            Cell(foreign(note.statistic), "n", "found"),
            Cell(foreign(note.threshold), "n", "against"),
        ]
        for note in notes
    ]
    caption = f"{counted(len(notes), 'note')}. They left nothing out."
    return inside("What else to know", table(caption, heads, [group(rows)], REFLOW))


def sets_table(sets: Sequence[Fixing]) -> Html:
    """Give the table of the fixings of one strike under other parameter sets."""
    heads = [Cell("Set"), Cell("Fix", "n"), Cell("Owners kept", "n"), Cell("Grade", "c"), Cell("")]
    rows = [
        [
            Cell(element("code", None, fixing.parameter_set)),
            Cell(DASH if fixing.fix_ticks is None else text_from_ticks(fixing.fix_ticks), "n"),
            Cell(f"{fixing.kept} of {fixing.panel}", "n"),
            Cell(fixing.grade or DASH, "c"),
            Cell(link(fixing_path(fixing), "show")),
        ]
        for fixing in sets
    ]
    caption = "The same rows by other numbers. Only v2026_1 settles."
    return inside("Parameter sets", table(caption, heads, [group(rows)]))


def is_row(what: str) -> bool:
    """Tell whether what was left out is a row: named by its id, a SHA-256."""
    return len(what) == 64 and set(what) <= set("0123456789abcdef")


def named(what: str) -> Html:
    """Name what was left out; a row's id by its beginning, in whole for who points at it."""
    if not is_row(what):
        return foreign(what)
    return element("abbr", {"class": "hash", "title": what}, what[:ID_SHOWN] + "\u2026")


def foreign(text: str) -> Html:
    """Set a text from outside apart, so that it cannot turn the direction of ours."""
    return element("bdi", None, text)
