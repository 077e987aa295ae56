"""LOG INDEX: where in a log the leaves of a fix are, without reading all the others.

Takes   a log; a series and a strike.
Gives   the numbers of the leaves that speak of them, in order.
Keeps   nothing that the log does not say: the file can be deleted at any time. It goes on from
        where it stopped, and begins anew when the log is not the one that it was made from. What
        it finds is read again from the log before it is believed.
Source  Decision 0018.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from chiphour.adapters.log import LogReader
from chiphour.adapters.log_tiles import LogFailed
from chiphour.index.leaves import Fix
from chiphour.index.leaves import leaf_from

FILE_NAME = "index.db"
STEP = 1 << 16  # Leaves of one transaction.
TABLES = """
create table if not exists fixes (
    series text, strike_ns integer, leaf integer, primary key (series, strike_ns, leaf)
) without rowid;
create table if not exists known (size integer, root blob);
"""


def fix_leaves(
    log: LogReader, series: str, strike_ns: int, *, is_ours: bool = True
) -> list[tuple[int, Fix]]:
    """Give the leaves of a series and strike, in the order of the log.

    The index lies beside the log; where that cannot be written, in memory. So it does for
    somebody's copy of a log: an index that came with it may hide a leaf. Raises LogDamaged,
    LogFailed.
    """
    path = log.files.folder / FILE_NAME if is_ours else Path(":memory:")
    try:
        database = _opened(path)
    except sqlite3.Error:
        database = _opened(Path(":memory:"))
    try:
        _follow(database, log)
        query = "select leaf from fixes where series = ? and strike_ns = ? order by leaf"
        numbers = [row[0] for row in database.execute(query, (series, strike_ns))]
    except sqlite3.Error as fault:
        raise LogFailed(f"{path}: expected an index, found {fault}: delete the file") from fault
    finally:
        database.close()
    found = ((number, leaf_from(log.leaf(number))) for number in numbers if number < log.size)
    return [
        (number, leaf)
        for number, leaf in found
        if isinstance(leaf, Fix) and (leaf.series, leaf.strike_ns) == (series, strike_ns)
    ]


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file, or one made anew where it is no database; raises sqlite3.Error."""
    database = sqlite3.connect(path, isolation_level=None, timeout=60)
    try:
        database.executescript(f"pragma synchronous = off; {TABLES}")
    except sqlite3.DatabaseError as fault:
        database.close()
        if isinstance(fault, sqlite3.OperationalError):
            raise
        path.unlink(missing_ok=True)
        database = sqlite3.connect(path, isolation_level=None, timeout=60)
        database.executescript(f"pragma synchronous = off; {TABLES}")
    return database


def _follow(database: sqlite3.Connection, log: LogReader) -> None:
    """Read the leaves that the index does not know yet."""
    while _step(database, log):
        pass


def _step(database: sqlite3.Connection, log: LogReader) -> bool:
    """Read some leaves in one transaction; tell whether there may be more."""
    with database:
        database.execute("begin immediate")
        size, root = database.execute("select size, root from known").fetchone() or (0, None)
        newest = log if size <= log.size else LogReader(log.files.folder)
        is_ours = root is not None and size <= newest.size and newest.root_at(size) == root
        if is_ours and size >= log.size:
            return False  # As far as this log, or further: it is another reader's later work.
        if not is_ours:
            database.execute("delete from fixes")
            size = 0
        end = min(log.size, size + STEP)
        database.executemany("insert into fixes values (?, ?, ?)", _rows(log, size, end))
        database.execute("delete from known")
        database.execute("insert into known values (?, ?)", (end, log.root_at(end)))
        return end < log.size


def _rows(log: LogReader, first: int, end: int) -> Iterator[tuple[str, int, int]]:
    for number, content in enumerate(log.leaves(first, end), first):
        leaf = leaf_from(content)
        if isinstance(leaf, Fix):
            yield leaf.series, leaf.strike_ns, number
