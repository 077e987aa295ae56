"""BIDS: one file per type of bid; the folder is the registry.

Takes   a bid.
Gives   `KINDS`: each file's `KIND`, `SIDE`, `SCHEMA` and `read`, by the word that a run names it
        with. What `read` gives knows how to lower itself, to value and to check its award.
Keeps   types of bid ignorant of one another: a new one is a new file.
Source  docs/formulation/auction.md, section 2; decision 0008.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from chiphour.auction.fields import Fields
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Quantities
from chiphour.auction.grid import Violation

if TYPE_CHECKING:
    from chiphour.auction.model import Columns


class Bid(Protocol):
    """What every type of bid or offer can do. Money is in exact dollars, below zero for a cost."""

    @property
    def name(self) -> str:
        """Give the name, unique in its run."""

    @property
    def account(self) -> int:
        """Give the account that pays or is paid."""

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the bid as JSON fields, canonically."""

    def lower(self, columns: "Columns") -> None:
        """Add the bid's columns and rows to the model."""

    def worth(self, grid: Grid, quantities: Quantities) -> Fraction:
        """Give the declared value of these quantities, or the cost, negative."""

    def violations(self, grid: Grid, quantities: Quantities) -> Iterator[Violation]:
        """Yield every limit of its own that these quantities break."""

    def tops_usd(self, grid: Grid) -> dict[str, Fraction]:
        """Give the greatest size of its price for a chip-hour of each product that it trades."""

    def profit_max(self, grid: Grid, prices: Mapping[tuple[str, int], int]) -> Fraction:
        """Give the most that the bid could gain at these prices in nano-dollars, in dollars."""


class Kind(Protocol):
    """What every file of this folder holds."""

    KIND: str
    SIDE: int
    SCHEMA: dict[str, Any]

    def read(self, fields: Fields, grid: Grid) -> Bid:
        """Read one bid; raises RequestMalformed."""


def _walk() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        kind: Any = importlib.import_module(f"{__name__}.{module.name}")
        found[kind.KIND] = kind
    return found


KINDS = _walk()
