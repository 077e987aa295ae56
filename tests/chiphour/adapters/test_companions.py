"""TEST COMPANIONS: all companions of a strike, from the archive.

Takes   an archive of a few fixings.
Gives   claims on what is there, and for which vintage.
Keeps   the headline as it was kept.
Source  Decision 0021.
"""

import pytest

from carded import DAYS
from carded import filled
from chiphour.adapters.archive import Archive
from chiphour.adapters.companions import companions_at
from chiphour.adapters.companions import history_until
from chiphour.adapters.companions import rows_as_revised
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.revisions import revise
from chiphour.adapters.revisions import rows_of_venue
from chiphour.auction.grid import Product
from chiphour.index.companions import variants
from chiphour.index.fixing import Member
from chiphour.index.revision import Revision
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns as strike_of
from records import fixing
from records import observation

STRIKE_NS = fixing().strike_ns
TICKER = "CHR.H100.SXM.OD"
H100 = Product("H100", "node8", "demonstration")


EVENT = Revision("REV-2026-001", "wrong", 0, (STRIKE_NS,), (), ())


def members(*rates):
    return tuple(
        Member(f"m{n}", (f"m{n}",), rate * 10**8, 1, True, 1, "aa") for n, rate in enumerate(rates)
    )


def kept(strike, *rates, **fields):
    made = fixing(strike_ns=strike, known_ns=strike + 1, members=members(*rates))
    return made._replace(panel=len(rates), kept=len(rates), **fields)


@pytest.fixture
def archive(tmp_path):
    found = Archive(tmp_path)
    found.keep_fixings(
        [
            kept(STRIKE_NS - NS_PER_DAY, 30, 31, 32),
            kept(STRIKE_NS, 30, 31, 33, fix_ticks=31_000),
            kept(STRIKE_NS, 30, 31, 33, fix_ticks=31_000, parameter_set="plain"),
        ]
    )
    yield found
    found.close()


def by_ticker(found):
    return {each.ticker: each for each in found}


def test_every_companion_of_a_kept_fixing_is_there(archive):
    found = by_ticker(companions_at(archive, STRIKE_NS))
    assert len(found) == len(variants()) + 6  # And three broad baskets of two tenors.
    assert found[f"{TICKER}.PLAIN"].value == 31_000
    assert found[f"{TICKER}.MP"].value == 0
    assert dict(found[f"{TICKER}.DISPERSION"].figures)["moving_venues_30d"] == 1
    assert found[f"{TICKER}.BF16"].value == 3_132_895_402
    assert found[f"{TICKER}.QA"].reason == "NO_MULTIPLIERS"


def test_nothing_kept_is_no_companion(archive):
    assert companions_at(archive, STRIKE_NS + NS_PER_DAY) == []


def test_a_revised_fix_has_revised_companions_from_when_it_is_known(archive):
    later = kept(STRIKE_NS, 30, 31, 33, fix_ticks=30_000, vintage="revised", revision=EVENT.id)
    known_ns = STRIKE_NS + 3 * NS_PER_DAY
    archive.keep_fixings([later._replace(known_ns=known_ns)], EVENT._replace(known_ns=known_ns))
    before = by_ticker(companions_at(archive, STRIKE_NS, as_of_ns=known_ns - 1))
    after = by_ticker(companions_at(archive, STRIKE_NS))
    assert before[f"{TICKER}.BF16"].value == 3_132_895_402
    assert after[f"{TICKER}.BF16"].value == 3_031_834_260
    assert after[f"{TICKER}.BF16"].known_ns == known_ns


def test_the_companions_of_a_revised_fix_see_the_rows_that_it_saw(tmp_path):
    day = DAYS[2]
    archive, strike = filled(tmp_path), strike_of(day)
    fix_range(archive, DAYS[0], DAYS[-1])
    struck = rows_of_venue(archive, "coreweave", [day])
    known_ns = strike_of(DAYS[-1]) + NS_PER_DAY
    revise(archive, None, "wrong", [day], struck, [], known_ns)
    name = f"{TICKER}.DISPERSION"
    was, now = (
        dict(by_ticker(companions_at(archive, strike, as_of_ns))[name].figures)
        for as_of_ns in (known_ns - 1, known_ns)
    )
    assert (was["members"] - now["members"], was["rows"] - now["rows"]) == (1, 1)
    archive.close()


def test_what_an_event_lets_in_counts_as_in_time():
    late = observation(STRIKE_NS - 1, received_ns=STRIKE_NS + NS_PER_DAY)
    other = late._replace(row="other")
    event = EVENT._replace(struck=(observation_id(other),), added=(observation_id(late),))
    assert rows_as_revised([late, other], event) == [late._replace(received_ns=STRIKE_NS - 1)]


def test_the_history_may_be_given_and_is_the_same(archive):
    history = history_until(archive, STRIKE_NS)
    assert history[STRIKE_NS] == {TICKER: 31_000}
    assert companions_at(archive, STRIKE_NS, history=history) == companions_at(archive, STRIKE_NS)


def test_asking_for_companions_changes_nothing_that_is_kept(archive):
    before = archive.count(), archive.fixings()
    companions_at(archive, STRIKE_NS)
    assert (archive.count(), archive.fixings()) == before
