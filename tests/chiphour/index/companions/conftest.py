"""CONFTEST: small panels, worked by hand, for the companions.

Takes   rates in dollars by member.
Gives   `given`: what surrounds a fixing with these members.
Keeps   one way to write down a panel.
Source  Decision 0021.
"""

from fractions import Fraction

import pytest

from chiphour.index.companion import Given
from chiphour.index.companion import ticks_of
from chiphour.index.fixing import Member
from chiphour.index.series import BY_TICKER
from chiphour.index.statistics import median
from chiphour.units import NANOUSD_PER_USD
from records import fixing

STRIKE_NS = fixing().strike_ns


def panel(rates, dropped=(), ticker="CHR.H100.SXM.OD", strike_ns=STRIKE_NS, **fields):
    """Give a fixing whose members have these rates in dollars; `dropped` were screened out."""
    exact = {name: Fraction(rate) * NANOUSD_PER_USD for name, rate in rates.items()}
    members = tuple(
        Member(name, (name,), rate.numerator, rate.denominator, name not in dropped, 1, "aa")
        for name, rate in sorted(exact.items())
    )
    kept = [rate for name, rate in exact.items() if name not in dropped]
    state = "fixed" if len(kept) >= 3 else "suppressed"
    made = {
        "series": ticker,
        "strike_ns": strike_ns,
        "known_ns": strike_ns + 300_000_000_000,
        "state": state,
        "reason": "" if state == "fixed" else "FEW_MEMBERS",
        "fix_ticks": ticks_of(median(kept)) if state == "fixed" else None,
        "panel": len(exact),
        "kept": len(kept),
        "members": members,
        "rejections": (),
        "notes": (),
    }
    return fixing(**made | fields)


@pytest.fixture
def given():
    """Give a function from rates and other fields of `Given` to a `Given`."""

    def make(rates, dropped=(), ticker="CHR.H100.SXM.OD", **fields):
        return Given(BY_TICKER[ticker], panel(rates, dropped, ticker), **fields)

    return make


@pytest.fixture(name="panel")
def panel_function():
    return panel
