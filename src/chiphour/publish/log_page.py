"""LOG_PAGE: the transparency log, for people: how it stands, what came last, how it is checked.

Takes   the state of the log.
Gives   `log_page`, HTML.
Keeps   the checkpoint as it was signed, byte for byte.
Source  Decisions 0018 and 0023.
"""

from chiphour.index.leaves import Batch
from chiphour.index.leaves import Fix
from chiphour.index.leaves import leaf_from
from chiphour.index.merkle import leaf_hash
from chiphour.index.series import BY_TICKER
from chiphour.publish.addresses import day_path
from chiphour.publish.addresses import release_path
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
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
from chiphour.publish.proof import Logged
from chiphour.publish.proof import LogState
from chiphour.publish.words import counted
from chiphour.publish.words import grouped
from chiphour.publish.words import time_words
from chiphour.units import day_from_ns

LEAVES_SHOWN = 20
HASH_SHOWN = 16  # Characters of a hash: the whole of it is in the log.
FILES = (
    ("/log/checkpoint", "the signed checkpoint (tlog-checkpoint)"),
    ("/log/key", "the key that signs it"),
    ("/log/tile/0/000", "its tiles (tlog-tiles), and its leaves below tile/entries"),
    ("/api/log", "the state of the log, JSON"),
)


def log_page(state: LogState | None, frame: Frame) -> bytes:
    """Give the page of the log; `state.latest` are its last leaves, None where there is no log."""
    about = (
        "Every batch of prices, every fix and every event, in the order in which they became "
        "known. A batch is in the log before any fix that was made from it, and nothing in it can "
        "be changed without being seen."
    )
    main: list[Child] = [
        title_block(element("h1", None, "Transparency log"), element("p", {"class": "lede"}, about))
    ]
    if state is None:
        main.append(paragraph("No log is kept here."))
    else:
        main += _standing(state)
        main += [element("h2", {"id": "latest"}, "Latest leaves"), _leaves(state)]
        main += [element("h2", {"id": "data"}, "Data"), file_list(FILES)]
        words = paragraph(
            "Whoever keeps one checkpoint can see later that the log only grew. To check every "
            "leaf, then the arithmetic of every fix:"
        )
        command = element(
            "pre", None, element("code", None, "chiphour log check\nchiphour verify --all")
        )
        main += [element("h2", {"id": "check"}, "How to check it"), words, command]
    return page_bytes("Transparency log", about, "/log", frame, main)


def _standing(state: LogState) -> list[Child]:
    figures = [("Leaves", grouped(state.size), "appended for good"), ("Log", state.origin, "")]
    key = [
        element(
            "div",
            None,
            element("dt", None, name),
            element("dd", {"class": "figure"}, figure),
            element("dd", {"class": "small"}, small),
        )
        for name, figure, small in figures
    ]
    return [
        element("dl", {"class": "key"}, *key),
        element("h2", {"id": "checkpoint"}, "Checkpoint"),
        paragraph("Root ", element("span", {"class": "hash"}, state.root)),
        element("pre", {"class": "hash"}, state.checkpoint),
        paragraph("Signed by ", element("span", {"class": "hash"}, state.vkey)),
    ]


def _leaves(state: LogState) -> Html:
    heads = [Cell("Leaf"), Cell("What"), Cell("Time, UTC"), Cell("Hash or root")]
    rows = [_leaf(logged) for logged in reversed(state.latest)]
    return inside(
        "Latest leaves", table("The latest first.", heads, [group(rows)], "reflow compact")
    )


def _leaf(logged: Logged) -> list[Cell]:
    said = leaf_from(logged.leaf)
    if isinstance(said, Batch):
        day = day_from_ns(said.strike_ns)
        batch = link(release_path(day), f"{counted(said.rows, 'row')} for {day.isoformat()}")
        what, found = element("span", None, "batch: ", batch), said.root
    elif isinstance(said, Fix):
        what, found = _fix(said), said.sha256
    else:
        kind = str(said.event["kind"])
        what, found = element("span", None, f"event: {kind}"), leaf_hash(logged.leaf).hex()
    return [
        Cell(str(logged.number), "lead"),
        Cell(what, "whole"),
        Cell(time_words(said.time_ns), "t", "time"),
        Cell(element("abbr", {"class": "hash", "title": found}, f"{found[:HASH_SHOWN]}\u2026")),
    ]


def _fix(said: Fix) -> Html:
    series, day = BY_TICKER.get(said.series), day_from_ns(said.strike_ns)
    words = f"{said.series} {day.isoformat()}"
    named: Child = (
        words
        if series is None
        else link(day_path(series, day, said.parameter_set, said.time_ns), words)
    )
    return element("span", None, "fix: ", named, f" {said.parameter_set}, {said.vintage}")
