"""SERVED: what was served is served again, byte for byte, whatever became known since.

Takes   a small archive of rate cards, lived through moment by moment: fixes, final words, events,
        recordings that are read in long after their day.
Gives   a failure where an answer of the past, asked for later, is not what was given then.
Keeps   the bytes of the series' JSON, as the server gives it, for every parameter set.
Source  Decision 0017.
"""

import random

import pytest

from carded import DAYS
from carded import H100
from carded import VENUES
from carded import card
from carded import filled
from carded import keep
from chiphour.adapters.audits import audit_all
from chiphour.adapters.bundle import publish_bundle
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.log import open_log
from chiphour.adapters.revisions import revise
from chiphour.adapters.revisions import rows_of_venue
from chiphour.audit.bundle import check_bundle
from chiphour.index.leaves import leaf_from
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_TICKER
from chiphour.publish.datasets import json_bytes
from chiphour.publish.datasets import series_object
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns

SEED = 20261127
TIMES = 12  # After each moment at which something became known.


def served(archive, parameter_set, as_of_ns):
    """Give the bytes of a series with its history, as known at a time."""
    history = archive.fixings(H100, parameter_set=parameter_set, as_of_ns=as_of_ns)
    latest = history[-1] if history else None
    return json_bytes(series_object(BY_TICKER[H100], latest, history))


def read_in(archive, pick, at):
    """Read in a recording of each of some days up to one: prices far off, and of a new venue."""
    for day in pick.sample(DAYS[: at + 1], min(at + 1, 3)):
        rows = [card(day, venue, 9 * 10**9, f"late{at}") for venue in (*VENUES, "together")]
        keep(archive, day, rows)


def live_through(archive, log, pick=None):
    """Let each moment come; yield its time once all that becomes known then is kept.

    With `pick`, recordings of the past are read in after each close.
    """
    for at, day in enumerate(DAYS):
        strike = strike_ns(day)
        fix_range(archive, DAYS[0], day, log=log, now_ns=strike)  # Yesterday's become final.
        yield strike
        closes_ns = strike + V2026_1.close_ns
        fix_range(archive, DAYS[0], day, log=log, now_ns=closes_ns)
        yield closes_ns
        if pick is not None:
            read_in(archive, pick, at)
        if at in (3, 6, 8):
            at_ns = closes_ns + 60 * NS_PER_MINUTE
            days = DAYS[at - 2 : at - 1] if at < 8 else [DAYS[1]]
            struck = rows_of_venue(archive, "coreweave" if at < 8 else "ovh", days)
            revise(archive, log, "wrong", days, struck, [], at_ns)
            yield at_ns


@pytest.mark.long
@pytest.mark.suite
def test_what_was_served_is_served_again(tmp_path):
    """Serve at random times as they pass; at the end ask for each of those times again."""
    pick = random.Random(SEED)
    archive, log = filled(tmp_path), open_log(tmp_path)
    moments = list(live_through(filled(tmp_path / "before"), None))
    ends = [*moments[1:], moments[-1] + NS_PER_DAY]
    given = {}
    for (now_ns, end_ns), _ in zip(
        zip(moments, ends, strict=True), live_through(archive, log, pick), strict=True
    ):
        for at_ns in (now_ns, end_ns - 1, *(pick.randrange(now_ns, end_ns) for _ in range(TIMES))):
            for name in SETS:
                given[name, at_ns] = served(archive, name, at_ns)
                assert given[name, at_ns] == served(archive, name, None), "now is the same as then"
    assert {key: served(archive, *key) for key in given} == given
    assert archive.fixable(0, 1 << 62).late
    fix_range(archive, DAYS[0], DAYS[-1], log=log)
    fix_range(archive, DAYS[0], DAYS[-1])
    assert {key: served(archive, *key) for key in given} == given
    assert len(set(given.values())) > len(moments)
    vintages = [f.vintage for f in archive.vintages(H100, strike_ns(DAYS[1]))]
    assert vintages == ["provisional", "final", "revised", "revised"]
    assert audit_all(archive).first_difference is None
    times = [leaf_from(leaf).time_ns for leaf in log.leaves(0, log.size)]
    assert times == sorted(times)
    assert log.check() is None
    publish_bundle(archive, log, log.key.text, tmp_path / "bundle")
    assert check_bundle(tmp_path / "bundle").first_difference is None
    other, quiet = filled(tmp_path / "other"), open_log(tmp_path / "other")
    list(live_through(other, quiet))
    assert log.leaves(0, log.size) == quiet.leaves(0, quiet.size), "as if nothing had come in late"
    archive.close()
    other.close()
