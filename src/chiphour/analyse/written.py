"""WRITTEN: the numbers, days, times, names and addresses that stand in a text.

Takes   a text by anybody; the names of goods, in which digits are no numbers.
Gives   `Written`: each number with its unit and its last written digit, in figures or in words;
        days, times of day, mentions of goods, addresses; and what holds digits and is none of it.
Keeps   every digit accounted for: one that is not part of a reading is `unread`. So is a character
        that shows a digit otherwise, or that cannot be seen.
Source  Decision 0043; Unicode Standard Annex 15 (NFKC).
"""

import re
import unicodedata
from collections.abc import Callable
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from typing import TypeVar

from chiphour.analyse.spelled import SPELLED
from chiphour.analyse.spelled import number_from_words

T = TypeVar("T")
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
COVER = "\x01"  # Stands where something was read; no text may hold it.
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})\b"
_NOUN = r"(?:gpus?(?![\s-]?hours?)|hosts?|machines?|offers?|listings?|samples?|venues?|platforms?)"
_END = r"[^\s<>\"\u201c\u201d]"
ADDRESS = re.compile(
    rf"(?i)(?<![a-z0-9])(?:[a-z][a-z0-9+.-]*://{_END}+|(?:mailto|javascript|data):{_END}+"
    rf"|www\.{_END}+|(?:[a-z0-9-]+\.)+[a-z]{{2,}}(?:[/:?#]{_END}*)?)"
)
DAYS = (
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)(?:T(?=\d)|(?!\d))"),
    re.compile(rf"(?<![\d.,$]){_DAY}\s+{_MONTH}(?:,?\s+{_YEAR})?"),
    re.compile(rf"\b{_MONTH}\s+{_DAY}(?![\d.,]\d|\d|:)(?:,?\s+{_YEAR})?"),
    re.compile(rf"\b{_MONTH}\s+{_YEAR}"),
    re.compile(
        r"(?i)\b(?:in|of|since|by|for|from|year|during|until)\s+(?P<year>(?:19|20)\d\d)"
        rf"(?![\w]|[.,]\d|\s?%|\s+(?:[a-z-]+\s+){{0,2}}?{_NOUN}\b)"
    ),
)
CLOCK = re.compile(r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?Z?(?![\d:])")
NUMBER = re.compile(
    r"(?P<sign>(?<![\w.,)\x01])[+-])?(?P<money>US\$|\$|\bUSD\s)?"
    r"(?<![A-Za-z0-9.,])(?P<figure>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![.,]?\d)"
)
SCALE = re.compile(r"(?i)(?:k\b|bn\b|\s?(?:thousand|million|billion)\b)")
SCALES = {"k": 10**3, "thousand": 10**3, "million": 10**6, "billion": 10**9, "bn": 10**9}
# What stands behind a number: its unit, and how much of that unit it is.
AFTER: tuple[tuple[re.Pattern[str], str, Decimal], ...] = tuple(
    (re.compile(rf"(?i){words}"), unit, Decimal(one))
    for words, unit, one in (
        (r"\s?%|[\s-]?(?:per\s?cent|pct|pp|percentage points?)\b", "share", "0.01"),
        (r"[\s-]?(?:basis points?|bps?)\b", "share", "0.0001"),
        (r"\s?ppm\b", "share", "0.000001"),
        (r"[\s-]?gpu[\s-]?hours?\b", "gpu_hours", "1"),
        (r"[\s-]?(?:hours?|hrs?|h)\b", "hours", "1"),
        (r"[\s-]?(?:days?|d)\b", "days", "1"),
        (r"[\s-]?weeks?\b", "days", "7"),
        (r"[\s-]?(?:minutes?|mins?|seconds?|months?|years?|quarters?)\b", "time", "1"),
        (r"\s?(?:US\s)?(?:dollars?|USD)\b", "usd", "1"),
        (r"\s?(?:cents?\b|\u00a2)", "usd", "0.01"),
        (r"\s?(?:x\b|\u00d7|times\b|fold\b)", "times", "1"),
    )
)
COUNTED = re.compile(rf"(?i)[\s-]+(?:[a-z-]+\s+){{0,2}}?(?P<noun>{_NOUN})\b")
NOUNS = {"machine": "hosts", "listing": "offers", "platform": "venues"}


class Number(NamedTuple):
    """A number as it is written. `quantum` is one of its last written digit, in its unit.

    `unit` is usd, share, hours, days, times, time, gpu_hours, what is counted, or "count"; `sign`
    is "+", "-" or "".
    """

    text: str
    start: int
    value: Decimal
    quantum: Decimal
    unit: str
    sign: str


class Day(NamedTuple):
    """A day, a month or a year; what is not written is None."""

    text: str
    start: int
    year: int | None
    month: int | None
    day: int | None

    def possible(self, days: Iterable[date]) -> list[date]:
        """Give those of some days that it can be."""
        return [
            each
            for each in days
            if self.year in (None, each.year)
            and self.month in (None, each.month)
            and self.day in (None, each.day)
        ]


class Clock(NamedTuple):
    """A time of day as HH:MM, and as it is written."""

    text: str
    start: int
    written: str


class Mention(NamedTuple):
    """Goods that a name stands for: one, or each form of a chip."""

    start: int
    goods: frozenset[str]


class Address(NamedTuple):
    """An address, or what a reader may take for one."""

    text: str
    start: int


class Written(NamedTuple):
    """All that was read. `text` is what the places count in; `unread` are pieces with digits."""

    text: str
    numbers: tuple[Number, ...]
    days: tuple[Day, ...]
    clocks: tuple[Clock, ...]
    mentions: tuple[Mention, ...]
    addresses: tuple[Address, ...]
    unread: tuple[str, ...]


def read_text(text: str, goods: Iterable[str]) -> Written:
    """Read a text in which these names of goods may stand."""
    strange = [repr(each) for each in text if _is_strange(each)]
    plain = unicodedata.normalize("NFKC", text).translate(DASHES).replace(COVER, " ")
    left = _Left(plain)
    addresses = left.take(ADDRESS, lambda found: Address(_without_stop(found[0]), found.start()))
    names = _names(frozenset(goods))
    mentions = []
    if names is not None:
        pattern, stands_for = names
        mentions = left.take(
            pattern, lambda found: Mention(found.start(), stands_for[_key(found[0])])
        )
    days = [day for pattern in DAYS for day in left.take(pattern, _day)]
    clocks = left.take(CLOCK, _clock)
    numbers = [*left.take(NUMBER, left.number), *left.take(SPELLED, left.spelled)]
    unread = re.findall(r"[^\s\x01]*\d[^\s\x01]*", left.text)
    return Written(
        plain,
        tuple(sorted(numbers, key=lambda each: each.start)),
        tuple(days),
        tuple(clocks),
        tuple(mentions),
        tuple(addresses),
        (*strange, *unread),
    )


def _is_strange(character: str) -> bool:
    """Tell whether a character cannot be seen, or shows a number that is no ASCII digit."""
    kind = unicodedata.category(character)
    if kind in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return character != "\n"
    return not character.isascii() and kind in ("Nd", "Nl", "No")


class _Left:
    """What of a text has not been read yet; what was is covered."""

    def __init__(self, text: str) -> None:
        self.text = self._whole = text

    def take(self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], T | None]) -> list[T]:
        """Read and cover everything that a pattern finds, but for what `read` gives None for."""
        found = []
        for match in list(pattern.finditer(self.text)):
            made = read(match)
            if made is not None:
                found.append(made)
                self._cover(match.start(), match.end())
        return found

    def number(self, match: re.Match[str]) -> Number | None:
        """Read a number in figures with its unit; None where letters run into it."""
        digits = match["figure"].replace(",", "")
        one = Decimal(1).scaleb(-len(digits.partition(".")[2]))
        end = match.end()
        scale = SCALE.match(self.text, end)
        if scale is not None:
            one, end = one * SCALES[scale[0].strip().lower()], scale.end()
        value = Decimal(digits) * (one / Decimal(1).scaleb(-len(digits.partition(".")[2])))
        unit, times, until = self._unit(end, "usd" if match["money"] else "")
        if re.match(r"[A-Za-z]", self.text[until : until + 1]):
            return None
        self._cover(end, until)
        text = self._whole[match.start() : until].strip()
        return Number(text, match.start(), value * times, one * times, unit, match["sign"] or "")

    def spelled(self, match: re.Match[str]) -> Number | None:
        """Read a number in words; a lone "one" that measures nothing is none."""
        value, quantum, kind = number_from_words(match[0])
        unit, times, until = self._unit(match.end(), "")
        if match[0].lower() == "one" and unit == "count":
            return None
        self._cover(match.end(), until)
        if kind and unit == "count":
            unit = kind
        text = self._whole[match.start() : until].strip()
        return Number(text, match.start(), value * times, quantum * times, unit, "")

    def _unit(self, end: int, money: str) -> tuple[str, Decimal, int]:
        """Give the unit that stands behind a place, how much of it one is, and where it ends."""
        if money:
            return money, Decimal(1), end
        for pattern, unit, times in AFTER:
            found = pattern.match(self.text, end)
            if found is not None:
                return unit, times, found.end()
        counted = COUNTED.match(self.text, end)
        if counted is None:
            return "count", Decimal(1), end
        noun = counted["noun"].lower().removesuffix("s")
        return NOUNS.get(noun, f"{noun}s"), Decimal(1), end

    def _cover(self, start: int, end: int) -> None:
        self.text = self.text[:start] + COVER * (end - start) + self.text[end:]


def _day(match: re.Match[str]) -> Day:
    parts = match.groupdict()
    month = parts.get("number") and int(parts["number"])
    if parts.get("month"):
        month = MONTHS.index(parts["month"][:3].lower()) + 1
    year, day = (int(parts[name]) if parts.get(name) else None for name in ("year", "day"))
    return Day(match[0].rstrip("."), match.start(), year, month or None, day)


def _clock(match: re.Match[str]) -> Clock:
    return Clock(f"{int(match['hour']):02}:{match['minute']}", match.start(), match[0])


def _without_stop(address: str) -> str:
    """Leave out what ends the sentence that an address stands in, not the address."""
    return address.rstrip(".,;:!?)]'")


@lru_cache(maxsize=64)
def _names(goods: frozenset[str]) -> tuple[re.Pattern[str], dict[str, frozenset[str]]] | None:
    """Give what finds the names of goods and of their chips, and what each stands for."""
    stands_for: dict[str, set[str]] = {}
    for good in goods:
        for name in {good, good.partition(" ")[0]}:
            stands_for.setdefault(_key(name), set()).add(good)
        stands_for[_key(good)] = {good}
    if not stands_for:
        return None
    named = {name for good in goods for name in (good, good.partition(" ")[0])}
    forms = "|".join(_spellings(name) for name in sorted(named, key=len, reverse=True))
    pattern = re.compile(rf"(?i)(?<![a-z0-9])(?:{forms})(?![a-z0-9])")
    return pattern, {key: frozenset(found) for key, found in stands_for.items()}


def _spellings(name: str) -> str:
    """Match a name with or without gaps; a lone letter and its number have none: "A 100"."""
    runs = re.findall(r"[A-Za-z]+|\d+|[\s-]+", name)
    found = ""
    for place, run in enumerate(runs):
        if run.isspace() or run == "-":
            found += r"[\s-]?"
        else:
            before = runs[place - 1] if place else ""
            follows = before.isalpha() and run.isdigit() and len(before) > 1
            found += (r"[\s-]?" if follows else "") + re.escape(run)
    return found


def _key(name: str) -> str:
    return re.sub(r"[\s-]", "", name).lower()
