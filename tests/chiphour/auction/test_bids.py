"""BIDS: the folder is the registry.

Takes   the folder of bid types.
Gives   `KINDS`.
Keeps   every file of it complete: kind, role, schema, read.
Source  docs/formulation/auction.md, section 2; decision 0008.
"""

from pathlib import Path

from auction_rich import rich
from chiphour.auction import bids
from chiphour.auction.bids import BID
from chiphour.auction.bids import KINDS
from chiphour.auction.bids import MODE
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.instance import KINDS as OF_RUNS
from chiphour.auction.instance import from_fields

SHARED = {"kind", "id", "account"}


def test_every_file_of_the_folder_is_a_kind():
    """A supply pool is named for what it does: `sell`."""
    files = {path.stem for path in Path(bids.__file__).parent.glob("*.py")} - {"__init__"}
    assert {kind.__name__.rpartition(".")[2] for kind in KINDS.values()} == files
    assert set(KINDS) == files - {"supply"} | {"sell"}
    for name, kind in KINDS.items():
        assert name == kind.KIND and kind.ROLE in (BID, MODE)
        assert callable(kind.read) and isinstance(kind.SCHEMA, dict)


def test_modes_are_of_buyers_and_bids_of_runs():
    assert {name for name, kind in KINDS.items() if kind.ROLE == MODE} == {"divisible", "gang"}
    bids_of_runs = {name for name, kind in KINDS.items() if kind.ROLE == BID}
    assert set(OF_RUNS) == bids_of_runs | {"buy"}


def test_every_kind_describes_the_fields_that_it_writes():
    """The run holds every kind; what a kind may leave out it names."""
    instance = from_fields(rich())
    seen = set()
    for one in instance.bids:
        written = one.fields(instance.grid)
        kind = OF_RUNS[written["kind"]]
        may = set(getattr(kind, "OPTIONAL", ()))
        assert set(kind.SCHEMA) - may <= set(written) - SHARED <= set(kind.SCHEMA)
        seen.add(written["kind"])
        for mode in written.get("modes", []):
            kind = KINDS[mode["type"]]
            may = set(getattr(kind, "OPTIONAL", ()))
            assert set(kind.SCHEMA) - may <= set(mode) - {"type", "id"} <= set(kind.SCHEMA)
            seen.add(mode["type"])
    assert seen == set(OF_RUNS) | {"divisible", "gang"}


def test_every_bid_tells_its_side_and_only_pools_what_they_offer():
    for one in from_fields(rich()).bids:
        sells = one.offered is not None
        assert one.side in (BUY, SELL)
        assert not sells or one.side == SELL
        assert one.id and one.account > 0
