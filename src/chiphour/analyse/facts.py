"""FACTS: every number that a report may write, taken from the answers of the queries.

Takes   records of answers and verdicts: named tuples whose fields end with their unit.
Gives   `Known`: facts with unit, chip and venue; names that hold digits; days and times of day.
Keeps   a unit to each number: 24 hosts are no 24 %. What a sentence of ours holds is a fact too.
Source  Decision 0043; STYLE.md, "Units end the name".
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.analyse.questions import Answers
from chiphour.analyse.verdicts import Verdict
from chiphour.analyse.written import read_text
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND

# What a field's name ends with: its unit, and how much one of it is in that unit.
UNITS = {
    "_nanousd": ("usd", Decimal("1e-9")),
    "_microusd": ("usd", Decimal("1e-6")),
    "_usd": ("usd", Decimal(1)),
    "_ppm": ("share", Decimal("1e-6")),
    "_ppm_per_day": ("share", Decimal("1e-6")),
}
SHARES = {"cv", "log_variation", "low", "high"}  # Of one, as they stand.
COUNTS = {"gpus", "hosts", "offers", "samples", "days", "venues", "points"}
UNIT_OF_VERDICT = {"usd_per_hour": "usd", "ratio": "share", "gpus": "gpus"}
MEASURED = {"value", "low", "high", "green_above", "red_below"}  # In the unit of their verdict.
WINDOWS = (("hours", 24), ("days", 1), ("days", 7), ("hours", 168))  # Those of price changes.


class Fact(NamedTuple):
    """A number that was given. `unit`: usd, share, hours, or what is counted.

    `goods` and `venues` are what it speaks of, empty for all; `is_signed` for a change.
    """

    value: Decimal
    unit: str
    goods: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    is_signed: bool = False


class Known(NamedTuple):
    """All that a report may write. `goods` and `venues` are names, `colours` the verdicts' own:
    good, signal, colour."""

    facts: tuple[Fact, ...]
    goods: frozenset[str]
    venues: frozenset[str]
    days: frozenset[date]
    clocks: frozenset[str]
    colours: frozenset[tuple[str, str, str]]


def known_of(answers: Answers, verdicts: Sequence[Verdict]) -> Known:
    """Gather what the answers of the queries and the verdicts give.

    A record that has `good` speaks of that good, one with `venue`, `cheap_venue` or `dear_venue` of
    those venues. How many goods, venues and verdicts of each colour there are is known too.
    """
    found = _Gathered(answers.at_ns)
    found.walk(answers, frozenset(), frozenset())
    for verdict in verdicts:
        found.walk(verdict, frozenset(), frozenset())
    colours = {(each.good.name, each.signal, each.colour) for each in verdicts}
    counts = Counter[tuple[str, str]]((each.colour, each.rule) for each in verdicts)
    counts.update((each.colour, "") for each in verdicts)
    judged = {good for good, _, _ in colours}
    counted = {*counts.values(), len(verdicts), len(judged), len(found.goods), 0}
    found.facts += [Fact(Decimal(number), "count") for number in counted]
    found.facts.append(Fact(Decimal(len(found.venues)), "venues"))
    return Known(
        tuple(dict.fromkeys(found.facts)),
        frozenset(found.goods),
        frozenset(found.venues),
        frozenset(found.days),
        frozenset(found.clocks),
        frozenset(colours),
    )


class _Gathered:
    """What was found so far."""

    def __init__(self, at_ns: int) -> None:
        self.facts = [Fact(Decimal(number), unit) for unit, number in WINDOWS]
        self.goods: set[str] = set()
        self.venues: set[str] = set()
        self.days: set[date] = set()
        self.clocks: set[str] = set()
        for back_ns in (0, NS_PER_DAY, 7 * NS_PER_DAY):
            self.sees_time(at_ns - back_ns)

    def sees_time(self, time_ns: int) -> None:
        """Note a moment: its day, and its time of day to the minute."""
        moment = datetime.fromtimestamp(time_ns // NS_PER_SECOND, UTC)
        self.days.add(moment.date())
        self.clocks.add(moment.strftime("%H:%M"))

    def walk(self, record: Any, goods: frozenset[str], venues: frozenset[str]) -> None:
        """Take the facts of a record, and of the records inside it."""
        good = getattr(record, "good", None)
        if good is not None:
            goods = frozenset({good.name})
            self.goods |= goods
        here = {getattr(record, name, "") for name in ("venue", "cheap_venue", "dear_venue")}
        venues = frozenset(here - {""}) or venues
        self.venues |= venues
        measured = UNIT_OF_VERDICT.get(getattr(record, "unit", ""), "")
        for name, value in zip(record._fields, record, strict=True):
            side = getattr(record, f"{name.partition('_')[0]}_venue", "")  # Of cheap_, dear_.
            if name != "good":
                self._take(name, value, measured, goods, frozenset({side}) if side else venues)

    def _take(
        self, name: str, value: Any, measured: str, goods: frozenset[str], venues: frozenset[str]
    ) -> None:
        if hasattr(value, "_fields"):
            self.walk(value, goods, venues)
            if hasattr(value, "words"):
                self._read(value.words(), goods, venues)
        elif isinstance(value, tuple):
            self._take_all(name, value, goods, venues)
        elif isinstance(value, str):
            if name == "reason":
                self._read(value, goods, venues)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._number(name, value, measured, goods, venues)

    def _take_all(
        self, name: str, values: tuple[Any, ...], goods: frozenset[str], venues: frozenset[str]
    ) -> None:
        """Take each of several: records, or pairs of a name and a figure; their number counts."""
        self.facts.append(Fact(Decimal(len(values)), _counted(name), goods, venues))
        for each in values:
            if isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str):
                self._take(each[0], each[1], "", goods, venues)
            elif hasattr(each, "_fields"):
                self._take(name, each, "", goods, venues)

    def _number(
        self,
        name: str,
        value: int | float,
        measured: str,
        goods: frozenset[str],
        venues: frozenset[str],
    ) -> None:
        if name.endswith("_ns"):
            self.sees_time(int(value))
            return
        if name == "hour_utc":
            self.clocks.add(f"{int(value):02}:00")
            return
        unit, one = unit_of(name)
        if measured and name in MEASURED:
            unit, one = measured, Decimal(1)
        amount = Decimal(repr(value)) * one
        is_signed = "change" in name or "trend" in name
        self.facts.append(Fact(amount, unit, goods, venues, is_signed))

    def _read(self, text: str, goods: frozenset[str], venues: frozenset[str]) -> None:
        """Take the numbers of a sentence of ours, with the units that it gives them."""
        written = read_text(text, self.goods)
        for number in written.numbers:
            sign = -1 if number.sign == "-" else 1
            self.facts.append(Fact(sign * number.value, number.unit, goods, venues))
        self.days |= {day for each in written.days for day in each.possible(self.days)}
        self.clocks |= {each.text for each in written.clocks}


def unit_of(name: str) -> tuple[str, Decimal]:
    """Give the unit of a field by its name, and how much one of it is."""
    for end, (unit, one) in UNITS.items():
        if name.endswith(end):
            return unit, one
    if name in SHARES:
        return "share", Decimal(1)
    return _counted(name), Decimal(1)


def _counted(name: str) -> str:
    """Give what a field counts, "count" where its name says nothing that we know."""
    last = name.split("_")
    return next((word for word in reversed(last) if word in COUNTS), "count")


def days_of_data(answers: Answers) -> int:
    """Give over how many whole days the prices of any good reach."""
    times = [point.observed_ns for each in answers.floors for point in each.points]
    return (max(times) - min(times)) // NS_PER_DAY if times else 0
