"""SHOWN: a market of records, served as a process: what the HTTP tests talk to.

Takes   `python shown.py PORT`, with `--page FOLDER` what was built of the web page.
Gives   the real server over a market made of fixings that the methodology computed.
Keeps   the same records in every run.
Source  Decision 0010.
"""

import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from pathlib import Path

from chiphour.adapters.archive import Archive
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.metrics import metrics_text
from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.run import serve
from chiphour.adapters.serve.web import with_page
from chiphour.adapters.serve.web_page import read_page
from chiphour.analyse.curve import Point
from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.index import v2026_1
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_TICKER
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.register import standing
from chiphour.observe.venues import venues
from chiphour.publish.commitments import Committed
from chiphour.publish.commitments import Uncovered
from chiphour.publish.market import AuctionLine
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.offers import Collected
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Refused
from chiphour.publish.offers import Wanted
from chiphour.publish.page import MARKET_NAVIGATION
from chiphour.publish.page import Frame
from chiphour.publish.tasks import TaskRow
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import day_from_ns
from chiphour.units import strike_ns

FIRST = date(2026, 7, 10)
DAYS = 6
SILENT = date(2026, 7, 13)  # No source showed a price for this strike.
VENUES = ("lambda", "verda", "hyperstack", "scaleway", "runpod", "jarvislabs", "massedcompute")
CHIPS = (("H100", "SXM", 3_170_000_000), ("L4", "", 670_250_000), ("H200", "SXM", 4_290_000_000))
PERPETUAL = "H100SXMOD_USDC-PERPETUAL"
VAST = venues()["vast"].VENUE
FRAME = Frame(
    ("Replay of recorded prices.", "Members are demonstration programs."),
    ("By us.",),
    MARKET_NAVIGATION,
)


def observations() -> list[Observation]:
    """Make the rate cards of seven venues: one price of each chip a day."""
    rows = []
    for offset in range(DAYS):
        day = FIRST + timedelta(days=offset)
        seen_ns = strike_ns(day) - NS_PER_HOUR
        for chip, form, base_nanousd in CHIPS if day != SILENT else ():
            for place, venue in enumerate(VENUES[: 3 if chip == "L4" else 7]):
                price_nanousd = base_nanousd + (place - 3) * 50_000_000 + offset * 1_000_000
                rows.append(
                    Observation(
                        *("cards", venue, "posted", "list", chip, form, 80, "OD"),
                        *(price_nanousd, 1, "", "", "{}", "{}", (), seen_ns, seen_ns),
                        *("0" * 64, str(place), "1"),
                    )
                )
    return rows


def fixings() -> list[Fixing]:
    """Fix every series on every day by the methodology."""
    seen, last, found = observations(), {}, []
    for offset in range(DAYS):
        strike = strike_ns(FIRST + timedelta(days=offset))
        window = [row for row in seen if strike - 7 * NS_PER_DAY <= row.observed_ns < strike]
        for fixing in v2026_1.fix_all(window, strike, last):
            found.append(fixing)
            if fixing.fix_ticks is not None:
                last[fixing.series] = fixing
    return found


def row(**columns: int) -> tuple[int, ...]:
    """Make a row of the contracts table: defaults, and the columns named."""
    cells = [term.default for term in TERMS] + [0] * (table.CONTRACT_COLUMNS - len(TERMS))
    for name, value in columns.items():
        cells[getattr(table, name)] = value
    return tuple(cells)


class Shown(Indexed):
    """A market of records: the `MarketView` of these tests. Its archive is a real one."""

    def __init__(self, found: Sequence[Fixing]) -> None:
        """Show these fixings, and a perpetual with a deep book."""
        archive = Archive(Path(tempfile.mkdtemp(prefix="shown-")))
        archive.keep_fixings(list(found))
        last_ns = max((fixing.strike_ns for fixing in found), default=strike_ns(FIRST))
        super().__init__(archive, None, lambda: last_ns + NS_PER_HOUR)
        index = BY_TICKER["CHR.H100.SXM.OD"].number
        prices = {"MARK_MICROUSD": 3_184_213, "INDEX_MICROUSD": 3_174_000, "SETTLEMENT_MICROUSD": 1}
        self._contract = row(INDEX=index, STATE=2, OPEN_INTEREST_LOTS=18_400, **prices)

    def fixings(self, series=None, *of, **more) -> Sequence[Fixing]:
        """Give the fixings; asked for GB200, stand for an archive that cannot be read."""
        if series == "CHR.GB200.R1Y":
            raise MarketError("archive: expected its rows, found it damaged")
        if series == "CHR.MI250.OD":
            raise RuntimeError("a fault of ours, with a secret in it")
        return super().fixings(series, *of, **more)

    def contracts(self) -> list[Contract]:
        """Give the perpetual."""
        return [Contract(0, PERPETUAL, self._contract)]

    def book(self, contract: str, depth: int) -> Book:
        """Give up to 1,500 levels a side."""
        assert contract == PERPETUAL
        bids = tuple((31_800 - each, 500 + each) for each in range(min(depth, 1_500)))
        asks = tuple((31_850 + each, 400 + each) for each in range(min(depth, 1_500)))
        return Book(bids, asks, 18_233, strike_ns(FIRST) + NS_PER_HOUR)

    def trades(self, contract: str, count: int) -> list[Trade]:
        """Give one trade."""
        return [Trade(strike_ns(FIRST), 1, 31_820, 12_400, "demonstration")][:count]

    def curve(self, series: str) -> Sequence[Point]:
        """Give a fix, a future that real members quote, the model of its day, and a robot's."""
        near, far = date(2026, 8, 31), date(2026, 9, 30)
        return [
            Point(FIRST, "fix", series, 3_170_000, 3_100_000, 3_200_000, ""),
            Point(near, "future", "near", 3_184_250, 3_180_000, 3_188_500, ""),
            Point(near, "model", "own history", 3_200_000, 3_100_000, 3_300_000, ""),
            Point(far, "future", "far", None, None, None, "ONLY_DEMONSTRATION"),
        ]

    def auction(self, day: date) -> AuctionSummary | None:
        """Give a run on the last day only."""
        if day != max(self.days()):
            return None
        line = AuctionLine("H100 SXM", "00:00 to 01:00", 2_100_000, 640)
        return AuctionSummary(7, 12, 9, 6, 4, 1_284_000_000, True, (line,))

    def tasks(self) -> list[TaskRow]:
        """Give one task that waits, and one that failed and was never done."""
        at_ns = strike_ns(FIRST)
        return [
            TaskRow("fix", "waiting", at_ns, at_ns, at_ns, at_ns + 1, 2, 0, 0, "", "each"),
            TaskRow("tick", "backing off", at_ns, at_ns, 0, at_ns, 1, 1, 7, "late", "newest"),
        ]

    def offers(self, wanted: Wanted) -> Offers:
        """Give the last day's cards, those of `chip` if one is wanted, by cursor."""
        seen = [row for row in observations() if wanted.chip in (None, row.chip)][-7:]
        page = tuple(seen[wanted.after : wanted.after + wanted.limit])
        end = wanted.after + len(page)
        return Offers(self.time_ns(), page, end if end < len(seen) else None)

    def sources(self) -> list[Collected]:
        """Give two sources: one under collection, one never collected."""
        task = {"state": "open", "refusals": {"TIMEOUT": 3}, "failures": 3, "last_success_ns": 0}
        return [
            Collected(VAST, standing("vast"), True, self.time_ns() - NS_PER_HOUR, task),
            Collected(VAST._replace(name="acme"), standing("acme"), False, None, {}),
        ]

    def refusals(self, source: str | None, last: int) -> list[Refused]:
        """Give one line."""
        line = Refused("vast", "bundles", "", self.time_ns(), "TIMEOUT", "no answer by 60 s", "")
        return [line] if source in (None, "vast") else []

    def commitments(self, venue: str | None, last: int) -> list[Committed]:
        """Give one that is revealed, and one for a strike to come."""
        day = max(self.days(), default=FIRST)
        past_ns, next_ns = strike_ns(day), strike_ns(day) + NS_PER_DAY
        opens_ns, polls_ns = past_ns - NS_PER_HOUR // 6, (past_ns - NS_PER_HOUR // 6 + 8,)
        known = Uncovered("5a1t", (7, 130_000_000_000), past_ns)
        past = Committed("vast", day, "0" * 64, 1, opens_ns, past_ns, known, polls_ns)
        to_come = Committed(
            "vast", day_from_ns(next_ns), "1" * 64, 2, opens_ns + NS_PER_DAY, next_ns, None, ()
        )
        found = [to_come, past]
        return found[:last] if venue in (None, "vast") else []

    def metrics(self) -> bytes:
        """Give one state."""
        return metrics_text([], self.time_ns())

    def daily(self, day: date, name: str) -> bytes | None:
        """Give a table of the first day only."""
        return f"PAR1 {name}".encode() if day == FIRST else None

    def frame(self) -> Frame:
        """Give the labels."""
        return FRAME


if __name__ == "__main__":
    market = Shown(fixings() if "--empty" not in sys.argv else [])
    app = create_app(market)
    if "--page" in sys.argv:
        page = read_page(Path(sys.argv[sys.argv.index("--page") + 1]))
        serve(with_page(app, market, page), port=int(sys.argv[1]))
    else:
        serve(app, port=int(sys.argv[1]))
