"""METER: what was delivered, second by second, as somebody signed it.

Takes   readings: from when on how many chips served an obligation, as counts and seconds.
Gives   accepted readings, their gaps, the chip-seconds and hundredths of each hour.
Keeps   seconds whole and sums exact; the same reading twice, once; two readings of one second,
        one second outside the obligation or one chip more than was awarded, refused.
Source  docs/formulation/runs.md, section 8, equations 18 and 19; RFC 8032 for the signature.
"""

from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.grid import INTERVALS_MAX as HOURS_MAX
from chiphour.auction.instance import canonical
from chiphour.auction.obligations import Obligation
from chiphour.auction.record import hash_of
from chiphour.auction.record import read_record
from chiphour.auction.record import root_of
from chiphour.auction.record import time_ns
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_floor
from chiphour.units import iso_from_ns

SCHEMA_NAME = "chiphour.meter.reading/1"
SECONDS_PER_HOUR = NS_PER_HOUR // NS_PER_SECOND
CHIP_SECONDS_PER_HUNDREDTH = SECONDS_PER_HOUR // 100
CHIPS_MAX = 1 << 24
SIGNATURE_BYTES = 64
assert CHIP_SECONDS_PER_HUNDREDTH * 100 == SECONDS_PER_HOUR

Verify = Callable[[bytes, bytes, bytes], bool]  # Public key, message, signature.


class Count(NamedTuple):
    """So many chips for so many seconds."""

    chips: int
    seconds: int


class Reading(NamedTuple):
    """Chips that served an obligation, second by second from `from_ns`, as `account` saw it.

    `counts` are in their shortest form: no two neighbours have the same chips. `units_picos` is
    the work done meanwhile, in 10^-12 of the workload's unit, where it was counted.
    """

    account: int
    obligation: str
    from_ns: int
    counts: tuple[Count, ...]
    units_picos: int | None

    @property
    def end_ns(self) -> int:
        """Give the end of its last second."""
        return self.from_ns + sum(count.seconds for count in self.counts) * NS_PER_SECOND

    @property
    def hash(self) -> str:
        """Give the SHA-256 of its canonical JSON."""
        return hash_of(_fields(self))

    @property
    def message(self) -> bytes:
        """Give the bytes that are signed: the name of the form, a newline, the canonical JSON."""
        return f"{SCHEMA_NAME}\n".encode() + canonical(_fields(self))


class Signed(NamedTuple):
    """A reading and the signature of its message."""

    reading: Reading
    signature: bytes


class Gap(NamedTuple):
    """Seconds of which there is no reading: nothing counts as delivered in them."""

    from_ns: int
    to_ns: int


Segment = tuple[int, int, int]  # First second and the one after the last, chips.


def check_signature(signed: Signed, keys: Mapping[int, bytes], verify: Verify) -> None:
    """Raise RequestMalformed unless the account's own key signed the reading."""
    account = signed.reading.account
    key = keys.get(account)
    if key is None or not verify(key, signed.reading.message, signed.signature):
        found = "no key of it" if key is None else "a signature that does not fit"
        raise RequestMalformed(f"reading: expected the signature of account {account}, {found}")


def accepted(
    obligation: Obligation, readings: Sequence[Signed], new: Signed, account: int
) -> tuple[Signed, ...]:
    """Give the readings of one account with a new one among them, in order of time.

    A reading that is there already changes nothing. Raises RequestMalformed when it is another
    account's or of another obligation, leaves its hours, overlaps one that is there, or shows
    more chips in a second, or more chip-hours in an hour, than were awarded.
    """
    reading = new.reading
    if is_known(readings, reading):
        return tuple(readings)
    _check_place(obligation, reading, account)
    place = _place(readings, reading)
    for known in readings[max(0, place - 1) : place + 1]:
        if reading.from_ns < known.reading.end_ns and known.reading.from_ns < reading.end_ns:
            raise RequestMalformed(
                f"reading: expected seconds not yet read, found {_span(reading)} "
                f"over {_span(known.reading)}"
            )
    together = (*readings[:place], new, *readings[place:])
    _check_chips(obligation, new)
    _check_totals(obligation, together, place)
    return together


def is_known(readings: Sequence[Signed], reading: Reading) -> bool:
    """Tell whether this very reading is among readings in order of time."""
    place = _place(readings, reading)
    return any(known.reading == reading for known in readings[place : place + 1])


def gaps(obligation: Obligation, readings: Iterable[Signed]) -> tuple[Gap, ...]:
    """Give the seconds that no reading covers."""
    spans = [(signed.reading.from_ns, signed.reading.end_ns) for signed in readings]
    edges = [(obligation.from_ns, obligation.from_ns), *sorted(spans)]
    edges.append((obligation.end_ns, obligation.end_ns))
    return tuple(
        Gap(before[1], after[0]) for before, after in pairwise(edges) if before[1] < after[0]
    )


def chip_seconds(obligation: Obligation, readings: Iterable[Signed]) -> tuple[int, ...]:
    """Give the chip-seconds of each hour (equation 18); what was not read is zero."""
    return per_hour(obligation, _segments(obligation, readings))


def per_hour(obligation: Obligation, segments: Iterable[Segment]) -> tuple[int, ...]:
    """Add up segments of seconds by the obligation's hour in which they lie."""
    sums = [0] * len(obligation.awarded_hundredths)
    seconds = _hour_seconds(obligation)
    for begins, ends, chips in segments:
        while begins < ends:
            hour = begins // seconds
            until = min(ends, (hour + 1) * seconds)
            sums[hour] += (until - begins) * chips
            begins = until
    return tuple(sums)


def hundredths(found_chip_seconds: Iterable[int]) -> tuple[int, ...]:
    """Give hundredths of a chip-hour, rounded down (equation 19): in favour of the buyer."""
    return tuple(div_floor(part, CHIP_SECONDS_PER_HUNDREDTH) for part in found_chip_seconds)


def units_picos(readings: Iterable[Signed]) -> int | None:
    """Give the work of all readings, or None where one does not say."""
    parts = [signed.reading.units_picos for signed in readings]
    found = [part for part in parts if part is not None]
    return sum(found) if found and len(found) == len(parts) else None


def segments_of(obligation: Obligation, readings: Iterable[Signed]) -> tuple[Segment, ...]:
    """Give what readings say as segments of the obligation's seconds, in order of time."""
    return tuple(sorted(_segments(obligation, readings)))


def readings_root(readings: Iterable[Signed]) -> str:
    """Give one hash for readings in order of time, with their signatures."""
    ranked = sorted(readings, key=lambda signed: signed.reading.from_ns)
    return root_of([hash_of(_signed_fields(signed)) for signed in ranked])


def to_json(signed: Signed) -> bytes:
    """Write a signed reading as canonical JSON."""
    return canonical(_signed_fields(signed))


def from_json(body: bytes) -> Signed:
    """Read a signed reading; raises RequestMalformed with the field at fault."""
    return read_record(body, "reading", SCHEMA_NAME, _read)


def _check_place(obligation: Obligation, reading: Reading, account: int) -> None:
    tests = (
        ("account", reading.account == account, account, reading.account),
        (
            "obligation",
            reading.obligation == obligation.hash,
            obligation.hash,
            reading.obligation,
        ),
        (
            "from",
            reading.from_ns >= obligation.from_ns,
            f"{iso_from_ns(obligation.from_ns)} or later",
            iso_from_ns(reading.from_ns),
        ),
        (
            "counts",
            reading.end_ns <= obligation.end_ns,
            f"seconds that end by {iso_from_ns(obligation.end_ns)}",
            iso_from_ns(reading.end_ns),
        ),
    )
    for name, passed, expected, found in tests:
        if not passed:
            raise RequestMalformed(f"reading.{name}: expected {expected}, found {found}")


def _check_chips(obligation: Obligation, new: Signed) -> None:
    """Raise RequestMalformed for a second with more chips than the hour's award needs."""
    seconds = _hour_seconds(obligation)
    for begins, ends, chips in _segments(obligation, [new]):
        for hour in range(begins // seconds, (ends - 1) // seconds + 1):
            most = obligation.chips_max(hour)
            if chips > most:
                raise RequestMalformed(
                    f"reading: expected at most {most} chips in hour {hour}, found {chips}"
                )


def _check_totals(obligation: Obligation, readings: Sequence[Signed], place: int) -> None:
    """Raise RequestMalformed for an hour of the reading at `place` with more than was awarded."""
    reading, step_ns = readings[place].reading, obligation.hour_ns
    first = (reading.from_ns - obligation.from_ns) // step_ns
    end = -((obligation.from_ns - reading.end_ns) // step_ns)
    from_ns = obligation.from_ns + first * step_ns
    to_ns = obligation.from_ns + end * step_ns
    low = high = place
    while low > 0 and readings[low - 1].reading.end_ns > from_ns:
        low -= 1
    while high + 1 < len(readings) and readings[high + 1].reading.from_ns < to_ns:
        high += 1
    found = chip_seconds(obligation, readings[low : high + 1])
    for hour in range(first, end):
        most = obligation.awarded_hundredths[hour] * CHIP_SECONDS_PER_HUNDREDTH
        if found[hour] > most:
            raise RequestMalformed(
                f"reading: expected at most {most} chip-seconds in hour {hour}, found {found[hour]}"
            )


def _place(readings: Sequence[Signed], reading: Reading) -> int:
    """Give the place of a reading among others in order of time, before one of its second."""
    return bisect_left(readings, reading.from_ns, key=lambda signed: signed.reading.from_ns)


def _hour_seconds(obligation: Obligation) -> int:
    return obligation.hour_ns // NS_PER_SECOND


def _segments(obligation: Obligation, readings: Iterable[Signed]) -> Iterator[Segment]:
    for signed in readings:
        begins = div_floor(signed.reading.from_ns - obligation.from_ns, NS_PER_SECOND)
        for chips, seconds in signed.reading.counts:
            yield begins, begins + seconds, chips
            begins += seconds


def _fields(reading: Reading) -> dict[str, Any]:
    units = reading.units_picos
    return {
        "schema": SCHEMA_NAME,
        "account": reading.account,
        "obligation": reading.obligation,
        "from": iso_from_ns(reading.from_ns),
        "counts": [count._asdict() for count in reading.counts],
        "units": None if units is None else decimal_text(units, PICOS),
    }


def _signed_fields(signed: Signed) -> dict[str, Any]:
    return _fields(signed.reading) | {"signature": signed.signature.hex()}


def _read(fields: Fields) -> Signed:
    counts = fields.each("counts", _read_count)
    same = any(before.chips == after.chips for before, after in pairwise(counts))
    if not counts or same:
        raise fields.refuse("counts", "one or more, neighbours of different chips", len(counts))
    units = None
    if fields.peek("units") is None:
        fields.raw("units")
    elif (units := fields.picos("units")) < 0:
        raise fields.refuse("units", "work that is not negative", decimal_text(units, PICOS))
    text = fields.text("signature")
    try:
        signature = bytes.fromhex(text)
    except ValueError:
        signature = b""
    if len(signature) != SIGNATURE_BYTES or signature.hex() != text:
        raise fields.refuse("signature", f"{2 * SIGNATURE_BYTES} hexadecimal digits", text)
    account, obligation = fields.integer("account", 1, ACCOUNT_MAX), fields.name("obligation")
    return Signed(Reading(account, obligation, time_ns(fields, "from"), counts, units), signature)


def _read_count(fields: Fields) -> Count:
    seconds_max = HOURS_MAX * SECONDS_PER_HOUR
    return Count(fields.integer("chips", 0, CHIPS_MAX), fields.integer("seconds", 1, seconds_max))


def _span(reading: Reading) -> str:
    return f"{iso_from_ns(reading.from_ns)} to {iso_from_ns(reading.end_ns)}"
