"""BIDS: one file per type of bid; the folder is the registry.

Takes   a bid.
Gives   `KINDS`: each file's `KIND`, `ROLE`, `SCHEMA` and `read`, by the word that a run names it
        with. A participant ("bid") knows how to lower itself, to read its own solution, to value
        and to check what it holds, and what it could gain at any prices. A mode of a buyer's bid
        ("mode") knows the same of its part.
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
from chiphour.auction.grid import Violation
from chiphour.auction.held import Context as Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Offered as Offered

if TYPE_CHECKING:
    from chiphour.auction.model import Budget
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

BID = "bid"  # The roles of a file: a participant of its own,
MODE = "mode"  # or one way in which a buyer's bid may be served.
OWN = "own"  # Begins the name of a bid's own rows: its id may be any word, "pool" too.


class Bid(Protocol):
    """What every participant can do. Money is in exact dollars, below zero for a cost.

    `lower` and `read` go together: what `lower` gives is handed to `read` with the solution.
    """

    @property
    def id(self) -> str:
        """Give the id, unique in its run."""

    @property
    def account(self) -> int:
        """Give the account that pays or is paid."""

    @property
    def side(self) -> int:
        """Give BUY or SELL."""

    @property
    def offered(self) -> Offered | None:
        """Give what a pool can be asked for; None for all others."""

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the bid as JSON fields, canonically, its `kind` included."""

    def lower(self, columns: "Columns") -> object:
        """Add the bid's columns and rows to the model; give its layout."""

    def read(self, grid: Grid, layout: Any, primal: "Floats") -> Held:
        """Give what the solution holds for it: snapped to the unit when near, else cut down."""

    def needs(self, mode: str, product: str) -> Mapping[str, int]:
        """Give the units of each side resource that a chip needs beyond the product's bundle."""

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the declared value of what is held, or the cost, negative."""

    def violations(self, context: Context, held: Held) -> Iterator[Violation]:
        """Yield every limit of its own that this breaks."""

    def profit_max(self, context: Context, duals: Duals, fixed: Held | None) -> Fraction:
        """Give the most that it could gain alone at these prices, in dollars (eq. 12).

        With `fixed` its integers (a gang's place, a pool's hours, a mode's choice) stay as held.
        """

    def tops_picousd(self, grid: Grid) -> Mapping[str, int]:
        """Give the greatest size of its price for a chip-hour of each product that it trades.

        In 10^-12 dollars, rounded up.
        """


class Mode(Protocol):
    """One way to serve a buyer's bid. `chosen` is the column of its 0/1 choice, or None."""

    @property
    def id(self) -> str:
        """Give the id, unique in its bid."""

    @property
    def is_whole(self) -> bool:
        """Tell whether it is served whole or not at all, so that others can require it."""

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the mode as JSON fields, canonically, without its `type`."""

    def lower(
        self, columns: "Columns", bid: str, budget: "Budget | None", chosen: int | None
    ) -> object:
        """Add the mode's columns and rows, and its entries in the bid's budget (eq. 11)."""

    def read(self, grid: Grid, layout: Any, primal: "Floats") -> Held:
        """Give what the solution holds for this mode."""

    def declared_usd(self, grid: Grid) -> Fraction:
        """Give the most that the mode could ever be worth to its bidder."""

    def open_hundredths(self, context: Context) -> int:
        """Give the most chip-hours that it could ever buy, in hundredths, rounded up."""

    def scaled(self, share_ppb: int) -> "Mode":
        """Give the same mode at a share of its values, in 10^-9, cut down (eq. 11)."""

    def needs(self, product: str) -> Mapping[str, int]:
        """Give the units of each side resource that a chip needs beyond the product's bundle."""

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the declared value of this mode's part of what is held."""

    def violations(self, context: Context, bid: str, held: Held) -> Iterator[Violation]:
        """Yield every limit of this mode that its part of what is held breaks."""

    def profit_max(self, context: Context, bid: str, duals: Duals, fixed: Held | None) -> Fraction:
        """Give the most that the mode could gain alone at these prices, never below zero."""

    def tops_picousd(self, grid: Grid) -> Mapping[str, int]:
        """Give the greatest size of its price for a chip-hour of each product that it trades.

        In 10^-12 dollars, rounded up.
        """


class Kind(Protocol):
    """What every file of this folder holds. `read` gives a `Bid` or a `Mode`, by `ROLE`."""

    KIND: str
    ROLE: str
    SCHEMA: dict[str, Any]

    def read(self, fields: Fields, context: Context) -> Any:
        """Read one bid or mode, its `kind` or `type` already popped; raises RequestMalformed."""


def _walk() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        kind: Any = importlib.import_module(f"{__name__}.{module.name}")
        found[kind.KIND] = kind
    return found


KINDS = _walk()
