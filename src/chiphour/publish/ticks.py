"""TICKS: the real-time index, as programs read it.

Takes   ticks.
Gives   their published shape.
Keeps   the word that was published apart from the raw one; how old each feed is in sight.
Source  docs/methodology/real-time.md; decision 0023.
"""

from collections.abc import Sequence

from chiphour.index.realtime import Age
from chiphour.index.realtime import Tick
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import text
from chiphour.publish.columns import truth
from chiphour.publish.columns import usd
from chiphour.publish.columns import word
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_floor

STATES = ("live", "stale", "halted")
AGE = Shape[Age](
    "FeedAge",
    "How old the newest poll of a feed is.",
    (
        text("source", "The reader that saw it.", "vast", lambda a: a.source),
        text("venue", "Whose prices.", "vast", lambda a: a.venue),
        word("feed", "`book` or `posted`.", "book", lambda a: a.feed, ("book", "posted")),
        count("age_seconds", "Whole seconds.", 12, lambda a: div_floor(a.age_ns, NS_PER_SECOND)),
        truth("fresh", "Whether it still counts.", True, lambda a: a.fresh),
    ),
)
TICK = Shape[Tick](
    "Tick",
    "A series at one time. No contract settles on it.",
    (
        text("series", "Ticker.", "CHR.H100.SXM.OD", lambda t: t.series),
        moment("time", "When, UTC.", "2026-07-20T12:00:15Z", lambda t: t.time_ns),
        word("state", "`stale` repeats, `halted` says nothing.", "live", lambda t: t.state, STATES),
        count("stale_count", "Ticks repeated in a row.", 0, lambda t: t.stale_count),
        usd("raw_usd", "The rule over fresh feeds.", "3.1700", lambda t: t.raw_ticks),
        usd("published_usd", "What is published.", "3.1700", lambda t: t.published_ticks),
        truth("clamped", "Held to two per cent of the last.", False, lambda t: t.clamped),
        text("grade", "Of the raw tick; else empty.", "B", lambda t: t.grade),
        count("members", "Owners, before the screen.", 6, lambda t: t.members),
        count("kept", "Owners that the screen kept.", 5, lambda t: t.kept),
        usd("mark_input_usd", "Median of the last ones.", "3.1700", lambda t: t.mark_input_ticks),
    ),
    (many("feeds", AGE, "Every feed that ever showed it.", lambda t: t.feeds),),
)
TICK_LIST = Shape[Sequence[Tick]](
    "Ticks",
    "The last ticks.",
    (),
    (many("ticks", TICK, "Each of them.", lambda rows: rows),),
)
