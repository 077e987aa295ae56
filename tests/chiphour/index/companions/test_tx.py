"""TEST TX: the transacted companion.

Takes   trades of `test_transacted`.
Gives   the companion made of them.
Keeps   every rejected trade in the record.
Source  Decision 0021.
"""

from chiphour.index.companions.tx import companion
from chiphour.index.transacted import Trade
from chiphour.units import NS_PER_HOUR


def trades(strike_ns, **fields):
    made = Trade(
        *(1, "day-ahead", "CHR.H100.SXM.OD", True, "OD", False, "b", "s", "b", "s"),
        *(5_000, 5_000, 30_000, strike_ns - 5 * NS_PER_HOUR),
    )
    sides = [{side: f"{side}{n}" for side in fields_of} for n, fields_of in enumerate([SIDES] * 3)]
    return [made._replace(**each | fields) for each in sides]


SIDES = ("buyer", "buyer_group", "seller", "seller_group")


def test_it_is_the_price_of_the_trades_that_count(given):
    asked = given({"a": "3", "b": "3", "c": "3"})
    found = companion(asked._replace(trades=trades(asked.fixing.strike_ns)))
    assert (found.state, found.value, found.unit) == ("fixed", 30_000, "ticks")
    assert dict(found.figures) == {
        "buyers": 3,
        "chip_hours_hundredths": 15_000,
        "sellers": 3,
        "top_buyer_ppm": 333_333,
        "top_seller_ppm": 333_333,
        "trades": 3,
    }
    assert found.rejections == ()


def test_what_is_out_is_published_with_its_rule(given):
    asked = given({"a": "3", "b": "3", "c": "3"})
    shown = trades(asked.fixing.strike_ns, demonstration=True)
    found = companion(asked._replace(trades=shown))
    assert found.reason == "NO_TRADES"
    assert [rejection.rule for rejection in found.rejections] == ["DEMONSTRATION"] * 3
