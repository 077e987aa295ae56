"""PUBLISHED: one record of each kind that is published, for the tests of its forms.

Takes   nothing.
Gives   a companion with a value and one without, two references, a tick, a log, a dated fix; the
        release of a day of given fixings.
Keeps   the same records in every test, so that page, JSON and schema are held to one thing.
Source  Decision 0023.
"""

from datetime import date

from chiphour.index import v2026_1
from chiphour.index.companion import Companion
from chiphour.index.leaves import batch_leaf
from chiphour.index.leaves import event_leaf
from chiphour.index.leaves import fix_leaf
from chiphour.index.note import Checkpoint
from chiphour.index.note import checkpoint_body
from chiphour.index.realtime import Age
from chiphour.index.realtime import Tick
from chiphour.index.references import ReferenceRow
from chiphour.index.series import BY_TICKER
from chiphour.publish.datasets import strike_day
from chiphour.publish.day_page import Dated
from chiphour.publish.page import Frame
from chiphour.publish.proof import Logged
from chiphour.publish.proof import LogState
from chiphour.publish.release import Release
from records import FIXED

H100 = BY_TICKER["CHR.H100.SXM.OD"]
STRIKE_NS, KNOWN_NS = FIXED.strike_ns, FIXED.known_ns

CW = Companion(
    *("CHR.H100.SXM.OD", "CW", STRIKE_NS, KNOWN_NS),
    *("fixed", "", 31_700, "ticks", (("members", 5),), "v2026_1"),
)
NO_QA = CW._replace(state="suppressed", reason="FEW_TIERS", value=None, variant="QA")

OPEN = ReferenceRow(
    *("ccir", "H100 SXM", "CHR.H100.SXM.SPOT", "2026-03-06", "2.310000000", "USD per GPU-hour"),
    *("open", ("PARTIAL_PRICE",), 1_772_794_800_000_000_000, 22_900, 8_734),
)
RESTRICTED = OPEN._replace(publisher="other", licence="restricted", level="2.777000000")

LIVE = Tick(
    *("CHR.H100.SXM.OD", KNOWN_NS, "live", 0, 32_000, 31_700, True, "B", 6, 5),
    (Age("vast", "vast", "book", 12_900_000_000, True),),
    31_650,
)

SIGNED = (
    checkpoint_body(Checkpoint("index.example/log", 7, bytes(range(32))))
    + "\n\u2014 index.example/log AAAAAAAA\n"
)
LEAVES = (
    batch_leaf(STRIKE_NS, KNOWN_NS, 12, "ab" * 32),
    fix_leaf(FIXED, KNOWN_NS, "ab" * 32),
    event_leaf({"kind": "outage", "venue": "vast"}, KNOWN_NS),
)
LOG_STATE = LogState(SIGNED, "key", tuple(Logged(4 + n, leaf) for n, leaf in enumerate(LEAVES)))

FINAL = v2026_1.as_final(FIXED)
DATED_ONE = Dated(
    series=H100,
    day=date(2026, 7, 20),
    fixing=FIXED,
    vintages=(FIXED, FINAL),
    sets=(FIXED._replace(parameter_set="robust"),),
    companions=(CW,),
    logged=Logged(41, LEAVES[1], "cd" * 32),
    earlier=date(2026, 7, 19),
    later=date(2026, 7, 21),
    asked_ns=KNOWN_NS,
    frame=Frame(address="https://index.example"),
)


def released(fixings, day, **more) -> Release:
    """Give the release of a day of these fixings."""
    own = tuple(fixing for fixing in fixings if strike_day(fixing) == day)
    history = tuple(fixing for fixing in fixings if strike_day(fixing) <= day)
    return Release(day, own, history, **more)
