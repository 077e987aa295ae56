"""TEST QA: the quality-adjusted fix.

Takes   posted rows and multipliers, worked by hand.
Gives   the fix of the adjusted rows beside the raw one.
Keeps   multipliers known before the strike, and no others.
Source  Decision 0021.
"""

import pytest

from chiphour.index.companion import Given
from chiphour.index.companions.qa import companion
from chiphour.index.quality import Multipliers
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import fix_one
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from records import fixing
from records import observation

STRIKE_NS = fixing().strike_ns
SERIES = BY_TICKER["CHR.H100.SXM.OD"]


def rows():
    """Give one card each of three owners: 3.00, 3.20, 3.40 dollars, one GPU each."""
    return [
        observation(STRIKE_NS - NS_PER_HOUR, venue=venue, price_nanousd=price * 10**8)
        for venue, price in (("lambda", 30), ("nebius", 32), ("ovh", 34))
    ]


def multipliers(*factors, known_ns=STRIKE_NS - NS_PER_DAY):
    return Multipliers(known_ns, tuple(factors))


@pytest.fixture
def asked():
    headline = fix_one(SERIES, rows(), STRIKE_NS, None)
    return Given(SERIES, headline, window=tuple(rows()), rows=rows())


def test_rows_are_adjusted_and_the_same_rules_applied(asked):
    """The middle card is adjusted by +25 %: 4.00; then 3.40 is the median, where 3.20 was."""
    found = companion(
        asked._replace(multipliers=multipliers(((SERIES.ticker, "nebius", "gpus", 0), 1_250_000)))
    )
    assert (found.state, found.value) == ("fixed", 34_000)
    assert dict(found.figures) == {
        "adjusted_rows": 1,
        "adjusted_share_ppm": 333_333,
        "raw_ticks": 32_000,
        "rows": 3,
    }


def test_multipliers_of_one_give_the_headline(asked):
    same = multipliers(((SERIES.ticker, "nebius", "gpus", 0), 1_000_000))
    found = companion(asked._replace(multipliers=same))
    assert found.value == asked.fixing.fix_ticks


def test_units_are_checked_against_the_last_fix_as_in_the_headline(asked):
    """Two members six times below the last fix leave by UNIT; then there is no fix of either."""
    last = fixing(strike_ns=STRIKE_NS - 3 * NS_PER_DAY, fix_ticks=300_000)
    headline = fix_one(SERIES, rows(), STRIKE_NS, last)
    assert headline.reason == "FEW_MEMBERS"
    same = multipliers(((SERIES.ticker, "nebius", "gpus", 0), 1_000_000))
    found = companion(asked._replace(fixing=headline, history=(last,), multipliers=same))
    assert found.reason == "HEADLINE_SUPPRESSED"


@pytest.mark.parametrize(
    "given",
    [
        None,
        multipliers(),
        multipliers((("CHR.H200.SXM.OD", "nebius", "gpus", 0), 1_250_000)),
        multipliers(((SERIES.ticker, "nebius", "gpus", 0), 1_250_000), known_ns=STRIKE_NS),
    ],
    ids=("none", "empty", "of another series", "known too late"),
)
def test_without_multipliers_of_the_day_before_there_is_none(asked, given):
    assert companion(asked._replace(multipliers=given)).reason == "NO_MULTIPLIERS"


def test_the_headline_is_untouched(asked):
    before = asked.fixing
    companion(
        asked._replace(multipliers=multipliers(((SERIES.ticker, "nebius", "gpus", 0), 750_000)))
    )
    assert asked.fixing == before == fix_one(SERIES, rows(), STRIKE_NS, None)
