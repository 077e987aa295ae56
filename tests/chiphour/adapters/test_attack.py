"""TEST ATTACK: the cost of an attack, from an archive.

Takes   an archive with three rate cards before a strike.
Gives   claims on `attack_of`.
Keeps   what the fix itself saw, and nothing later.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from datetime import date

import pytest

from archives import answer
from chiphour.adapters.archive import Archive
from chiphour.adapters.attack import attack_of
from chiphour.adapters.attack import rows_of_fix
from chiphour.adapters.fixings import fix_range
from chiphour.index.revision import Revision
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import as_revised
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

DAY = date(2026, 7, 20)
OD = BY_TICKER["CHR.H100.SXM.OD"]


@pytest.fixture
def archive(tmp_path):
    archive = Archive(tmp_path)
    for hours, prices in ((-1, (20, 21, 22)), (1, (90, 91, 92))):
        seen_ns = strike_ns(DAY) + hours * NS_PER_HOUR
        cards = [
            {"source": "snapshot", "venue": venue, "price_nanousd": price * 10**8}
            for venue, price in zip(("lambda", "nebius", "ovh"), prices, strict=True)
        ]
        poll = answer(f"{hours}".encode(), cards, seen_ns)
        archive.keep_poll("snapshot", "acme-1", [poll])
    yield archive
    archive.close()


def test_an_attack_sees_what_the_fix_saw(archive):
    found = attack_of(archive, OD, DAY)
    assert (found.fix_ticks, found.members) == (21_000, 3)
    assert attack_of(archive, OD, DAY, "other").fix_ticks is None


def test_an_attack_on_a_revised_fix_sees_what_its_event_left(archive):
    fix_range(archive, DAY, DAY)
    strike = strike_ns(DAY)
    struck = [
        row.id
        for row in archive.stored(strike - NS_PER_DAY, strike)
        if row.observation.venue == "lambda"
    ]
    event = Revision("REV-2026-001", "wrong", strike + 2 * NS_PER_DAY, (strike,), tuple(struck), ())
    kept = archive.fixing_as_of(OD.ticker, strike)
    assert kept is not None
    revised = as_revised(kept, event.id, event.known_ns)
    archive.keep_fixings([revised], event)
    assert {row.venue for row in rows_of_fix(archive, strike, "")} == {"lambda", "nebius", "ovh"}
    assert {row.venue for row in rows_of_fix(archive, strike, event.id)} == {"nebius", "ovh"}
    assert attack_of(archive, OD, DAY).fix_ticks is None
