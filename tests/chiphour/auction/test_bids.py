"""BIDS: the folder is the registry.

Takes   the folder of bid types.
Gives   `KINDS`.
Keeps   every file of it complete: kind, side, schema, read.
Source  Decision 0008.
"""

from pathlib import Path

from chiphour.auction import bids
from chiphour.auction.bids import KINDS
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL


def test_every_file_of_the_folder_is_a_kind_of_its_name():
    files = {path.stem for path in Path(bids.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(KINDS) == files
    assert {kind.SIDE for kind in KINDS.values()} == {BUY, SELL}


def test_every_kind_describes_the_fields_that_it_writes(e1):
    from chiphour.auction.instance import from_fields

    instance = from_fields(e1)
    for _, bid in instance.participants:
        written = bid.fields(instance.grid)
        described = KINDS[written["kind"]].SCHEMA
        assert set(written) == set(described) | {"kind", "name", "account"}
