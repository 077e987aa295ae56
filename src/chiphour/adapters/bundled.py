"""BUNDLED: the rows of a bundle's batch, read as fast as we can with the answers of the audit.

Takes   canonical lines of observations, some at a time; their ids.
Gives   the groups of rows that the audit's own reader gives; the root over ids.
Keeps   a line that is not in the one canonical form for a reader of JSON, which reads or refuses
        it. Compiled code is used where rows are many: it is read from Numba's cache in a third of
        a second, but made in some seconds.
Source  Decision 0019.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import Literal
from typing import get_type_hints

import msgspec

from chiphour.audit.groups import Group
from chiphour.audit.groups import Row
from chiphour.audit.groups import groups_of
from chiphour.audit.groups import joined
from chiphour.audit.rows import PRICE_KINDS
from chiphour.audit.rows import Reading
from chiphour.audit.rows import names_of
from chiphour.index.series import ALL_SERIES
from chiphour.observe.register import REGISTER

# What the audit reads of a row, as `Row` has it, in a form that is decoded at once.
BUNDLED_ROW = msgspec.defstruct(
    "BundledRow",
    [
        *((name, kind) for name, kind in get_type_hints(Row).items() if name != "id"),
        ("id", str, ""),
    ],
    gc=False,
)

# Words that are known are not made anew for each row, which takes half of the memory.
_WORD: Any = Literal
KNOWN: dict[str, Iterable[str]] = {
    "source": REGISTER,
    "venue": REGISTER,
    "feed": ("book", "posted"),
    "kind": PRICE_KINDS,
    "chip": {each.chip for each in ALL_SERIES},
    "form": {each.form for each in ALL_SERIES},
    "tenor": {each.tenor for each in ALL_SERIES},
}
KNOWN_ROW = msgspec.defstruct(
    "KnownRow",
    [(name, _WORD[tuple(sorted(words))]) for name, words in KNOWN.items()],
    bases=(BUNDLED_ROW,),
    gc=False,
    kw_only=True,
)
ROWS = msgspec.json.Decoder(BUNDLED_ROW)
KNOWN_ROWS = msgspec.json.Decoder(KNOWN_ROW)

# Of a canonical line: it begins with the chip, and ends with tenor, terms and venue. What agrees
# in these is most often of one series and venue: it is read together, and lies together in memory.
CHIP_BYTES, ENDING_BYTES = 18, 48


class QuickReading(Reading):
    """Lines of one batch, read by a compiled reader of JSON."""

    def groups(self, ids: bytes) -> list[Group]:
        """Give the rows, with their ids; raises ValueError.

        It takes nothing of a row that the audit does not look at.
        """
        return joined(groups_from(list(self.lines()), names_of(ids)))


def groups_from(lines: Sequence[bytes], ids: Sequence[str]) -> Iterator[Group]:
    """Read lines with their ids; those that begin and end alike at once; raises ValueError."""
    kin: dict[bytes, list[tuple[str, bytes]]] = defaultdict(list)
    for line, named in zip(lines, zip(ids, lines, strict=True), strict=True):
        kin[line[:CHIP_BYTES] + line[-ENDING_BYTES:]].append(named)
    for ends, some in kin.items():
        yield from groups_of(_read(ends, some))


def _read(ends: bytes, named: Sequence[tuple[str, bytes]]) -> list[Any]:
    """Read lines that begin and end alike, with their ids; raises ValueError.

    In JSON a brace that opens follows one that closes and a new line only where a value ended: so
    a reader of many lines at once finds at least one value in each, and too many in all if two.
    """
    if not (ends.startswith(b"{") and ends.endswith(b"}")):
        raise ValueError("a line that is no object")
    ids, lines = zip(*named, strict=True)
    block = b"\n".join(lines)
    try:
        rows: list[Any] = KNOWN_ROWS.decode_lines(block)
    except msgspec.ValidationError:
        rows = list(ROWS.decode_lines(block))
    for row, identifier in zip(rows, ids, strict=True):
        row.id = identifier
    return rows
