"""ROUNDS: revisions go one way, the rounds end, and the last clearing binds.

Takes   entries, revisions good and bad, random players.
Gives   states; refusals.
Keeps   a refused revision without effect; the number of accepted ones bounded by the ladder.
Source  docs/formulation/guards.md, section 3, equations 15 and 16.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.rounds import BOUND
from chiphour.auction.rounds import FINAL
from chiphour.auction.rounds import OPEN
from chiphour.auction.rounds import Entry
from chiphour.auction.rounds import RoundsRule
from chiphour.auction.rounds import close
from chiphour.auction.rounds import opened
from chiphour.auction.rounds import revise
from chiphour.auction.rounds import revision_violation

RULE = RoundsRule(5, 100)
LAB = Entry("lab", BUY, "H100", 1_000, 20_000)
SITE = Entry("site", SELL, "H100", 800, 25_000)


def start(price=10_000):
    return opened(RULE, [SITE, LAB], {"H100": price})


def refused(rounds, entry):
    found = revision_violation(rounds, entry)
    return found.rule if found else None


def test_a_buyer_asks_for_less_only_where_the_price_rose():
    less = LAB._replace(quantity_hundredths=900)
    assert refused(start(), less) == "activity"
    risen = close(start(), {"H100": 12_000}, 0)
    assert refused(risen, less) is None
    assert refused(risen, LAB._replace(quantity_hundredths=1_001)) == "quantity"
    fallen = close(risen, {"H100": 11_000}, 1_000)
    assert refused(fallen, less) == "phase"  # Nobody revised: the rounds are over.


def test_a_supplier_offers_only_more_and_only_cheaper():
    rounds = start()
    assert refused(rounds, SITE._replace(quantity_hundredths=801)) is None
    assert refused(rounds, SITE._replace(quantity_hundredths=799)) == "quantity"
    assert refused(rounds, SITE._replace(price_ticks=24_999)) is None
    assert refused(rounds, SITE._replace(price_ticks=25_001)) == "price"


def test_a_buyer_pays_only_more():
    assert refused(start(), LAB._replace(price_ticks=20_001)) is None
    assert refused(start(), LAB._replace(price_ticks=19_999)) == "price"


def test_who_came_late_or_changes_nothing_is_refused():
    assert refused(start(), LAB) == "change"
    assert refused(start(), LAB._replace(party="late")) == "entry"


def test_the_rounds_end_when_nobody_revises_and_then_bind():
    rounds = close(start(), {"H100": 12_000}, 1_000)
    assert (rounds.phase, rounds.number) == (OPEN, 2)
    rounds = close(rounds, {"H100": 12_000}, 2_000)
    assert (rounds.phase, rounds.ended) == (FINAL, "nobody revised an entry")
    rounds = close(rounds, {"H100": 13_000}, 2_000)
    assert rounds.phase == BOUND
    assert dict(rounds.prices_ticks) == {"H100": 13_000}
    with pytest.raises(RequestMalformed, match="bound"):
        close(rounds, {"H100": 13_000}, 2_000)


def test_the_rounds_end_when_surplus_hardly_grows():
    rounds = revise(close(start(), {"H100": 1}, 1_000), LAB._replace(price_ticks=21_000))
    assert close(rounds, {"H100": 1}, 1_100).phase == OPEN
    assert close(rounds, {"H100": 1}, 1_099).phase == FINAL


def test_the_rounds_end_at_their_number():
    rounds = start()
    for step in range(1, 6):
        assert rounds.phase == OPEN
        rounds = revise(rounds, LAB._replace(price_ticks=20_000 + step))
        rounds = close(rounds, {"H100": 10_000 + step}, 1_000 * step)
    assert (rounds.phase, rounds.ended) == (FINAL, "round 5 was the last")


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just(LAB), st.integers(0, 1_100), st.integers(19_990, 20_010)),
            st.tuples(st.just(SITE), st.integers(700, 900), st.integers(24_990, 25_010)),
            st.tuples(st.none(), st.integers(9_000, 11_000), st.integers(0, 10_000)),
        ),
        max_size=60,
    )
)
def test_every_accepted_revision_climbs_and_refused_ones_do_nothing(moves):
    """Any players: demand only falls, supply only rises, limits only improve, rounds end."""
    rounds = start()
    for entry, first, second in moves:
        before = rounds
        if entry is None:
            if rounds.phase != BOUND:
                rounds = close(rounds, {"H100": first}, second)
        else:
            wanted = entry._replace(quantity_hundredths=first, price_ticks=second)
            if revision_violation(rounds, wanted) is None:
                rounds = revise(rounds, wanted)
        for old, new in zip(before.entries, rounds.entries, strict=True):
            assert old.key == new.key
            assert (new.price_ticks - old.price_ticks) * old.side >= 0
            assert (old.quantity_hundredths - new.quantity_hundredths) * old.side >= 0
        assert rounds.number <= RULE.rounds_max


@pytest.mark.parametrize(
    ("rule", "entries", "prices", "where"),
    [
        (RoundsRule(0), [LAB], {"H100": 1}, "rounds_max"),
        (RoundsRule(1, -1), [LAB], {"H100": 1}, "gain_least"),
        (RULE, [LAB, LAB], {"H100": 1}, "once"),
        (RULE, [LAB], {"A100": 1}, "a product with a price"),
        (RULE, [LAB], {"H100": -1}, r"prices\[H100\]"),
        (RULE, [LAB._replace(side=0)], {"H100": 1}, "side"),
        (RULE, [LAB._replace(quantity_hundredths=-1)], {"H100": 1}, "quantity"),
        (RULE, [LAB._replace(price_ticks=0.5)], {"H100": 1}, "price"),
    ],
)
def test_rounds_that_cannot_be_opened_are_refused(rule, entries, prices, where):
    with pytest.raises(RequestMalformed, match=where):
        opened(rule, entries, prices)
    with pytest.raises(RequestMalformed, match="price of H100"):
        close(start(), {}, 0)
