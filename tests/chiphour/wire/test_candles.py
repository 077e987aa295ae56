"""TEST CANDLES: candles against the fills that they are of, and against one another.

Takes   any trades at any times, in frames of any size; charts of any span.
Gives   a failure that shows the candle.
Keeps   finer candles merging into the coarser ones; charts without a gap.
Source  Deribit's API v2.
"""

from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange.compose import event
from chiphour.exchange.compose import events as stacked
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.units import NS_PER_MINUTE
from chiphour.wire.candles import POINTS_MAX
from chiphour.wire.candles import RESOLUTIONS_NS
from chiphour.wire.candles import Candle
from chiphour.wire.candles import Candles
from chiphour.wire.candles import merged
from heard import BY_NUMBER
from heard import fill

MINUTE_MS = 60_000
FILLS = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 59, 60, 61, 600, 3_600, 20_000)),  # Seconds since the one before.
        st.integers(-9, 9),
        st.integers(1, 5),
        st.sampled_from((Cause.ORDER, Cause.CALL, Cause.LIQUIDATION, Cause.BLOCK)),
    ),
    max_size=60,
)


def traded(drawn, size=1):
    """Give candles of drawn fills, told in frames of a size, and the fills that count."""
    candles, rows, now_s = Candles(), [], 1_000_000
    for after_s, price, lots, cause in drawn:
        now_s += after_s
        rows.append((now_s * 1_000, price, lots, cause))
    for start in range(0, len(rows), size):
        frame = [fill(0, p, ms, lots, cause) for ms, p, lots, cause in rows[start : start + size]]
        candles.hear(stacked(frame))
    return candles, [row for row in rows if row[3] != Cause.BLOCK]


@given(FILLS, st.integers(1, 9))
def test_candles_are_of_their_fills(drawn, size):
    candles, rows = traded(drawn, size)
    for resolution, step_ns in RESOLUTIONS_NS.items():
        expected = {}
        for ms, price, lots, _ in rows:
            start = ms * 1_000_000 // step_ns * step_ns
            expected.setdefault(start, []).append((price, lots))
        found = candles.candles(0, resolution)
        assert [candle.start_ns for candle in found] == list(expected)
        for candle, fills in zip(found, expected.values(), strict=True):
            prices = [price for price, _ in fills]
            cost, lots = sum(p * n for p, n in fills), sum(n for _, n in fills)
            ends = (prices[0], max(prices), min(prices), prices[-1])
            assert candle == (candle.start_ns, *ends, lots, cost)


@given(FILLS)
def test_finer_candles_merge_into_the_coarser(drawn):
    candles, _ = traded(drawn)
    for finer, fine_ns in RESOLUTIONS_NS.items():
        for coarser, coarse_ns in RESOLUTIONS_NS.items():
            if coarse_ns % fine_ns:
                continue
            together = {}
            for candle in candles.candles(0, finer):
                start = candle.start_ns - candle.start_ns % coarse_ns
                together.setdefault(start, []).append(candle)
            found = [reduce(merged, part)._replace(start_ns=at) for at, part in together.items()]
            assert found == candles.candles(0, coarser)


@given(FILLS, st.sampled_from(sorted(RESOLUTIONS_NS)), st.integers(0, 90), st.integers(0, 90))
def test_chart_has_no_gap_and_every_lot(drawn, resolution, before, after):
    """Ask from before or behind the first fill: steps are even, a gap holds the close before."""
    candles, _ = traded(drawn)
    first_ms = 1_000_000_000
    start_ms, end_ms = first_ms + (before - 45) * MINUTE_MS, first_ms + after * MINUTE_MS
    listed, now_ns = BY_NUMBER[0], 1 << 62
    chart = candles.chart(listed, resolution, start_ms, end_ms, now_ns)
    step_ms = RESOLUTIONS_NS[resolution] // 1_000_000
    ticks, known = chart["ticks"], candles.candles(0, resolution)
    assert chart["status"] == ("ok" if ticks else "no_data")
    assert all(len(chart[word]) == len(ticks) for word in chart if word != "status")
    assert ticks == list(range(ticks[0], ticks[-1] + 1, step_ms)) if ticks else True
    inside = [each for each in known if ticks and each.start_ns // 1_000_000 in ticks]
    assert sum(chart["volume"]) == sum(each.lots for each in inside)
    for at, tick in enumerate(ticks):
        assert start_ms - step_ms < tick <= end_ms
        earlier = [each for each in known if each.start_ns <= tick * 1_000_000]
        assert chart["close"][at] == Decimal(earlier[-1].close_ticks) / 100
        if chart["volume"][at] == 0:
            assert chart["open"][at] == chart["high"][at] == chart["low"][at] == chart["close"][at]


def test_chart_is_bounded_and_ends_now():
    candles, _ = traded([(0, 250, 2, Cause.ORDER)])
    first_ms, listed = 1_000_000_000, BY_NUMBER[0]
    chart = candles.chart(listed, "1", 0, first_ms + 10_000 * MINUTE_MS, 1 << 62)
    assert len(chart["ticks"]) == POINTS_MAX and chart["status"] == "ok"
    assert chart["ticks"][-1] <= first_ms + 10_000 * MINUTE_MS < chart["ticks"][-1] + MINUTE_MS
    now_ns = (first_ms + 3 * MINUTE_MS) * 1_000_000
    assert len(candles.chart(listed, "1", 0, 1 << 42, now_ns)["ticks"]) == 4
    assert candles.chart(BY_NUMBER[1], "1", 0, first_ms, now_ns)["status"] == "no_data"


def test_channel_says_the_last_candle():
    candles, _ = traded([(0, 250, 2, Cause.ORDER), (1, 252, 3, Cause.ORDER)])
    assert candles.last(BY_NUMBER[0], "60") == {
        "tick": 1_000_000_000 // 3_600_000 * 3_600_000,
        **{"open": Decimal("2.5"), "high": Decimal("2.52"), "low": Decimal("2.5")},
        **{"close": Decimal("2.52"), "volume": 5, "cost": Decimal("12.56")},
    }
    assert candles.last(BY_NUMBER[1], "60") is None


def test_candles_are_bounded_and_begin_anew_with_another_contract():
    candles = Candles(kept=3)
    for minute in range(10):
        assert candles.hear(stacked([fill(0, 250, minute * MINUTE_MS)])) == {0}
    kept = [candle.start_ns // NS_PER_MINUTE for candle in candles.candles(0, "1")]
    assert kept == [7, 8, 9] and len(candles.candles(0, "1D")) == 1
    again = [fill(0, 1, 10 * MINUTE_MS), event(Kind.LISTED, contract=0), fill(0, 7, 11 * MINUTE_MS)]
    candles.hear(stacked(again))
    assert candles.candles(0, "1D") == [Candle(0, 7, 7, 7, 7, 1, 7)]
