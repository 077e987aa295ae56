"""GROUPS: rows that share what decides where they stand, as columns in the order of time.

Takes   rows, as they were read.
Gives   `Row`; `Group`, and parts of it: from a time on, before a time, by marks.
Keeps   columns of one length, in the order of `observed_ns`. One field of many rows is what an
        audit looks at, and a column of it is what Python does that fastest with.
Source  docs/methodology/v2026_1.md, "Observations"; decision 0012.
"""

from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from itertools import chain
from itertools import compress
from itertools import groupby
from operator import attrgetter
from typing import Any
from typing import NamedTuple

from chiphour.audit.specs import quality_end


class Row(NamedTuple):
    """What the audit reads of an observation; `id` is the SHA-256 of its line."""

    id: str
    source: str
    venue: str
    feed: str
    kind: str
    chip: str
    form: str
    tenor: str
    price_nanousd: int
    gpus: int
    machine_key: str
    host_key: str
    spec: str
    flags: tuple[str, ...]
    observed_ns: int
    received_ns: int


class Group(NamedTuple):
    """Rows that stand in the same place, as columns: the first of each is of the first row."""

    chip: str
    form: str
    tenor: str
    feed: str
    source: str
    venue: str
    kind: str
    flags: tuple[str, ...]
    ids: list[str]
    prices_nanousd: list[int]
    gpus: list[int]
    machines: list[str]
    hosts: list[str]
    specs: list[Any]  # What `spec_of` makes descriptions from.
    ends: list[str]  # What descriptions say of how good a machine is.
    observed_ns: list[int]
    received_ns: list[int]
    spec_of: Callable[[Any], str]


# What many rows share, and what decides by itself where a row stands in a batch.
STANDING = 8  # So many fields of a group are the same for all its rows; the others are columns.
COLUMNS = len(Group._fields) - STANDING - 1
_STANDING = attrgetter(*Group._fields[:STANDING])
_COLUMNS = [
    attrgetter(name)
    for name in (
        *("id", "price_nanousd", "gpus", "machine_key", "host_key", "spec"),
        *("observed_ns", "received_ns"),
    )
]
_OBSERVED_NS = attrgetter("observed_ns")


def groups_of(rows: Iterable[Row]) -> list[Group]:
    """Put rows together that stand in the same place; most often they come together."""
    found: dict[Any, list[Row]] = {}
    for key, some in groupby(rows, _STANDING):
        found.setdefault(key, []).extend(some)
    groups = []
    for standing, given in found.items():
        given.sort(key=_OBSERVED_NS)
        ids, prices, gpus, machines, hosts, specs, *times = (
            list(map(column, given)) for column in _COLUMNS
        )
        ends = list(map(quality_end, specs))
        columns = ids, prices, gpus, machines, hosts, specs, ends, *times
        groups.append(Group._make([*standing, *columns, str]))
    return groups


def joined(groups: Iterable[Group]) -> list[Group]:
    """Make one group of those that stand in the same place."""
    found: dict[Any, list[Group]] = {}
    for group in groups:
        found.setdefault(group[:STANDING], []).append(group)
    return [some[0] if len(some) == 1 else _merged(some) for some in found.values()]


def in_time(group: Group) -> Group:
    """Put the rows of a group into the order of time; those of one time stay in theirs."""
    order = sorted(range(len(group.ids)), key=group.observed_ns.__getitem__)
    columns = [[column[at] for at in order] for column in _columns(group)]
    return Group._make([*group[:STANDING], *columns, group.spec_of])


def from_time(group: Group, first_ns: int) -> Group:
    """Give the rows of a group that were observed at a time or later."""
    at = bisect_left(group.observed_ns, first_ns)
    return group if at == 0 else _cut(group, slice(at, None))


def before_time(group: Group, end_ns: int) -> Group:
    """Give the rows of a group that were observed before a time."""
    at = bisect_left(group.observed_ns, end_ns)
    return group if at == len(group.ids) else _cut(group, slice(at))


def chosen(group: Group, marks: Iterable[object]) -> Group:
    """Give the rows of a group whose marks are true."""
    kept = list(marks)
    columns = [list(compress(column, kept)) for column in _columns(group)]
    return Group._make([*group[:STANDING], *columns, group.spec_of])


def once(groups: Iterable[Group]) -> list[Group]:
    """Leave out empty groups, and of each row that several groups have all but one."""
    found = [group for group in groups if group.ids]
    if len(set[str]().union(*(group.ids for group in found))) == count_of(found):
        return found
    before: set[str] = set()
    left = []
    for group in found:
        left.append(chosen(group, [row not in before for row in group.ids]))
        before.update(group.ids)
    return [group for group in left if group.ids]


def count_of(groups: Iterable[Group]) -> int:
    """Count the rows of groups."""
    return sum(len(group.ids) for group in groups)


def _cut(group: Group, where: slice) -> Group:
    columns = [column[where] for column in _columns(group)]
    return Group._make([*group[:STANDING], *columns, group.spec_of])


def _columns(group: Group) -> Sequence[list[Any]]:
    columns: Sequence[Any] = group[STANDING:-1]
    return columns


def _merged(groups: Sequence[Group]) -> Group:
    """Join groups that stand in the same place, in the order of time."""
    read = [of._replace(specs=list(map(of.spec_of, of.specs)), spec_of=str) for of in groups]
    columns = [list(chain(*some)) for some in zip(*map(_columns, read), strict=True)]
    return in_time(Group._make([*groups[0][:STANDING], *columns, str]))
