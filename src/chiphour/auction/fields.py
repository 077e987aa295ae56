"""FIELDS: strict reading of one JSON object: pop what is known, refuse the rest.

Takes   a JSON object and the path at which it stands, such as `bids[3] "acme-1".curve[0]`.
Gives   its fields as text, integers, picos (10^-12), hundredths of a chip-hour, ticks;
        `RequestMalformed`, which names the path, what was expected and what was found.
Keeps   nothing read by guess: a number is decimal text, an unknown field is refused.
Source  docs/formulation/auction.md, section 2; rulebook 1.
"""

import re
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import InexactAmount
from chiphour.units import exact_from_text
from chiphour.units import ns_from_iso
from chiphour.units import ticks_from_text

HUNDREDTHS = 100  # Of a chip-hour: the unit of every divisible quantity.
QUANTITY_HUNDREDTHS_MAX = 1 << 32
PRICE_TICKS_MAX = 1 << 28
assert QUANTITY_HUNDREDTHS_MAX * PRICE_TICKS_MAX <= 1 << 60  # A line's money: an int64.
PICOS = 10**12  # Rates, work, shares and dollars per unit are exact to twelve decimals.
PICOS_MAX = 10**24
ACCOUNT_MEMBER_LEAST = 8  # Rulebook 3.1: rows 0 to 7 are the market's own.
ACCOUNT_MAX = (1 << 31) - 1
PAIRS_MAX = 1_000
NEED_MAX = 10_000
NEEDS_MAX = 16  # Resources, and factors of work.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


T = TypeVar("T")


class RequestMalformed(MarketError):
    """A request that cannot be read: says where, what was expected and what was found."""


class Fields:
    """One JSON object being read. Every `pop` removes a field; `exhausted` refuses the rest."""

    def __init__(self, value: Any, path: str) -> None:
        """Begin to read an object that stands at `path`; raises RequestMalformed on others."""
        if not isinstance(value, dict):
            raise RequestMalformed(f"{path}: expected an object, found {_shown(value)}")
        self.path = path
        self._left = dict(value)

    def refuse(self, name: str, expected: str, found: Any) -> RequestMalformed:
        """Give the refusal of one field."""
        return RequestMalformed(f"{self.path}.{name}: expected {expected}, found {_shown(found)}")

    def raw(self, name: str) -> Any:
        """Pop a field as it is; raises RequestMalformed when it is missing."""
        if name not in self._left:
            raise RequestMalformed(f"{self.path}.{name}: expected this field, found none")
        return self._left.pop(name)

    def peek(self, name: str) -> Any:
        """Give a field without popping it, or None: to say where a fault lies."""
        return self._left.get(name)

    def has(self, name: str) -> bool:
        """Tell whether a field is there, unread."""
        return name in self._left

    def null(self, name: str) -> bool:
        """Tell whether a field is there and null; then it is popped."""
        if not self.has(name) or self.peek(name) is not None:
            return False
        self.raw(name)
        return True

    def text(self, name: str) -> str:
        """Pop text."""
        value = self.raw(name)
        if not isinstance(value, str):
            raise self.refuse(name, "text", value)
        return value

    def name(self, name: str) -> str:
        """Pop a short name: letters, digits and . _ : - only."""
        value = self.text(name)
        if not NAME.fullmatch(value):
            raise self.refuse(name, "a name of at most 64 letters, digits and . _ : -", value)
        return value

    def choice(self, name: str, words: Sequence[str]) -> str:
        """Pop one of several words."""
        value = self.text(name)
        if value not in words:
            raise self.refuse(name, " or ".join(words), value)
        return value

    def integer(self, name: str, least: int, most: int) -> int:
        """Pop an integer within bounds, both included."""
        value = self.raw(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.refuse(name, f"an integer from {least} to {most}", value)
        return value

    def account(self, name: str) -> int:
        """Pop the account of a member."""
        return self.integer(name, ACCOUNT_MEMBER_LEAST, ACCOUNT_MAX)

    def picos(self, name: str) -> int:
        """Pop decimal text of at most twelve digits on either side, in units of 10^-12."""
        value = self.text(name)
        try:
            picos = exact_from_text(value, PICOS, "twelfth decimal")
        except InexactAmount:
            raise self.refuse(name, "decimal text of at most twelve decimals", value) from None
        if abs(picos) >= PICOS_MAX:
            raise self.refuse(name, "at most twelve digits before the point", value)
        return picos

    def positive_picos(self, name: str) -> int:
        """Pop decimal text above zero, as 10^-12."""
        picos = self.picos(name)
        if picos <= 0:
            raise self.refuse(name, "a number above zero", decimal_text(picos, PICOS))
        return picos

    def ppm(self, name: str, least: int, most: int) -> int:
        """Pop decimal text within bounds, both included and in millionths, as millionths."""
        value = self.text(name)
        expected = f"decimal text of at most six decimals, {least} to {most} millionths"
        try:
            found = exact_from_text(value, PPM, "millionth")
        except InexactAmount:
            raise self.refuse(name, expected, value) from None
        if not least <= found <= most:
            raise self.refuse(name, expected, value)
        return found

    def ticks(self, name: str) -> int:
        """Pop a price in dollars as ticks of $0.0001."""
        value = self.text(name)
        try:
            price_ticks = ticks_from_text(value)
        except InexactAmount:
            raise self.refuse(name, "dollars in multiples of 0.0001", value) from None
        if abs(price_ticks) > PRICE_TICKS_MAX:
            raise self.refuse(name, f"at most {PRICE_TICKS_MAX} ticks", value)
        return price_ticks

    def hundredths(self, name: str) -> int:
        """Pop a quantity of chip-hours, not negative, as hundredths."""
        return self._hundredths(name, self.raw(name), least=0)

    def signed_hundredths(self, name: str) -> int:
        """Pop a quantity of chip-hours of either sign, as hundredths."""
        return self._hundredths(name, self.raw(name), least=-QUANTITY_HUNDREDTHS_MAX)

    def hundredths_each(self, name: str, count: int, *, signed: bool = False) -> tuple[int, ...]:
        """Pop a list of quantities of chips, one for each interval of the run."""
        values = self.raw(name)
        if not isinstance(values, list) or len(values) != count:
            raise self.refuse(name, f"a list of {count} quantities, one an interval", values)
        least = -QUANTITY_HUNDREDTHS_MAX if signed else 0
        return tuple(self._hundredths(f"{name}[{i}]", v, least) for i, v in enumerate(values))

    def _hundredths(self, name: str, value: Any, least: int) -> int:
        expected = "chip-hours as decimal text in multiples of 0.01"
        if not isinstance(value, str):
            raise self.refuse(name, expected, value)
        try:
            quantity = exact_from_text(value, HUNDREDTHS, "hundredth of a chip-hour")
        except InexactAmount:
            raise self.refuse(name, expected, value) from None
        if not least <= quantity <= QUANTITY_HUNDREDTHS_MAX:
            raise self.refuse(name, "a quantity that is not negative, and within bounds", value)
        return quantity

    def interval(self, name: str, opens_ns: int, step_minutes: int, intervals: int) -> int:
        """Pop the time at which an interval of the run begins, its end included, as a number."""
        value = self.text(name)
        try:
            minutes, rest = divmod(ns_from_iso(value) - opens_ns, NS_PER_MINUTE)
        except ValueError:
            raise self.refuse(name, "an ISO 8601 time with its zone", value) from None
        interval, odd = divmod(minutes, step_minutes)
        if rest or odd or not 0 <= interval <= intervals:
            raise self.refuse(name, "the beginning of an interval of the run, or its end", value)
        return interval

    def each(self, name: str, read: Callable[["Fields"], T]) -> tuple[T, ...]:
        """Pop a list of objects, each read by `read` and then exhausted."""
        values = self.raw(name)
        if not isinstance(values, list):
            raise self.refuse(name, "a list", values)
        return tuple(
            read_whole(value, f"{self.path}.{name}[{i}]", read) for i, value in enumerate(values)
        )

    def object(self, name: str) -> "Fields":
        """Pop an object, to be read and exhausted in its turn."""
        return Fields(self.raw(name), f"{self.path}.{name}")

    def names(self) -> tuple[str, ...]:
        """Give the names of the fields that are left."""
        return tuple(self._left)

    def pairs(self, name: str, count_max: int = PAIRS_MAX) -> tuple["Fields", ...]:
        """Pop a list of pairs; each is read as an object with the fields "0" and "1"."""
        values = self.raw(name)
        if not isinstance(values, list) or len(values) > count_max:
            found = len(values) if isinstance(values, list) else values
            raise self.refuse(name, f"a list of at most {count_max} pairs", found)
        for place, value in enumerate(values):
            if not isinstance(value, list) or len(value) != 2:
                raise self.refuse(f"{name}[{place}]", "a pair", value)
        return tuple(
            Fields({"0": value[0], "1": value[1]}, f"{self.path}.{name}[{place}]")
            for place, value in enumerate(values)
        )

    def exhausted(self) -> None:
        """Raise RequestMalformed when a field was left unread."""
        if self._left:
            unknown = _shown(", ".join(sorted(self._left)))[1:-1]
            raise RequestMalformed(f"{self.path}: expected no other field, found {unknown}")


def read_whole(value: Any, path: str, read: Callable[[Fields], T]) -> T:
    """Read an object completely: what `read` leaves is refused."""
    fields = Fields(value, path)
    result = read(fields)
    fields.exhausted()
    return result


def read_names(fields: Fields, name: str, words: Sequence[str]) -> tuple[str, ...]:
    """Give names sorted; raises RequestMalformed where they are too many, or one is no name."""
    if len(words) > NEEDS_MAX:
        raise fields.refuse(name, f"at most {NEEDS_MAX} names", len(words))
    for word in words:
        if not NAME.fullmatch(word):
            raise fields.refuse(name, "names of at most 64 letters, digits and . _ : -", word)
    return tuple(sorted(words))


def read_needs(fields: Fields) -> tuple[tuple[str, int], ...]:
    """Pop `needs`: whole units of each side resource that a chip needs, by name."""
    needs = fields.object("needs")
    read_names(fields, "needs", needs.names())
    return tuple((name, needs.integer(name, 1, NEED_MAX)) for name in sorted(needs.names()))


def closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    """Give the JSON Schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def decimal_text(value: int, parts_per_one: int) -> str:
    """Write an integer count of decimal parts as a number, in its shortest plain form."""
    whole, part = divmod(abs(value), parts_per_one)
    sign = "-" if value < 0 else ""
    if not part:
        return f"{sign}{whole}"
    digits = str(parts_per_one + part)[1:].rstrip("0")
    return f"{sign}{whole}.{digits}"


def hundredths_text(quantity_hundredths: int) -> str:
    """Write hundredths of a chip-hour as chip-hours."""
    return decimal_text(quantity_hundredths, HUNDREDTHS)


def hundredths_texts(quantities: Sequence[int]) -> list[str]:
    """Write each of several quantities in hundredths as chip-hours."""
    return [hundredths_text(quantity) for quantity in quantities]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
