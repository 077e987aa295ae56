"""PATTERNS: how the offers of a series lie, by price and by hour of the day, for programs.

Takes   `Buckets` of a fix; `HoursOfDay` of a series.
Gives   their published shapes.
Keeps   every amount in dollars with four decimals; a figure that cannot be told as null.
Source  Decision 0041.
"""

from datetime import date

from chiphour.index.buckets import BUCKETS_MOST
from chiphour.index.buckets import Bucket
from chiphour.index.buckets import Buckets
from chiphour.index.hours import DAYS_MIN
from chiphour.index.hours import Hour
from chiphour.index.hours import HoursOfDay
from chiphour.publish.columns import DAY
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import many
from chiphour.publish.columns import share
from chiphour.publish.columns import text
from chiphour.publish.columns import texts
from chiphour.publish.columns import usd
from chiphour.publish.datasets import strike_day

BUCKET = Shape[Bucket](
    "Bucket",
    "Offers of about one price.",
    (
        usd("from_usd", "The least rate that lies in it.", "2.0000", lambda b: b.from_ticks),
        usd("to_usd", "The least rate that no longer does.", "2.2000", lambda b: b.to_ticks),
        count("offers", "Offers that count.", 12, lambda b: b.offers),
        count("gpus", "GPUs that they offer.", 64, lambda b: b.gpus),
        count("left_out", "Offers of these rates that a rule left out.", 1, lambda b: b.left_out),
        texts("owners", "Whose offers they are.", ["vast"], lambda b: b.owners),
        count("members", "Owners whose one rate lies here.", 1, lambda b: b.members),
    ),
)
DISTRIBUTION = Shape[Buckets](
    "Distribution",
    "How the offers behind a fix lie.",
    (
        text("series", "Ticker of the series.", "CHR.H100.SXM.OD", lambda b: b.fixing.series),
        text("date", "Day of the strike.", "2026-07-20", lambda b: f"{strike_day(b.fixing)}", DAY),
        usd("fix_usd", "The fix; null: none.", "3.1700", lambda b: b.fixing.fix_ticks),
        count("offers", "Offers that count, each once.", 412, lambda b: b.offers),
        usd("low_usd", "The cheapest of them; null: none.", "1.9900", lambda b: b.low_ticks),
        usd("median_usd", "Their median; every offer alike.", "2.4900", lambda b: b.median_ticks),
        usd("high_usd", "The dearest of them.", "6.1500", lambda b: b.high_ticks),
        usd("step_usd", "The width of a bucket.", "0.2000", lambda b: b.step_ticks),
        count("outside", "Left-out offers beyond the buckets.", 0, lambda b: b.outside),
    ),
    (
        many(
            *("buckets", BUCKET, f"The cheapest first, at most {BUCKETS_MOST}, without gaps."),
            lambda b: b.buckets,
        ),
    ),
)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


HOUR = Shape[Hour](
    "Hour",
    "One hour of the day, UTC.",
    (
        count("hour", "From 0 to 23.", 14, lambda h: h.hour),
        count("days", "Days on which anything was seen in it.", 28, lambda h: h.days),
        count("polls", "Answers of venues in it.", 56, lambda h: h.polls),
        count("offers", "Rows in them that count.", 1_204, lambda h: h.offers),
        usd("median_usd", "Their median rate; null: none.", "2.1900", lambda h: h.median_ticks),
        share(
            *("relative", f"Against its day, 1 as usual; null: under {DAYS_MIN} days.", "1.003000"),
            lambda h: h.relative_ppm,
        ),
    ),
)
HOURS = Shape[HoursOfDay](
    "Hours",
    "What a series costs by the hour of the day. No fix is made of it; rate cards hardly move.",
    (
        text("series", "Ticker of the series.", "CHR.H100.SXM.SPOT", lambda h: h.series),
        Column(
            *("from", str, True, "First day with rows; null: none.", "2026-06-22"),
            lambda h: _day(h.first),
            DAY,
        ),
        Column("to", str, True, "Last day with rows.", "2026-07-20", lambda h: _day(h.last), DAY),
        count("days", "Days with rows.", 28, lambda h: h.days),
        count("polls", "Answers of venues in all.", 1_344, lambda h: h.polls),
    ),
    (many("hours", HOUR, "All 24 of them.", lambda h: h.hours),),
)
