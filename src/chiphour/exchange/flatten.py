"""FLATTEN: the state as the kernel sees it.

Takes   the state, as a door gets it from Python.
Gives   the same tables, each with its width and its name: every door does this first.
Keeps   what no width says by the table: the ladders', which hangs on the window.
Source  Decision 0027. Widths are plain names here: a module's attribute is no constant to Numba.
"""

from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.exchange.state import ACCOUNT_COLUMNS
from chiphour.exchange.state import ID_COLUMNS
from chiphour.exchange.state import INDEX_COLUMNS
from chiphour.exchange.state import LEVEL_COLUMNS
from chiphour.exchange.state import MARKET_COLUMNS
from chiphour.exchange.state import ORDER_COLUMNS
from chiphour.exchange.state import POSITION_COLUMNS
from chiphour.exchange.state import SAFETY_COLUMNS
from chiphour.exchange.state import SLOT_COLUMNS
from chiphour.exchange.state import VOLUME_COLUMNS
from chiphour.exchange.state import WORK_COLUMNS
from chiphour.exchange.state import State
from chiphour.ledger.flat import flat
from chiphour.ledger.kernel import kernel


@kernel
def flatten(state):
    """Give the state as the kernel sees it: every door does this first (flat.py)."""
    return State(
        flat(state.market, MARKET_COLUMNS, "market"),
        flat(state.accounts, ACCOUNT_COLUMNS, "accounts"),
        flat(state.safety, SAFETY_COLUMNS, "safety"),
        flat(state.volumes, VOLUME_COLUMNS, "volumes"),
        flat(state.contracts, CONTRACT_COLUMNS, "contracts"),
        flat(state.indexes, INDEX_COLUMNS, "indexes"),
        flat(state.positions, POSITION_COLUMNS, "positions"),
        flat(state.orders, ORDER_COLUMNS, "orders"),
        flat(state.levels, LEVEL_COLUMNS, "levels"),
        flat(state.ladders, 0, "ladders"),
        flat(state.slots, SLOT_COLUMNS, "slots"),
        flat(state.work, WORK_COLUMNS, "work"),
        flat(state.ids, ID_COLUMNS, "ids"),
    )
