"""NUMBERS: whole numbers, ranks and texts: all the arithmetic that the audit has.

Takes   whole numbers of some unit; decimal text.
Gives   middles, nearest counts, shares of a book's weight; amounts and times as text.
Keeps   every value whole: a middle that is not is our mistake, never rounded away.
Source  docs/methodology/v2026_1.md, "Numbers" and "Venue rate"; decision 0012.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta

ONE_PPM = 1_000_000  # One, in parts per million.
TICK_NANOUSD = 100_000
USD_NANOUSD = 1_000_000_000
HOUR_NS = 3_600_000_000_000

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def middle(values: Iterable[int]) -> int:
    """Give the mean of the values of the lower and the upper middle rank; it must be whole."""
    ranked = list(values)
    count = len(ranked)
    if count > 2:
        ranked.sort()
    if count % 2:
        return ranked[count // 2]
    twice = ranked[count // 2 - 1] + ranked[count // 2]
    assert twice % 2 == 0
    return twice // 2


def weighted_middle(weighed: Iterable[tuple[int, int]]) -> int:
    """Give the value at half of the weight, from (value, weight above 0).

    It is the first by rank with more than half of the weight at or below it; where some value has
    just half, the mean of that and the next one.
    """
    ranked = sorted(weighed)
    total = sum(weight for _, weight in ranked)
    below = 0
    for at, (value, weight) in enumerate(ranked):
        below += weight
        if 2 * below > total:
            return value
        if 2 * below == total:
            twice = value + ranked[at + 1][0]
            assert twice % 2 == 0
            return twice // 2
    raise AssertionError("no weight to halve")


def nearest(value: int, unit: int) -> int:
    """Count the units in a value, to the nearest; a tie goes to the even count."""
    count, over = divmod(2 * value + unit, 2 * unit)
    return count - 1 if over == 0 and count % 2 else count


def common_divisor(one: int, other: int) -> int:
    """Give the largest number that divides both."""
    while other:
        one, other = other, one % other
    return one


def common_multiple(one: int, other: int) -> int:
    """Give the least number that both divide."""
    return one // common_divisor(one, other) * other


def host_weights(machines: Mapping[str, int], share_ppm: int, hosts_min: int) -> dict[str, int]:
    """Give what each machine of a host weighs, in whole numbers, from its number of machines.

    With too few hosts for the share, every host weighs the same. Else a host counts as at most c
    machines, c the largest number with c at most the share of all that then counts.
    """
    count = 1
    for number in machines.values():
        count = common_multiple(count, number)
    if len(machines) < hosts_min:
        return {host: count // number for host, number in machines.items()}
    above, below = _host_limit(sorted(machines.values()), share_ppm)
    return {
        host: min(below * count, above * (count // number)) for host, number in machines.items()
    }


def _host_limit(ranked: list[int], share_ppm: int) -> tuple[int, int]:
    """Give c as two whole numbers, from the machines of each host in rising order.

    If just the k smallest hosts, with s machines, count in full, c is share (s + (H - k) c).
    """
    full = 0
    for k, number in enumerate(ranked):
        # Not even this host fits: the limit lies between it and the one before.
        over = number * ONE_PPM > share_ppm * (full + number * (len(ranked) - k))
        if over:
            return share_ppm * full, ONE_PPM - share_ppm * (len(ranked) - k)
        full += number
    return ranked[-1], 1


def fraction_from(text: object) -> tuple[int, int] | None:
    """Read digits, perhaps with a decimal part, as (numerator, denominator); None for all else."""
    if not isinstance(text, str) or not text.isascii():
        return None
    whole, point, part = text.partition(".")
    if not whole.isdigit() or (point and not part.isdigit()):
        return None
    return int(whole + part), 10 ** len(part)


def usd_text(value: int, scale: int) -> str:
    """Write value/scale nano-dollars, not negative, as dollars with nine decimals."""
    return _shifted(nearest(value, scale), 9)


def share_text(share_ppm: int) -> str:
    """Write parts per million as a share of one with six decimals."""
    return _shifted(share_ppm, 6)


def _shifted(value: int, decimals: int) -> str:
    digits = str(value).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def time_text(time_ns: int) -> str:
    """Write nanoseconds UTC as ISO 8601 with `Z`, to the second where that is exact."""
    moment = _BEGINNING + timedelta(microseconds=time_ns // 1_000)
    return moment.isoformat().replace("+00:00", "Z")
