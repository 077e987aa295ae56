"""REALTIME: the fifteen-second index is the rule of the fix on the newest polls, clamped and held.

Takes   books of several venues, polled, silent and polled again, at the ticks of some minutes.
Gives   a failure where a tick differs from the fix of the same rows, moves too far, is held too
        long, or where a state follows another that it should not.
Keeps   the states beside a model of their own, written as the methodology tells them.
Source  docs/methodology/real-time.md; decision 0022.
"""

from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.realtime import REAL_TIME
from chiphour.index.realtime import Feed
from chiphour.index.realtime import TickRefused
from chiphour.index.realtime import is_followed
from chiphour.index.realtime import parameters_sha256
from chiphour.index.realtime import polls_of
from chiphour.index.realtime import start
from chiphour.index.realtime import step
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import fix_one
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_half_even
from records import observation

SPOT = BY_TICKER["CHR.H100.SXM.SPOT"]
SPOT_IB = BY_TICKER["CHR.H100.SXM.SPOT.IB"]
START_NS = 1_784_507_400_000_000_000
TICK_NS = 15 * NS_PER_SECOND
VENUES = ("vast", "hyperbolic", "salad", "sfcompute", "spheron")
TICK_NANOUSD = 100_000
LAX = REAL_TIME._replace(rule=REAL_TIME.rule._replace(posted_limit_ns=30 * NS_PER_MINUTE))
SHORT = REAL_TIME._replace(stale_max=2, reopening=3, mark=4)


def at(tick):
    return START_NS + tick * TICK_NS


def book(venue, price_ticks, seen_ns, machines=5, **fields):
    """Give one poll of a book whose median is the price: machines of hosts of their own."""
    return [
        observation(
            seen_ns,
            source=venue,
            venue=venue,
            feed="book",
            kind="ask",
            tenor="SPOT",
            machine_key=f"m{number}",
            host_key=f"h{number}",
            price_nanousd=(price_ticks + number - machines // 2) * TICK_NANOUSD,
            **fields,
        )
        for number in range(machines)
    ]


def card(venue, price_ticks, seen_ns, **fields):
    rate = price_ticks * TICK_NANOUSD
    words = {"source": venue, "venue": venue, "tenor": "SPOT"}
    return observation(seen_ns, price_nanousd=rate, **words | fields)


def books(price_ticks, seen_ns, venues=VENUES[:3]):
    return [row for venue in venues for row in book(venue, price_ticks, seen_ns)]


def run(prices, parameters=SHORT, series=SPOT):
    """Tick once for each price: a number is what all books show, None is a tick with none."""
    state, ticks = start((series,), parameters), []
    for number, price in enumerate(prices, 1):
        # Before a silence the last polls age until they count no more: jump over their age.
        seen_ns = at(number) - NS_PER_SECOND
        rows = [] if price is None else books(price, seen_ns)
        if price is None:
            state = forgotten(state)
        state, made = step(state, polls_of(rows), at(number))
        ticks += made
    return ticks


def forgotten(state):
    """Give the state as if all polls were lost: what age does in six ticks, in one."""
    blank = {series: one._replace(held={}) for series, one in state.series.items()}
    return state._replace(series=blank)


def opened(price_ticks=20_000, parameters=REAL_TIME):
    """Give a state that just opened at a price, and the number of its last tick."""
    state = start((SPOT,), parameters)
    for number in range(1, parameters.reopening + 1):
        polls = polls_of(books(price_ticks, at(number) - NS_PER_SECOND))
        state, ticks = step(state, polls, at(number))
    assert ticks[0].state == "live"
    return state, parameters.reopening


# -- the raw tick ---------------------------------------------------------------------------------

RATES = st.integers(10_000, 40_000)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(VENUES), RATES, min_size=1),
    st.dictionaries(st.sampled_from(("tensordock", "thundercompute", "salad")), RATES),
    st.integers(3, 8),
)
def test_a_raw_tick_is_the_fix_of_the_newest_polls(of_books, of_cards, machines):
    """The rule is the methodology's: a fix of the same rows, with the ages as its windows."""
    seen_ns = at(1) - 20 * NS_PER_SECOND
    rows = [row for venue, rate in of_books.items() for row in book(venue, rate, seen_ns, machines)]
    rows += [card(venue, rate, seen_ns) for venue, rate in of_cards.items()]
    fixing = fix_one(SPOT, rows, at(1), None, "", LAX.rule)
    _, (tick,) = step(start((SPOT,), LAX), polls_of(rows), at(1))
    assert tick.raw_ticks == fixing.fix_ticks
    assert (tick.grade, tick.members, tick.kept) == (fixing.grade, fixing.panel, fixing.kept)


def test_only_the_newest_poll_of_a_book_counts():
    rows = [*books(20_000, at(1) - 80 * NS_PER_SECOND), *books(21_000, at(1) - 5 * NS_PER_SECOND)]
    _, (tick,) = step(start((SPOT,)), polls_of(rows), at(1))
    assert tick.raw_ticks == 21_000


def test_a_poll_that_comes_late_does_not_displace_a_newer_one():
    state, _ = step(start((SPOT,)), polls_of(books(21_000, at(1) - 5)), at(1))
    _, (tick,) = step(state, polls_of(books(20_000, at(1) - NS_PER_SECOND)), at(2))
    assert tick.raw_ticks == 21_000


def test_a_book_counts_for_ninety_seconds_and_no_longer():
    seen_ns = at(1) - NS_PER_SECOND
    state, _ = step(start((SPOT,)), polls_of(books(20_000, seen_ns)), at(1))
    last_ns = seen_ns + 90 * NS_PER_SECOND
    state, (tick,) = step(state, [], last_ns)
    assert (tick.raw_ticks, {age.age_ns for age in tick.feeds}) == (20_000, {90 * NS_PER_SECOND})
    _, (tick,) = step(state, [], last_ns + 1)
    assert (tick.raw_ticks, tick.members) == (None, 0)
    assert not any(age.fresh for age in tick.feeds)


def test_a_rate_card_counts_for_its_age_limit_and_no_longer():
    seen_ns = at(1) - NS_PER_SECOND
    cards = [card(venue, 20_000, seen_ns) for venue in VENUES[2:]]
    state, (tick,) = step(start((SPOT,), LAX), polls_of(cards), at(1))
    assert (tick.raw_ticks, tick.grade) == (20_000, "C")
    state, (tick,) = step(state, [], seen_ns + 30 * NS_PER_MINUTE)
    assert tick.raw_ticks == 20_000
    _, (tick,) = step(state, [], seen_ns + 30 * NS_PER_MINUTE + 1)
    assert tick.raw_ticks is None


def test_a_card_that_is_polled_more_rarely_than_it_lasts_is_absent():
    """The register has it polled every half hour: it would come and go every quarter."""
    feed = Feed("lambda", "lambda", "posted")
    assert is_followed(feed, LAX)
    assert not is_followed(feed, REAL_TIME)
    assert is_followed(Feed("salad", "salad", "posted"), REAL_TIME)  # Every ten minutes.
    cards = [card(venue, 20_000, at(1) - 1) for venue in ("lambda", "nebius", "salad")]
    _, (tick,) = step(start((SPOT,)), polls_of(cards), at(1))
    assert tick.members == 1


def test_a_chip_gone_from_the_newest_card_is_gone_and_from_part_of_a_book_is_not():
    rows = [*books(20_000, at(1) - 5), card("spheron", 20_000, at(1) - 5)]
    state, (tick,) = step(start((SPOT,), LAX), polls_of(rows), at(1))
    assert tick.members == 4
    others = [
        card("spheron", 30_000, at(2) - 5, chip="H200"),
        *book("vast", 30_000, at(2) - 5, chip="H200"),
    ]
    _, (tick,) = step(state, polls_of(others), at(2))
    assert tick.members == 3
    assert [(age.venue, age.age_ns) for age in tick.feeds if age.fresh][-1] == (
        "vast",
        TICK_NS + 5,
    )


def test_the_own_reader_of_a_venue_displaces_others_while_it_is_fresh():
    other = [row._replace(source="mirror") for row in book("vast", 30_000, at(1) - 2)]
    rows = [*books(20_000, at(1) - 5), *other]
    state, (tick,) = step(start((SPOT,)), polls_of(rows), at(1))
    assert tick.raw_ticks == 20_000
    later_ns = at(1) + 60 * NS_PER_SECOND
    again = books(20_000, later_ns, ("hyperbolic", "salad"))
    mirror = [row._replace(source="mirror") for row in book("vast", 20_600, later_ns)]
    _, (tick,) = step(state, polls_of([*again, *mirror]), at(1) + 100 * NS_PER_SECOND)
    assert (tick.raw_ticks, tick.members) == (20_000, 3)


def test_rows_that_no_fix_takes_and_thin_books_are_no_members():
    flagged = book("salad", 20_000, at(1) - 5, flags=("IMPLAUSIBLE",))
    thin = book("sfcompute", 20_000, at(1) - 5, machines=4)
    rows = [*books(20_000, at(1) - 5, VENUES[:2]), *flagged, *thin]
    _, (tick,) = step(start((SPOT,)), polls_of(rows), at(1))
    assert (tick.members, tick.raw_ticks) == (2, None)


def test_a_narrower_series_takes_its_rows_alone():
    spec = '{"interconnect":"INFINIBAND"}'
    rows = [row for venue in VENUES[:3] for row in book(venue, 21_000, at(1) - 5, spec=spec)]
    state = start((SPOT, SPOT_IB))
    _, ticks = step(state, polls_of(rows), at(1))
    assert [tick.raw_ticks for tick in ticks] == [21_000, 21_000]
    _, ticks = step(state, polls_of(books(20_000, at(1) - 5)), at(1))
    assert [tick.raw_ticks for tick in ticks] == [20_000, None]


def test_venues_of_one_owner_are_one_member():
    rows = books(20_000, at(1) - 5)
    rows += [card("datacrunch", 19_000, at(1) - 5), card("verda", 25_000, at(1) - 5)]
    _, (tick,) = step(start((SPOT,), LAX), polls_of(rows), at(1))
    assert tick.members == 4


# -- what is published ----------------------------------------------------------------------------


def model(prices, parameters):
    """Follow the states as the text tells them: state, count of stale ticks, published tick."""
    told, history, raws, stale = [], [], [], 0
    for price in prices:
        if history and price is not None:
            low, high = history[-1] * 98, history[-1] * 102
            inside = min(max(price, -(-low // 100)), high // 100)
            history, stale = [*history, inside][-parameters.mark :], 0
            told.append(("live", 0, inside))
        elif history and stale < parameters.stale_max:
            stale += 1
            history = [*history, history[-1]][-parameters.mark :]
            told.append(("stale", stale, history[-1]))
        elif history:
            history, raws, stale = [], [], 0
            told.append(("halted", 0, None))
        else:
            raws = [] if price is None else [*raws, price]
            if len(raws) == parameters.reopening:
                history, raws = [int(median(raws))], []
                told.append(("live", 0, history[-1]))
            else:
                told.append(("halted", 0, None))
    return told


@settings(max_examples=150)
@given(st.lists(st.none() | RATES, max_size=30))
def test_states_follow_as_the_methodology_tells_them(prices):
    ticks = run(prices)
    told = [(tick.state, tick.stale_count, tick.published_ticks) for tick in ticks]
    assert told == model(prices, SHORT)
    assert [tick.raw_ticks for tick in ticks] == prices


@settings(max_examples=60)
@given(st.lists(st.none() | RATES, max_size=40))
def test_no_published_tick_moves_more_than_two_per_cent(prices):
    ticks = run(prices)
    for before, after in pairwise(ticks):
        if None not in (before.published_ticks, after.published_ticks):
            moved = abs(after.published_ticks - before.published_ticks)
            assert moved * 50 <= before.published_ticks
            assert after.clamped == (after.raw_ticks not in (None, after.published_ticks))


def test_a_constant_price_is_a_constant_index():
    ticks = run([20_000] * 60, REAL_TIME)
    assert [tick.state for tick in ticks] == ["halted"] * 19 + ["live"] * 41
    assert {tick.published_ticks for tick in ticks[19:]} == {20_000}
    assert {tick.mark_input_ticks for tick in ticks[19:]} == {20_000}


def test_a_jump_is_published_two_per_cent_at_a_time_beside_the_raw_tick():
    ticks = run([20_000] * 3 + [30_000] * 3)[3:]
    assert [tick.published_ticks for tick in ticks] == [20_400, 20_808, 21_224]
    assert {(tick.raw_ticks, tick.clamped) for tick in ticks} == {(30_000, True)}


def test_twenty_stale_ticks_repeat_the_price_and_then_it_halts():
    ticks = run([20_000] * 20 + [None] * 22, REAL_TIME)[20:]
    assert [tick.stale_count for tick in ticks] == [*range(1, 21), 0, 0]
    assert [tick.published_ticks for tick in ticks] == [20_000] * 20 + [None] * 2
    assert [tick.mark_input_ticks for tick in ticks] == [20_000] * 20 + [None] * 2
    assert [tick.state for tick in ticks[-3:]] == ["stale", "halted", "halted"]


def test_twenty_raw_ticks_reopen_it_at_their_median():
    halted = [20_000] * 20 + [None] * 21
    ticks = run([*halted, *range(30_000, 30_020)], REAL_TIME)
    assert [tick.published_ticks for tick in ticks[41:]] == [None] * 19 + [30_010]
    assert ticks[-1].mark_input_ticks == 30_010
    assert not ticks[-1].clamped


def test_a_tick_without_a_price_starts_the_count_to_reopening_again():
    ticks = run([20_000] * 19 + [None] + [20_000] * 20, REAL_TIME)
    assert [tick.state for tick in ticks] == ["halted"] * 39 + ["live"]


def test_the_mark_is_the_median_of_the_last_published_ticks():
    ticks = run([20_000] * 3 + [20_100, 20_200, 20_301])
    assert [tick.mark_input_ticks for tick in ticks[2:]] == [20_000, 20_050, 20_100, 20_150]
    assert run([20_000] * 3 + [20_001])[-1].mark_input_ticks == div_half_even(40_001, 2)


def test_ticks_that_were_never_made_count_as_stale():
    state, last = opened()
    _, (tick,) = step(state, [], at(last + 4))  # Its polls are young enough.
    assert (tick.state, tick.published_ticks) == ("live", 20_000)
    late_ns = at(last + 21)  # Twenty were missed.
    _, (tick,) = step(state, polls_of(books(20_100, late_ns - 1)), late_ns)
    assert (tick.state, tick.published_ticks) == ("live", 20_100)
    _, (tick,) = step(state, [], late_ns)
    assert (tick.state, tick.published_ticks) == ("halted", None)
    late_ns = at(last + 22)
    _, (tick,) = step(state, polls_of(books(20_100, late_ns - 1)), late_ns)
    assert (tick.state, tick.raw_ticks, tick.published_ticks) == ("halted", 20_100, None)


def test_the_same_polls_give_the_same_ticks_in_any_order():
    rows = [*books(20_000, at(1) - 9, VENUES), *books(20_300, at(1) - 2, VENUES[2:])]
    first = step(start((SPOT,)), polls_of(rows), at(1))
    assert step(start((SPOT,)), reversed(polls_of(reversed(rows))), at(1))[1] == first[1]
    assert step(start((SPOT,)), polls_of(rows), at(1)) == first


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("back_ns", [0, 1, TICK_NS])
def test_a_tick_that_is_not_after_the_last_one_is_refused(back_ns):
    state, _ = step(start((SPOT,)), [], at(2))
    with pytest.raises(TickRefused, match="expected a tick after 2026"):
        step(state, [], at(2) - back_ns)


@pytest.mark.parametrize(("seen_ns", "came_ns"), [(at(1), at(1)), (at(1) - 1, at(1) + 1)])
def test_a_poll_of_the_future_is_refused(seen_ns, came_ns):
    rows = [card("salad", 20_000, seen_ns, received_ns=came_ns)]
    with pytest.raises(TickRefused, match="salad: expected a poll from before the tick"):
        step(start((SPOT,)), polls_of(rows), at(1))


def test_each_set_of_parameters_has_its_own_hash():
    assert len({parameters_sha256(each) for each in (REAL_TIME, LAX, SHORT)}) == 3
