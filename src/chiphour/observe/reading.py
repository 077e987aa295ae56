"""READING: a body taken apart field by field, and nothing left over.

Takes   bytes from outside: JSON, lines of JSON, or CSV.
Gives   `Fields`: each field is taken once, with its type; numbers stay the text they were.
Keeps   a new, missing or misshapen field loud: UnexpectedData names file, row and field. The
        memory and the time that a body takes bounded, and other threads running while it is read.
Source  Decision 0003.
"""

import csv
import io
import json
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from typing import NoReturn

from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import exhausted
from chiphour.units import DECIMAL_TEXT
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import InexactAmount
from chiphour.units import decimal_from_text
from chiphour.units import ns_from_iso
from chiphour.units import round_half_even

CENTS_PER_USD = 100
PRICE_NANOUSD_LIMIT = 1 << 62
VALUES_MAX = 4_000_000  # Of a body: a number of one digit takes 100 bytes once it is read.
TEXT_CHARACTERS_MAX = 2_000  # Of a text that is kept: words are looked for in it.


class Number(str):
    """A JSON number as it was written: never a float."""

    __slots__ = ()  # There may be millions.


class Fields:
    """One JSON object being read. Each method takes a field or raises UnexpectedData."""

    def __init__(self, value: Any, where: str) -> None:
        """Begin to read an object; `where` names it in faults."""
        if not isinstance(value, dict):
            raise UnexpectedData(f"{where}: expected an object, found {_kind(value)}")
        self.where = where
        self._left: dict[str, Any] = value

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not yet taken."""
        return name in self._left

    def take(self, name: str) -> Any:
        """Take a field of any type."""
        try:
            return self._left.pop(name)
        except KeyError:
            raise UnexpectedData(f"{self.where}: expected a field {name!r}, found none") from None

    def skip(self, names: Iterable[str]) -> None:
        """Take fields that must be there but are not kept."""
        for name in names:
            self.take(name)

    def skip_if_there(self, names: Iterable[str]) -> None:
        """Take those of these fields that are there; none is kept."""
        for name in names:
            self._left.pop(name, None)

    def text(self, name: str) -> str:
        """Take a string."""
        value = self.take(name)
        if isinstance(value, str) and not isinstance(value, Number):
            return self._bounded(name, value)
        self._refuse(name, "a string", value)

    def word(self, name: str) -> str:
        """Take a string that is not empty."""
        text = self.text(name)
        if text:
            return text
        self._refuse(name, "a word", text)

    def text_or_none(self, name: str) -> str | None:
        """Take a string or null."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, str) and not isinstance(value, Number):
            return self._bounded(name, value)
        self._refuse(name, "a string or null", value)

    def texts(self, name: str) -> list[str]:
        """Take a list of strings."""
        values = self.rows(name)
        for value in values:
            if not isinstance(value, str) or isinstance(value, Number):
                self._refuse(name, "a list of strings", value)
            self._bounded(name, value)
        return values

    def one_of(self, name: str, words: Collection[str]) -> str:
        """Take a string that must be one of these words."""
        text = self.text(name)
        if text in words:
            return text
        self._refuse(name, f"one of {sorted(words)}", text)

    def one_of_or_none(self, name: str, words: Collection[str]) -> str | None:
        """Take one of these words, or null."""
        return None if self._took_null(name) else self.one_of(name, words)

    def boolean(self, name: str) -> bool:
        """Take true or false."""
        value = self.take(name)
        if isinstance(value, bool):
            return value
        self._refuse(name, "true or false", value)

    def number(self, name: str) -> str:
        """Take a number as the text it was; refuses more than TEXT_CHARACTERS_MAX digits."""
        value = self.take(name)
        if isinstance(value, Number):
            return self._bounded(name, str(value))
        self._refuse(name, "a number", value)

    def number_or_none(self, name: str) -> str | None:
        """Take a number as text, or null."""
        value = self.take(name)
        if value is None or isinstance(value, Number):
            return None if value is None else self._bounded(name, str(value))
        self._refuse(name, "a number or null", value)

    def count(self, name: str, least: int = 0) -> int:
        """Take a whole number of at least `least`, below 2^62."""
        text = self.number(name)
        if text.isdecimal() and len(text) < 19 and int(text) >= least:
            return int(text)
        self._refuse(name, f"a whole number of at least {least}", Number(text))

    def count_or_none(self, name: str, least: int = 0) -> int | None:
        """Take a whole number of at least `least`, or null."""
        return None if self._took_null(name) else self.count(name, least)

    def whole_or_none(self, name: str) -> int | None:
        """Take a whole number, written as a number or as a string; None for null and for ""."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
            return int(value)
        self._refuse(name, "a whole number", value)

    def decimal(self, name: str) -> str:
        """Take a decimal that is not negative, written as a number or as a string, as text."""
        value = self.take(name)
        text = str(value) if isinstance(value, str) else ""
        if DECIMAL_TEXT.fullmatch(text) and not text.startswith("-"):
            return text
        self._refuse(name, "a decimal from 0 up", value)

    def decimal_or_none(self, name: str) -> str | None:
        """Take a decimal that is not negative, or null."""
        return None if self._took_null(name) else self.decimal(name)

    def price_nanousd(self, name: str) -> int:
        """Take a price in dollars, not negative, as nano-dollars rounded half-even."""
        return self._price_nanousd(name, self.number(name), 1)

    def price_nanousd_or_none(self, name: str) -> int | None:
        """Take a price in dollars as nano-dollars, or null."""
        return None if self._took_null(name) else self.price_nanousd(name)

    def decimal_price_nanousd(self, name: str, per: int = 1) -> int:
        """Take what `per` cost in dollars, as a number or a string: give the nano-dollars of one.

        The price is divided exactly, then rounded once, half-even: 730 for a month's price.
        """
        return self._price_nanousd(name, self.decimal(name), per)

    def decimal_price_nanousd_or_none(self, name: str, per: int = 1) -> int | None:
        """Take what `per` cost in dollars, or null: give the nano-dollars of one."""
        return None if self._took_null(name) else self.decimal_price_nanousd(name, per)

    def cents_price_nanousd(self, name: str) -> int:
        """Take a price in whole cents as nano-dollars."""
        return self._price_nanousd(name, str(self.count(name)), CENTS_PER_USD)

    def object(self, name: str) -> "Fields":
        """Take an object to be read in turn."""
        return Fields(self.take(name), f"{self.where} {name}")

    def object_or_none(self, name: str) -> "Fields | None":
        """Take an object to be read in turn, or null."""
        return None if self._took_null(name) else self.object(name)

    def objects(self, name: str) -> list[tuple[int, "Fields"]]:
        """Take a list of objects: give each with its place in the list."""
        return _objects(self.rows(name), f"{self.where} {name}")

    def time_ns(self, name: str) -> int:
        """Take an ISO 8601 time with its zone as UTC nanoseconds."""
        return self._time_ns(name, "", "an ISO 8601 time with its zone")

    def utc_time_ns(self, name: str) -> int:
        """Take a time without its zone, which the source says is UTC, as UTC nanoseconds."""
        return self._time_ns(name, "Z", "an ISO 8601 time without its zone")

    def day_end_ns(self, name: str) -> int:
        """Take a UTC day: give its last second, by which all of that day had been seen."""
        return self._time_ns(name, "T23:59:59Z", "a day YYYY-MM-DD")

    def rows(self, name: str) -> list[Any]:
        """Take a list."""
        value = self.take(name)
        if isinstance(value, list):
            return value
        self._refuse(name, "a list", value)

    def names(self) -> list[str]:
        """Give the names of the fields not yet taken, in the order of the body."""
        return list(self._left)

    def end(self) -> None:
        """Raise UnexpectedData if a field was left."""
        exhausted(self._left, self.where)

    def _took_null(self, name: str) -> bool:
        """Take a field that is null; leave any other, or none, to be taken."""
        if self._left.get(name, "") is not None:
            return False
        del self._left[name]
        return True

    def _bounded(self, name: str, text: str) -> str:
        if len(text) > TEXT_CHARACTERS_MAX:
            self._refuse(name, f"at most {TEXT_CHARACTERS_MAX} characters", text)
        return text

    def _price_nanousd(self, name: str, text: str, per: int) -> int:
        return nanousd_of(text, f"{self.where}: {name}", per)

    def _time_ns(self, name: str, unsaid: str, expected: str) -> int:
        """Take a time of which the source leaves `unsaid` out."""
        text = self.text(name)
        try:
            return ns_from_iso(text + unsaid)
        except ValueError:
            self._refuse(name, expected, text)

    def _refuse(self, name: str, expected: str, found: Any) -> NoReturn:
        raise UnexpectedData(f"{self.where}: {name}: expected {expected}, found {_kind(found)}")


def parse(body: bytes, where: str) -> Any:
    """Parse a JSON body; raises UnexpectedData on anything else.

    Refused as well: NaN and infinities, a name given twice, text that is not UTF-8, and more than
    VALUES_MAX values (each but the first of a list or object comes after a comma).
    """
    if body.count(b",") > VALUES_MAX:
        raise UnexpectedData(f"{where}: expected at most {VALUES_MAX} values, found more commas")
    try:
        return json.loads(
            body.decode(),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise UnexpectedData(f"{where}: expected JSON, found {fault}") from None


def parse_object(body: bytes, where: str) -> Fields:
    """Parse a body that is one JSON object; raises UnexpectedData on anything else."""
    return Fields(parse(body, where), where)


def parse_objects(body: bytes, where: str) -> list[tuple[int, Fields]]:
    """Parse a body that is one JSON list of objects: give each with its place in the list.

    Raises UnexpectedData on anything else.
    """
    value = parse(body, where)
    if not isinstance(value, list):
        raise UnexpectedData(f"{where}: expected a list, found {_kind(value)}")
    return _objects(value, where)


def parse_lines(body: bytes, where: str) -> Iterator[tuple[str, Fields]]:
    """Yield each line of JSON with its row, such as "line 1"; raises UnexpectedData."""
    if not body.endswith(b"\n"):
        raise UnexpectedData(f"{where}: expected a last line that ends, found it cut off")
    for number, line in enumerate(body.splitlines(), 1):
        row = f"line {number}"
        yield row, parse_object(line, f"{where} {row}")


def parse_csv(
    body: bytes, where: str, columns: Collection[str], numbers: Collection[str] = ()
) -> Iterator[tuple[str, Fields]]:
    """Yield each row of a CSV with its place, such as "line 2".

    The header must be exactly `columns`, in any order. Fields of `numbers` are numbers, or null
    where empty; all others are strings. Raises UnexpectedData on a row that is short or long.
    """
    text = decoded(body, where)
    if not text.endswith("\n"):
        raise UnexpectedData(f"{where}: expected a last line that ends, found it cut off")
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(lines)
        if sorted(header) != sorted(columns):
            raise UnexpectedData(f"{where}: expected the columns {sorted(columns)}, found {header}")
        for cells in lines:
            row = f"line {lines.line_num}"
            if len(cells) != len(header):
                raise UnexpectedData(
                    f"{where} {row}: expected {len(header)} cells, found {len(cells)}"
                )
            values = dict(zip(header, cells, strict=True))
            typed = {name: _cell(text, name in numbers) for name, text in values.items()}
            yield row, Fields(typed, f"{where} {row}")
    except (csv.Error, StopIteration) as fault:
        raise UnexpectedData(f"{where}: expected CSV, found {fault!r}") from None


def decoded(body: bytes, where: str) -> str:
    """Read bytes as UTF-8; raises UnexpectedData where they are not."""
    try:
        return body.decode()
    except UnicodeDecodeError as fault:
        raise UnexpectedData(f"{where}: expected UTF-8, found {fault}") from None


def nanousd_of(text: str, where: str, per: int = 1, unit_nanousd: int = NANOUSD_PER_USD) -> int:
    """Read what `per` cost, in units of this many nano-dollars: give the nano-dollars of one.

    It is divided exactly, then rounded once, half-even. Raises UnexpectedData for what is no price.
    """
    try:
        units = Fraction(decimal_from_text(text))
    except InexactAmount as fault:
        raise UnexpectedData(f"{where}: {fault}") from None
    price_nanousd = round_half_even(units * unit_nanousd / per)
    if 0 <= price_nanousd < PRICE_NANOUSD_LIMIT:
        return price_nanousd
    raise UnexpectedData(f"{where}: expected a price from 0 up, found {text}")


def _objects(values: list[Any], where: str) -> list[tuple[int, Fields]]:
    return [(n, Fields(value, f"{where}/{n}")) for n, value in enumerate(values)]


def _cell(text: str, is_number: bool) -> str | None:
    if not is_number:
        return text
    return Number(text) if text else None


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"the constant {text}")


def _number(text: str) -> Number:
    """Make a number; in Python, so that other threads get their turn in a body of nothing else."""
    return Number(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"a name given twice: {_kind(name)}")
            seen.add(name)
    return fields


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    shown = "null" if value is None else str(value) if isinstance(value, Number) else repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
