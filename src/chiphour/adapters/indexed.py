"""INDEXED: the index as its readers see it: fixings on two time axes, news, the log, companions.

Takes   an archive that may be filling meanwhile, its transparency log, a clock.
Gives   `Indexed`, which is the server's `IndexView`.
Keeps   an answer about the past as it was given then: what became known later is passed over. A
        history is read once for as long as no fixing and no event comes in. Needs nothing of the
        exchange.
Source  Decisions 0017 and 0023.
"""

import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from chiphour.adapters.archive import Archive
from chiphour.adapters.attack import rows_of_fix
from chiphour.adapters.challenges import Challenges
from chiphour.adapters.companions import companions_at
from chiphour.adapters.export import fixings_parquet
from chiphour.adapters.log import Log
from chiphour.adapters.log import LogReader
from chiphour.adapters.log import witnesses_of
from chiphour.adapters.log_index import fix_leaves
from chiphour.adapters.observed import Observed
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.reports import Reports
from chiphour.analyse.report import Report
from chiphour.index.attack import AttackCost
from chiphour.index.attack import attack_cost
from chiphour.index.challenge import Challenge
from chiphour.index.companion import Companion
from chiphour.index.filters import passes
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import fixing_sha256
from chiphour.index.hours import HoursOfDay
from chiphour.index.hours import hours_of
from chiphour.index.panel import considered
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.realtime import Tick
from chiphour.index.references import ReferenceRow
from chiphour.index.references import reference_table
from chiphour.index.series import BY_TICKER
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.index.tiles import bundle_of
from chiphour.index.tiles import tile_width
from chiphour.index.transacted import Trade
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import Observation
from chiphour.publish.dataset_list import Dataset
from chiphour.publish.dataset_list import index_datasets
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.log_page import LEAVES_SHOWN
from chiphour.publish.news import News
from chiphour.publish.news import news_of
from chiphour.publish.page import Frame
from chiphour.publish.proof import Logged
from chiphour.publish.proof import LogState
from chiphour.publish.signed import Proof
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import strike_ns as strike_of

T = TypeVar("T")
S = TypeVar("S")
END_NS = 1 << 62  # After every time that an observation can carry.
REFERENCES_KEPT_NS = 10 * NS_PER_MINUTE  # Levels come in at most once an hour.
COMPANIONS_KEPT = 16  # Strikes.
ATTACKS_KEPT = 512  # Fixes.
WINDOWS_KEPT = 4  # Strikes: the rows of each are some megabytes.
ANSWERS_KEPT = 64  # Histories that are held while nothing comes in.
ATTRIBUTIONS = (
    "GPU rental price data by gpurentalprices.com, CC BY 4.0",
    "CCIR (Compute Credit Index Research), CC BY 4.0",
)


class Indexed(Observed):
    """Answers from what archive and log hold at that moment. Safe from many threads."""

    def __init__(
        self,
        archive: Archive,
        log: LogReader | None,
        now_ns: Callable[[], int],
        *,
        vkey: str = "",
        address: str = "",
        realtime: RealTimeIndex | None = None,
    ) -> None:
        """Look at an archive and its log by a clock.

        `vkey` is the key that signs the log, where `log` only reads it; `address` is that under
        which the public reads this, "" where none is known.
        """
        super().__init__(archive, now_ns)
        self._log = log
        self._vkey = log.key.text if isinstance(log, Log) else vkey
        self._address = address
        self._realtime = realtime
        self._reports = Reports(archive.folder)
        self._answers: dict[object, object] = {}
        self._answers_of: tuple[int, int] | None = None  # What was kept last when they were made.
        self._references: tuple[int, Sequence[ReferenceRow]] | None = None
        self._attacks: dict[object, AttackCost] = {}
        self._companions: dict[object, Sequence[Companion]] = {}
        self._windows: dict[object, Mapping[Series, Sequence[Observation]]] = {}
        self._turn = threading.RLock()
        self._computing = threading.Lock()  # What takes long: others need not wait.

    def time_ns(self) -> int:
        """Give the time of the clock, or the latest that anything is known of: no earlier."""
        return max(super().time_ns(), self._archive.last_known_ns() or 0)

    def days(self) -> Sequence[date]:
        """Give the days that have a release, the earliest first."""
        return self.held("days", lambda: sorted({_day(f) for f in self.fixings(SERIES[0].ticker)}))

    def fixings(
        self,
        series: str | None = None,
        parameter_set: str = V2026_1.parameter_set,
        as_of_ns: int | None = None,
    ) -> Sequence[Fixing]:
        """Give the word on every strike as it was known at a time, None for now."""
        if as_of_ns is not None:  # Any time may be asked for: only the present is held.
            return self._archive.fixings(series, parameter_set=parameter_set, as_of_ns=as_of_ns)
        key = (series, parameter_set)
        return self.held(key, lambda: self._archive.fixings(series, parameter_set=parameter_set))

    def day_fixings(
        self,
        day: date,
        parameter_set: str = V2026_1.parameter_set,
        as_of_ns: int | None = None,
    ) -> Sequence[Fixing]:
        """Give the fixings of one strike, as known at a time."""
        from_ns = strike_of(day)
        return self._archive.fixings(
            None, from_ns, from_ns + 1, parameter_set=parameter_set, as_of_ns=as_of_ns
        )

    def fixing_as_of(
        self, series: str, day: date, parameter_set: str, as_of_ns: int | None
    ) -> Fixing | None:
        """Give the fixing of a series and strike that was known last at a time, or None."""
        return self._archive.fixing_as_of(
            series, strike_of(day), as_of_ns, parameter_set=parameter_set
        )

    def vintages(self, series: str, day: date, parameter_set: str) -> Sequence[Fixing]:
        """Give every word ever said on a strike, the first first."""
        return self._archive.vintages(series, strike_of(day), parameter_set=parameter_set)

    def sets(self, series: str, day: date, but: str, as_of_ns: int | None) -> Sequence[Fixing]:
        """Give the fixings of a strike under every parameter set but one."""
        found = (self.fixing_as_of(series, day, name, as_of_ns) for name in SETS if name != but)
        return [fixing for fixing in found if fixing is not None]

    def companions(self, series: str, day: date, as_of_ns: int | None) -> Sequence[Companion]:
        """Give the companions of the fixing of a strike, as known at a time."""
        found = self._companions_at(day, as_of_ns)
        return [companion for companion in found if companion.series == series]

    def baskets(self, day: date, as_of_ns: int | None) -> Sequence[Companion]:
        """Give the broad baskets at a strike, as known at a time."""
        found = self._companions_at(day, as_of_ns)
        return [companion for companion in found if companion.series not in BY_TICKER]

    def transacted(self, strike_ns: int) -> Sequence[Trade]:
        """Give the trades that speak for a strike; an index without a market has none."""
        return ()

    def _companions_at(self, day: date, as_of_ns: int | None) -> Sequence[Companion]:
        """Compute all companions of a strike at once; the last few strikes are held."""
        strike, key = strike_of(day), (day, as_of_ns, self._archive.last_fixing())
        with self._computing:
            if key not in self._companions:
                made = companions_at(
                    self._archive, strike, as_of_ns, trades=self.transacted(strike)
                )
                _forget(self._companions, COMPANIONS_KEPT)
                self._companions[key] = made
            return self._companions[key]

    def attack(
        self, series: str, day: date, parameter_set: str, as_of_ns: int | None
    ) -> AttackCost:
        """Give what it would cost to move the fix of a strike, from the rows that it saw."""
        strike, parameters = strike_of(day), SETS[parameter_set]
        before = self._archive.last_fixed(strike, as_of_ns, "", parameter_set, series).get(series)
        now = self.fixing_as_of(series, day, parameter_set, as_of_ns)
        event = "" if now is None else now.revision
        last = before and (before.strike_ns, before.fix_ticks)
        key = (series, day, parameter_set, event, last)
        with self._computing:
            if key not in self._attacks:
                rows = rows_of_fix(self._archive, strike, event, parameters)
                _forget(self._attacks, ATTACKS_KEPT)
                self._attacks[key] = attack_cost(
                    BY_TICKER[series], rows, strike, before, parameters=parameters
                )
            return self._attacks[key]

    def window(
        self, series: str, day: date, parameter_set: str, as_of_ns: int | None
    ) -> Sequence[Observation]:
        """Give the rows of a series that the fix of a strike considered in its window."""
        strike, parameters = strike_of(day), SETS[parameter_set]
        now = self.fixing_as_of(series, day, parameter_set, as_of_ns)
        event = "" if now is None else now.revision
        key = (day, parameter_set, event, self._archive.last_fixing())
        with self._computing:
            if key not in self._windows:
                rows = rows_of_fix(self._archive, strike, event, parameters)
                _forget(self._windows, WINDOWS_KEPT)
                self._windows[key] = considered(rows, strike, "", parameters).rows
            return self._windows[key].get(BY_TICKER[series], ())

    def hours(self, series: str, days: int) -> HoursOfDay:
        """Give what a series cost by the hour of the day, over the days before the latest row."""
        named, until_ns = BY_TICKER[series], self.time_ns()
        bounds = (until_ns - days * NS_PER_DAY, until_ns + 1)

        def made() -> HoursOfDay:
            of = (named.chip, named.form, named.tenor)
            rows = self._archive.observations(*bounds, None, PRICES, of=of)
            return hours_of(series, (row for row in rows if passes(row, named.filter)))

        with self._computing:
            return self.held(("hours", series, days), made)

    def references(self) -> Sequence[ReferenceRow]:
        """Give other publishers' levels beside our fixes of the same dates."""
        now_ns = self.time_ns()
        with self._turn:
            if self._references is None or now_ns - self._references[0] >= REFERENCES_KEPT_NS:
                levels = self._archive.observations(0, END_NS, kinds=("level",))
                self._references = (now_ns, reference_table(levels, self.fixings()))
            return self._references[1]

    def challenges(self) -> Sequence[Challenge]:
        """Give every challenge, answered or not, the earliest first."""
        return Challenges(self._archive.folder).all()

    def news(self, since_ns: int) -> Sequence[News]:
        """Give what became known at or after a time, the latest first."""
        whole = self.held("news", self._news)
        return [item for item in whole if item.time_ns >= since_ns]

    def report_days(self) -> Sequence[date]:
        """Give the days that have a daily report, the earliest first."""
        return self._reports.days()

    def report(self, day: date) -> Report | None:
        """Give the daily report of a day, None where there is none."""
        return self._reports.get(day)

    def log_state(self) -> LogState | None:
        """Give how the log stands, with its last leaves; None where none is kept."""
        with self._turn:
            log = self._followed()
            if log is None:
                return None
            first = max(0, log.size - LEAVES_SHOWN)
            latest = tuple(Logged(*each) for each in enumerate(log.leaves(first, log.size), first))
            known = tuple(each.text for each in witnesses_of(self._archive.folder))
            return LogState(log.checkpoint(), self._vkey, latest, known)

    def log_file(self, level: int | None, number: int, width: int) -> bytes | None:
        """Give a tile of a level, or for None a bundle of leaves; None where there is none."""
        with self._turn:
            log = self._followed()
            if log is None or width > tile_width(log.size, level or 0, number):
                return None
            if level is None:
                return bundle_of(log.files.bundle(number, width))
            return log.files.tile(level, number, width)

    def logged(self, fixing: Fixing) -> Logged | None:
        """Give the leaf of a fixing, or None where the log has none."""
        with self._turn:
            log = self._followed()
            if log is None:
                return None
            wanted = fixing_sha256(fixing)
            for number, leaf in fix_leaves(log, fixing.series, fixing.strike_ns):
                if leaf.sha256 == wanted:
                    return Logged(number, log.leaf(number), log.root_at(number + 1).hex())
            return None

    def proof(self, fixing: Fixing) -> Proof | None:
        """Give the way from a fixing's leaf to the newest checkpoint, or None."""
        with self._turn:
            logged = self.logged(fixing)
            if logged is None or self._log is None:
                return None
            path = tuple(self._log.inclusion(logged.number))
            return Proof(logged.number, logged.leaf, path, self._log.checkpoint())

    def ticks(self, series: str | None = None) -> Sequence[Tick]:
        """Give the last tick of every series, or those kept of one; none where none are made."""
        return () if self._realtime is None else self._realtime.ticks(series)

    def datasets(self) -> Sequence[Dataset]:
        """Give every file that anyone can take; sizes of those that are held anyway."""

        def made() -> Sequence[Dataset]:
            settles = V2026_1.parameter_set
            rows = Counter(fixing.series for fixing in self.fixings())
            sizes = {
                "/data/fixings.csv": len(self.csv(None, settles, None)),
                "/data/fixings.parquet": len(self.parquet(None, settles, None)),
            }
            return index_datasets(rows, sizes)

        return self.held("datasets", made)

    def csv(self, series: str | None, parameter_set: str, as_of_ns: int | None) -> bytes:
        """Give what `fixings` gives, as a CSV file."""
        found = self.fixings(series, parameter_set, as_of_ns)
        if as_of_ns is not None:
            return fixings_csv(found)
        return self.held(("csv", series, parameter_set), lambda: fixings_csv(found))

    def parquet(self, series: str | None, parameter_set: str, as_of_ns: int | None) -> bytes:
        """Give what `fixings` gives, as a Parquet file."""
        found = self.fixings(series, parameter_set, as_of_ns)
        if as_of_ns is not None:
            return fixings_parquet(found)
        return self.held(("parquet", series, parameter_set), lambda: fixings_parquet(found))

    def frame(self) -> Frame:
        """Give whose prices were recorded, and the address of this server."""
        return Frame((), ATTRIBUTIONS, address=self._address)

    def _news(self) -> Sequence[News]:
        return news_of(self.fixings(), self._archive.revisions())

    def _followed(self) -> LogReader | None:
        if self._log is not None:
            self._log.refresh()
        return self._log

    def held(self, key: object, make: Callable[[], T]) -> T:
        """Give an answer that was made since a fixing or an event came in last, or make it."""
        last = self._archive.last_fixing(), len(self._archive.revisions())
        with self._turn:
            if last != self._answers_of:
                self._answers, self._answers_of = {}, last
            if key not in self._answers:
                made = make()
                _forget(self._answers, ANSWERS_KEPT)
                self._answers[key] = made
            return self._answers[key]  # type: ignore[return-value]


def _forget(held: dict[object, S], kept: int) -> None:
    """Make room for one more: what was put in first goes first."""
    if len(held) >= kept:
        del held[next(iter(held))]


def _day(fixing: Fixing) -> date:
    return day_from_ns(fixing.strike_ns)
