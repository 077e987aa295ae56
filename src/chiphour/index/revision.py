"""REVISION: a named event by which fixings that were final are made again.

Takes   what was wrong: rows that must not count, rows that came late, the strikes concerned.
Gives   `Revision` and its JSON; the next event, with its number; whether a change is large
        enough to revise a fixing.
Keeps   events for good and in order: a later one builds on all before it, and undoes none
        silently. A change below the threshold leaves the vintage as it stands.
Source  Methodology v2026_1, "Vintages"; decision 0017.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.units import PPM
from chiphour.units import day_from_ns

MATERIAL_TICKS = 50  # $0.005
MATERIAL_PPM = 2_500  # 0.25 % of the old value.
NUMBER_MAX = 999  # Events of one year.


class Revision(NamedTuple):
    """An event: from `known_ns` on, fixings of these strikes leave out `struck`, count `added`.

    `struck` and `added` are ids of observations, sorted; what earlier events of these strikes
    struck and added is among them. `strikes_ns` are sorted too.
    """

    id: str  # REV-YYYY-NNN
    cause: str
    known_ns: int
    strikes_ns: tuple[int, ...]
    struck: tuple[str, ...]
    added: tuple[str, ...]


def to_json(revision: Revision) -> dict[str, Any]:
    """Give the event as plain JSON values."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in revision._asdict().items()
    }


def from_json(record: dict[str, Any]) -> Revision:
    """Read what `to_json` gave; raises TypeError or KeyError on a missing or unknown field."""
    lists = {name: tuple(record[name]) for name in ("strikes_ns", "struck", "added")}
    return Revision(**record | lists)


def next_id(known_ns: int, earlier: Iterable[Revision]) -> str:
    """Give the name of the next event: numbered within the year in which it is known."""
    year = day_from_ns(known_ns).year
    prefix = f"REV-{year}-"
    last = max((int(r.id.removeprefix(prefix)) for r in earlier if r.id[:9] == prefix), default=0)
    assert last < NUMBER_MAX
    return f"{prefix}{last + 1:03d}"


def next_revision(
    earlier: Sequence[Revision],
    cause: str,
    known_ns: int,
    strikes_ns: Iterable[int],
    struck: Iterable[str],
    added: Iterable[str],
) -> Revision:
    """Give the next event, which builds on all earlier ones of its strikes.

    A row that an earlier event struck and this one adds is in again, and the other way round.
    """
    strikes, out, into = set(strikes_ns), set(struck), set(added)
    before_out: set[str] = set()
    before_in: set[str] = set()
    for event in sorted(earlier, key=lambda event: (event.known_ns, event.id)):
        if strikes.intersection(event.strikes_ns):
            before_out = (before_out | set(event.struck)) - set(event.added)
            before_in = (before_in | set(event.added)) - set(event.struck)
    return Revision(
        id=next_id(known_ns, earlier),
        cause=cause,
        known_ns=known_ns,
        strikes_ns=tuple(sorted(strikes)),
        struck=tuple(sorted((before_out - into) | out)),
        added=tuple(sorted((before_in - out) | into)),
    )


def is_material(old: Fixing, new: Fixing) -> bool:
    """Tell whether a change revises the fixing: by 0.25 % or $0.005, or between fixed and not."""
    if old.fix_ticks is None or new.fix_ticks is None:
        return old.state != new.state
    moved_ticks = abs(new.fix_ticks - old.fix_ticks)
    return moved_ticks >= MATERIAL_TICKS or (
        moved_ticks > 0 and moved_ticks * PPM >= MATERIAL_PPM * old.fix_ticks
    )
