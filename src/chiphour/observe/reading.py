"""READING: a JSON body taken apart field by field, and nothing left over.

Takes   bytes from outside.
Gives   `Fields`: each field is taken once, with its type; numbers stay the text they were.
Keeps   a new, missing or misshapen field loud: UnexpectedData names file, row and field.
Source  Decision 0003.
"""

import json
from typing import Any
from typing import NoReturn

from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import exhausted
from chiphour.units import InexactAmount
from chiphour.units import nanousd_from_text
from chiphour.units import ns_from_iso


class Number(str):
    """A JSON number as it was written: never a float."""


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

    def skip(self, names: tuple[str, ...]) -> None:
        """Take fields that must be there but are not kept."""
        for name in names:
            self.take(name)

    def text(self, name: str) -> str:
        """Take a string."""
        value = self.take(name)
        if isinstance(value, str) and not isinstance(value, Number):
            return value
        self._refuse(name, "a string", value)

    def text_or_none(self, name: str) -> str | None:
        """Take a string or null."""
        value = self.take(name)
        if value is None or (isinstance(value, str) and not isinstance(value, Number)):
            return value
        self._refuse(name, "a string or null", value)

    def boolean(self, name: str) -> bool:
        """Take true or false."""
        value = self.take(name)
        if isinstance(value, bool):
            return value
        self._refuse(name, "true or false", value)

    def number(self, name: str) -> str:
        """Take a number as the text it was."""
        value = self.take(name)
        if isinstance(value, Number):
            return str(value)
        self._refuse(name, "a number", value)

    def number_or_none(self, name: str) -> str | None:
        """Take a number as text, or null."""
        value = self.take(name)
        if value is None or isinstance(value, Number):
            return None if value is None else str(value)
        self._refuse(name, "a number or null", value)

    def count(self, name: str, least: int = 0) -> int:
        """Take a whole number of at least `least`, below 2^62."""
        text = self.number(name)
        if text.isdecimal() and len(text) < 19 and int(text) >= least:
            return int(text)
        self._refuse(name, f"a whole number of at least {least}", Number(text))

    def price_nanousd(self, name: str) -> int:
        """Take a price in dollars, not negative, as nano-dollars rounded half-even."""
        text = self.number(name)
        try:
            price_nanousd = nanousd_from_text(text)
        except InexactAmount as fault:
            raise UnexpectedData(f"{self.where}: {name}: {fault}") from None
        if price_nanousd < 0 or price_nanousd >= 1 << 62:
            self._refuse(name, "a price from 0 up", Number(text))
        return price_nanousd

    def time_ns(self, name: str) -> int:
        """Take an ISO 8601 time with its zone as UTC nanoseconds."""
        text = self.text(name)
        try:
            return ns_from_iso(text)
        except ValueError:
            self._refuse(name, "an ISO 8601 time with its zone", text)

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

    def _refuse(self, name: str, expected: str, found: Any) -> NoReturn:
        raise UnexpectedData(f"{self.where}: {name}: expected {expected}, found {_kind(found)}")


def parse_object(body: bytes, where: str) -> Fields:
    """Parse a body that is one JSON object; raises UnexpectedData on anything else.

    Refused as well: NaN and infinities, a name given twice, text that is not UTF-8.
    """
    try:
        value = json.loads(
            body.decode(),
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise UnexpectedData(f"{where}: expected JSON, found {fault}") from None
    return Fields(value, where)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"the constant {text}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a name given twice: {next(n for n in names if names.count(n) > 1)!r}")
    return fields


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    shown = "null" if value is None else str(value) if isinstance(value, Number) else repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
