"""COMPANIONS: every companion of a strike, from what the archive keeps.

Takes   the archive; a strike; the time as of which it is asked; the trades of the auction, if any.
Gives   the companions of every series and of the broad baskets.
Keeps   nothing of its own: companions are computed again from kept fixings, rows and results, so
        a revised fix has revised companions from the time it is known.
Source  docs/methodology/companions.md; decision 0021.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence

from chiphour.adapters.archive import Archive
from chiphour.adapters.quality import multipliers_at
from chiphour.index.baskets import History
from chiphour.index.baskets import baskets_of
from chiphour.index.baskets import prices_of
from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companions import companions_of
from chiphour.index.distribution import HISTORY_NS
from chiphour.index.fixing import Fixing
from chiphour.index.panel import considered
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.revision import Revision
from chiphour.index.series import ALL_SERIES
from chiphour.index.transacted import Trade
from chiphour.observe.observation import Observation
from chiphour.observe.observation import observation_id


def companions_at(
    archive: Archive,
    strike_ns: int,
    as_of_ns: int | None = None,
    source: str = "",
    trades: Sequence[Trade] = (),
    history: History | None = None,
) -> list[Companion]:
    """Give all companions of a strike, by series and variant; then those of the broad baskets.

    What became known after `as_of_ns` is passed over. `history` holds the published fixes of all
    strikes up to this one; without it the archive is asked. Empty where nothing is kept.
    """
    before: dict[str, list[Fixing]] = defaultdict(list)
    now: dict[str, Fixing] = {}
    from_ns = strike_ns - HISTORY_NS
    for fixing in archive.fixings(None, from_ns, strike_ns + 1, source, as_of_ns=as_of_ns):
        if fixing.strike_ns == strike_ns:
            now[fixing.series] = fixing
        else:
            before[fixing.series].append(fixing)
    if not now:
        return []
    sets = _other_sets(archive, strike_ns, as_of_ns, source)
    rows = archive.observations(
        strike_ns - V2026_1.memory_ns, strike_ns, source or None, for_fixing=True
    )
    seen = {"": rows}  # By the event that revised the fix.
    for event in archive.revisions():
        if event.id in {fixing.revision for fixing in now.values()}:
            seen[event.id] = rows_as_revised(rows, event)
    windows = {
        name: considered(known, strike_ns, source, V2026_1).rows for name, known in seen.items()
    }
    multipliers = multipliers_at(archive, strike_ns)
    found: list[Companion] = []
    for series in ALL_SERIES:
        if series.ticker in now:
            past, revision = before[series.ticker], now[series.ticker].revision
            given = Given(
                series=series,
                fixing=now[series.ticker],
                previous=past[-1] if past else None,
                sets=sets.get(series.ticker, {}),
                history=past,
                window=windows[revision].get(series, ()),
                rows=seen[revision],
                multipliers=multipliers,
                trades=trades,
            )
            found += companions_of(given)
    if history is None:
        history = history_until(archive, strike_ns, as_of_ns, source)
    return found + baskets_of([now[ticker] for ticker in sorted(now)], history)


def rows_as_revised(rows: Sequence[Observation], event: Revision) -> list[Observation]:
    """Give the rows that an event leaves, those that it lets in as if they had come in time."""
    struck, added, found = set(event.struck), set(event.added), []
    for row in rows:
        identifier = observation_id(row)
        if identifier in added:
            row = row._replace(received_ns=row.observed_ns)
        if identifier not in struck:
            found.append(row)
    return found


def history_until(
    archive: Archive, strike_ns: int, as_of_ns: int | None = None, source: str = ""
) -> History:
    """Give the published fixes of every strike up to one, by strike and ticker."""
    found: dict[int, list[Fixing]] = defaultdict(list)
    for fixing in archive.fixings(None, None, strike_ns + 1, source, as_of_ns=as_of_ns):
        found[fixing.strike_ns].append(fixing)
    return {strike: prices_of(fixings) for strike, fixings in found.items()}


def _other_sets(
    archive: Archive, strike_ns: int, as_of_ns: int | None, source: str
) -> Mapping[str, Mapping[str, Fixing]]:
    """Give by ticker the fixings of a strike under the sets that do not settle, by set."""
    found: dict[str, dict[str, Fixing]] = defaultdict(dict)
    for name in SETS:
        if name != V2026_1.parameter_set:
            for fixing in archive.fixings(
                None, strike_ns, strike_ns + 1, source, name, as_of_ns=as_of_ns
            ):
                found[fixing.series][name] = fixing
    return found
