"""REPORTED: a small market seen at seven in the morning, and what its report may say.

Takes   nothing.
Gives   `ANSWERS`, `VERDICTS`: two chips at three venues, one that rose and one that fell; `CLAIMS`.
Keeps   the same records in every run.
Source  Decision 0043.
"""

from datetime import date

from chiphour.analyse.goods import Good
from chiphour.analyse.questions import Answers
from chiphour.analyse.questions import CrossDelta
from chiphour.analyse.questions import CurrentPrice
from chiphour.analyse.questions import FloorPoint
from chiphour.analyse.questions import FloorSeries
from chiphour.analyse.questions import HourOfDay
from chiphour.analyse.questions import Lacking
from chiphour.analyse.questions import PriceChange
from chiphour.analyse.questions import SupplyMetric
from chiphour.analyse.questions import TodPattern
from chiphour.analyse.questions import Volatility
from chiphour.analyse.report import Claim
from chiphour.analyse.verdicts import verdicts
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

DAY = date(2026, 7, 20)
AT_NS = strike_ns(DAY) + 6 * NS_PER_HOUR + NS_PER_HOUR // 2  # 07:00.
H100, RTX = Good("H100", "SXM"), Good("RTX4090", "")


def price(good: Good, venue: str, floor_nanousd: int, top_nanousd: int, offers: int):
    mean_nanousd = (floor_nanousd + top_nanousd) // 2
    return CurrentPrice(
        *(good, "OD", venue, "posted", AT_NS - NS_PER_HOUR, floor_nanousd, mean_nanousd),
        *(top_nanousd, top_nanousd - floor_nanousd, offers, None),
    )


def change(good: Good, now_nanousd: int, before_nanousd: int):
    change_nanousd = now_nanousd - before_nanousd
    change_ppm = round(change_nanousd * 1_000_000 / before_nanousd)
    return PriceChange(
        *(good, "OD", "", now_nanousd, before_nanousd, change_nanousd, change_ppm, 3),
        *(None, None, None, 0, (Lacking("days of the week before", 1, 2),)),
    )


def floors(good: Good, days: int, floor_nanousd: int):
    times = [AT_NS - back * NS_PER_DAY for back in range(days, -1, -1)]
    return FloorSeries(good, tuple(FloorPoint(at, floor_nanousd, "vast") for at in times), None, ())


def answers(days: int = 5) -> Answers:
    hours = tuple(HourOfDay(hour, 2_500_000_000 + hour * 1_000_000, 4) for hour in range(3))
    return Answers(
        AT_NS,
        prices=(
            price(H100, "vast", 2_120_000_000, 2_900_000_000, 1_240),
            price(H100, "lambda", 2_990_000_000, 2_990_000_000, 1),
            price(RTX, "vast", 312_500_000, 690_000_000, 80),
        ),
        changes=(change(H100, 2_510_000_000, 2_592_000_000), change(RTX, 412_000_000, 400_000_000)),
        deltas=(
            CrossDelta(
                *(H100, "", "vast", "lambda", 2_120_000_000, 2_990_000_000),
                *(870_000_000, 340_508, 2_555_000, 867_445_000),
            ),
        ),
        supply=(SupplyMetric(H100, "", AT_NS, 31, 412, 64, 400, 12, ()),),
        volatility=(
            Volatility(H100, 96, 5, 2_540_000_000, 0.0812, 0.0321, 0.021, 0.017, 0.026, ()),
            Volatility(RTX, 96, 5, 405_000_000, 0.071, 0.176, 0.162, 0.141, 0.19, ()),
        ),
        tod=(
            TodPattern(
                *(H100, hours, 5, 12_345, 2, None, None, None),
                (Lacking("nearly whole days", 2, 7),),
            ),
        ),
        floors=(floors(H100, days, 2_120_000_000), floors(RTX, days, 312_500_000)),
    )


ANSWERS = answers()
VERDICTS = verdicts(ANSWERS)
CLAIMS = (
    Claim(
        id="c1",
        source="acme news",
        url="https://news.example/a",
        title="A maker cuts 12 % of its list prices",
        quotation="On 18 July 2026 the maker cut the list price of the H300 by 12 %, to $9,900.",
        published="2026-07-19T08:00:00Z",
        retrieved="2026-07-20T07:00:01Z",
        sha256="a" * 64,
    ),
)
