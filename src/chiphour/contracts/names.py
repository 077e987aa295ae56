"""NAMES: how a contract is called: H100SXMOD_USDC-PERPETUAL, H100SXMOD_USDC-31AUG26.

Takes   the ticker of the series that it settles on, and its expiry.
Gives   the name, and from a name its parts.
Keeps   one name for one contract: each series has its own first word, because clients take two
        contracts of one word, quote and expiry for the same.
Source  Decision 0006. The form is Deribit's, which clients of many exchanges can read.
"""

import re
from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.contracts import table
from chiphour.units import day_from_ns

QUOTE = "USDC"
PERPETUAL = "PERPETUAL"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CENTURY = 2000
_NAME = re.compile(r"([A-Z0-9]+)_USDC-(?:(PERPETUAL)|([1-9]\d?)([A-Z]{3})(\d\d))")


class ContractName(NamedTuple):
    """The parts of a name; `expiry` is None for a perpetual."""

    base: str
    expiry: date | None


def base_of(ticker: str) -> str:
    """Give the first word of the contracts on a series: CHR.H100.SXM.OD is H100SXMOD."""
    return re.sub(r"[^A-Z0-9]", "", ticker.removeprefix("CHR."))


def contract_name(ticker: str, expiry: date | None) -> str:
    """Name a contract on a series; raises ValueError when the year has more than two digits."""
    if expiry is None:
        return f"{base_of(ticker)}_{QUOTE}-{PERPETUAL}"
    return f"{base_of(ticker)}_{QUOTE}-{day_word(expiry)}"


def day_word(day: date) -> str:
    """Write a day as names have it, 31AUG26; raises ValueError outside 2000 to 2099."""
    if not CENTURY <= day.year < CENTURY + 100:
        raise ValueError(f"expected an expiry from 2000 to 2099, found {day.isoformat()}")
    return f"{day.day}{MONTHS[day.month - 1]}{day.year - CENTURY:02d}"


def name_of(
    terms: Sequence[int],
    ticker_of: Callable[[int], str],
    expiry_ns_of: Callable[[int], int] = lambda contract: 0,
) -> str:
    """Name a contract by its terms row.

    `ticker_of` gives the ticker of an index by number, `expiry_ns_of` the expiry of another
    contract, which only a calendar spread asks for.
    """
    ticker = ticker_of(int(terms[table.INDEX]))
    if terms[table.TYPE] == table.Type.CALENDAR:
        ticker += f"TO{day_word(day_from_ns(expiry_ns_of(int(terms[table.LEG_FAR]))))}"
    if terms[table.AVERAGE_DAYS]:
        ticker += ".AVG"
    if terms[table.INDEX_B]:
        ticker += f".{ticker_of(int(terms[table.INDEX_B])).removeprefix('CHR.')}"
    expiry_ns = int(terms[table.EXPIRY_NS])
    return contract_name(ticker, day_from_ns(expiry_ns) if expiry_ns else None)


def parse_name(name: str) -> ContractName:
    """Read a name; raises ValueError with a legal one when it is not one."""
    found = _NAME.fullmatch(name)
    if not found or (found[4] and found[4] not in MONTHS):
        raise ValueError(f"expected a contract such as H100SXMOD_USDC-31AUG26, found {name!r}")
    if found[2]:
        return ContractName(found[1], None)
    year, month = CENTURY + int(found[5]), MONTHS.index(found[4]) + 1
    try:
        return ContractName(found[1], date(year, month, int(found[3])))
    except ValueError as fault:
        raise ValueError(f"expected a day of the calendar, found {name!r}") from fault
