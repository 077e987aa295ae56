"""TEST BASIS: headline less transacted.

Takes   a headline and trades of one strike.
Gives   their difference, and when there is none.
Keeps   both of one date.
Source  Decision 0021.
"""

from chiphour.index.companions.basis import companion
from chiphour.index.transacted import Trade
from chiphour.units import NS_PER_HOUR


def trades(strike_ns, price_ticks):
    return [
        Trade(
            *(1, "day-ahead", "CHR.H100.SXM.OD", True, "OD", False, f"b{n}", f"s{n}"),
            *(f"b{n}", f"s{n}", 5_000, 5_000, price_ticks, strike_ns - 5 * NS_PER_HOUR),
        )
        for n in range(3)
    ]


def test_it_is_headline_less_transacted_of_one_strike(given):
    """3.20 listed, 3.00 traded: 0.20, a sixteenth of the headline."""
    asked = given({"a": "3.2", "b": "3.2", "c": "3.2"})
    found = companion(asked._replace(trades=trades(asked.fixing.strike_ns, 30_000)))
    assert found.value == 2_000
    assert dict(found.figures) == {
        "basis_ppm": 62_500,
        "headline_ticks": 32_000,
        "tx_ticks": 30_000,
    }


def test_trades_of_another_day_give_none(given):
    asked = given({"a": "3.2", "b": "3.2", "c": "3.2"})
    late = trades(asked.fixing.strike_ns + 48 * NS_PER_HOUR, 30_000)
    assert companion(asked._replace(trades=late)).reason == "TX_SUPPRESSED"


def test_it_needs_a_headline(given):
    asked = given({"a": "3.2"})
    found = companion(asked._replace(trades=trades(asked.fixing.strike_ns, 30_000)))
    assert found.reason == "HEADLINE_SUPPRESSED"
