"""VIEW: what the server asks of a collection and of an index: the only thing it knows of them.

Takes   questions from the server's threads, several at once.
Gives   records, at once; an answer never waits for anything to come in.
Keeps   the server apart from archive and log; the index apart from any exchange.
Source  Decisions 0010 and 0023.
"""

from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from typing import Protocol
from typing import TypeVar

from chiphour.adapters.signals import Judged
from chiphour.analyse.report import Report
from chiphour.analyse.viability import Viability
from chiphour.index.attack import AttackCost
from chiphour.index.challenge import Challenge
from chiphour.index.companion import Companion
from chiphour.index.fixing import Fixing
from chiphour.index.hours import HoursOfDay
from chiphour.index.realtime import Tick
from chiphour.index.references import ReferenceRow
from chiphour.observe.observation import Observation
from chiphour.publish.commitments import Committed
from chiphour.publish.dataset_list import Dataset
from chiphour.publish.news import News
from chiphour.publish.offers import Collected
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Refused
from chiphour.publish.offers import Wanted
from chiphour.publish.page import Frame
from chiphour.publish.proof import Logged
from chiphour.publish.proof import LogState
from chiphour.publish.signed import Proof

T = TypeVar("T")


class SignalsView(Protocol):
    """What prices say: raises TimeUnknown where there is no price yet."""

    def judged(self) -> Judged:
        """Give the answers and the verdicts of the last whole hour."""

    def history(self) -> Sequence[Judged]:
        """Give those, and those of the same hour of days before, the latest first."""

    def viability(self) -> Sequence[Viability]:
        """Give the viability report of the day."""


class CollectionView(Protocol):
    """What was observed, as those see it who ask what is on offer and how venues answer."""

    def offers(self, wanted: Wanted) -> Offers:
        """Give a page of what every venue asked when it was last seen, and what was free."""

    def sources(self) -> Sequence[Collected]:
        """Give every source with its standing and the state of its collection, by name."""

    def refusals(self, source: str | None, last: int) -> Sequence[Refused]:
        """Give the last lines of the log of refusals, the latest first."""

    def commitments(self, venue: str | None, last: int) -> Sequence[Committed]:
        """Give the last commitments to the times of polls, the latest day first."""

    def signals(self) -> SignalsView:
        """Give what prices say of each chip."""

    def metrics(self) -> bytes:
        """Give the states of collection in Prometheus's text form."""

    def time_ns(self) -> int:
        """Give the time that ages are counted from; nothing known is of a later one."""

    def frame(self) -> Frame:
        """Give the labels that every page must show, and whose prices were recorded."""


class IndexView(CollectionView, Protocol):
    """An index as its readers see it. Where `as_of_ns` is None, all that is known counts."""

    def held(self, key: object, make: Callable[[], T]) -> T:
        """Give an answer that was made since anything came in last, or make it."""

    def days(self) -> Sequence[date]:
        """Give the days that have a release, the earliest first."""

    def fixings(
        self, series: str | None = None, parameter_set: str = ..., as_of_ns: int | None = None
    ) -> Sequence[Fixing]:
        """Give the word on every strike, of one series (a ticker) or of all; any order."""

    def day_fixings(
        self, day: date, parameter_set: str = ..., as_of_ns: int | None = None
    ) -> Sequence[Fixing]:
        """Give the fixings of one strike."""

    def fixing_as_of(
        self, series: str, day: date, parameter_set: str, as_of_ns: int | None
    ) -> Fixing | None:
        """Give the fixing of a series and strike that was known last, or None."""

    def vintages(self, series: str, day: date, parameter_set: str) -> Sequence[Fixing]:
        """Give every word ever said on a strike, the first first."""

    def sets(self, series: str, day: date, but: str, as_of_ns: int | None) -> Sequence[Fixing]:
        """Give the fixings of a strike under every parameter set but one."""

    def companions(self, series: str, day: date, as_of_ns: int | None) -> Sequence[Companion]:
        """Give the companions of the fixing of a strike."""

    def baskets(self, day: date, as_of_ns: int | None) -> Sequence[Companion]:
        """Give the broad baskets at a strike."""

    def attack(
        self, series: str, day: date, parameter_set: str, as_of_ns: int | None
    ) -> AttackCost:
        """Give what it would cost to move the fix of a strike."""

    def window(
        self, series: str, day: date, parameter_set: str, as_of_ns: int | None
    ) -> Sequence[Observation]:
        """Give the rows of a series that the fix of a strike considered in its window."""

    def hours(self, series: str, days: int) -> HoursOfDay:
        """Give what a series cost by the hour of the day, over the last days."""

    def references(self) -> Sequence[ReferenceRow]:
        """Give other publishers' levels beside our fixes of the same dates."""

    def challenges(self) -> Sequence[Challenge]:
        """Give every challenge, answered or not, the earliest first."""

    def news(self, since_ns: int) -> Sequence[News]:
        """Give what became known at or after a time, the latest first."""

    def report_days(self) -> Sequence[date]:
        """Give the days that have a daily report, the earliest first."""

    def report(self, day: date) -> Report | None:
        """Give the daily report of a day, None where there is none."""

    def log_state(self) -> LogState | None:
        """Give how the transparency log stands; None where none is kept."""

    def log_file(self, level: int | None, number: int, width: int) -> bytes | None:
        """Give a tile of a level, or for None a bundle of leaves; None where there is none."""

    def logged(self, fixing: Fixing) -> Logged | None:
        """Give the leaf of a fixing, or None where the log has none."""

    def proof(self, fixing: Fixing) -> Proof | None:
        """Give the way from a fixing's leaf to the newest checkpoint, or None."""

    def ticks(self, series: str | None = None) -> Sequence[Tick]:
        """Give the last tick of every series, or those kept of one."""

    def datasets(self) -> Sequence[Dataset]:
        """Give every file that anyone can take, whole tables first."""

    def csv(self, series: str | None, parameter_set: str, as_of_ns: int | None) -> bytes:
        """Give what `fixings` gives, as a CSV file."""

    def parquet(self, series: str | None, parameter_set: str, as_of_ns: int | None) -> bytes:
        """Give what `fixings` gives, as a Parquet file."""
