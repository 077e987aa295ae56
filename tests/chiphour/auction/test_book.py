"""BOOK: what a unit more or less would gain, and whom it may be given or taken.

Takes   small runs, and what is held in them.
Gives   gains, worked out by hand or from the whole of what is held; who may give and take.
Keeps   the short way of counting a pool's cost equal to the long one.
Source  docs/formulation/auction.md, section 6.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import OD
from auction_fields import OD_ONLY
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import run
from auction_fields import virtual
from award_books import MODE
from award_books import book_of
from award_books import bought
from award_books import held_of
from award_books import prices_of
from award_books import sold
from chiphour.auction.book import Book
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.instance import from_fields
from chiphour.auction.payment import tariff
from chiphour.units import NANOUSD_PER_TICK

SPOT = {"tier": "spot", "pi": "0", "beta": "1.25"}
CENT = Fraction(1, 100)


def key_of(mode=MODE, interval=0, tier=OD, pool=""):
    return Key(mode, H100, tier, interval, pool)


def test_a_buyer_gains_the_value_of_its_last_unit_less_its_price():
    """Two units a chip: 80 at 3, then 80 at 1.5; at a price of 4 a chip-hour."""
    fields = run(
        [HOPPER], [bid("A", 10, {H100: "2"}, (80, 3), (80, "1.5")), offer("pool", 20, H100, 100, 1)]
    )
    book = book_of(fields, {"A": bought(H100, 4000)}, ticks=40_000)
    number = book.numbers["A"]
    assert book.gain(number, key_of(), 1) == (3 - 4) * CENT
    assert book.gain(number, key_of(), -1) == (4 - 6) * CENT
    book.add(number, key_of(), -1)
    assert book.gain(number, key_of(), 1) == (6 - 4) * CENT


def test_a_seller_gains_its_price_less_the_cost_of_the_block():
    fields = run([HOPPER], [offer("pool", 20, H100, 100, (40, 1), (60, 5))])
    book = book_of(fields, {"pool": sold(H100, 4000)})
    assert book.gain(0, key_of(""), 1) == (3 - 5) * CENT
    assert book.gain(0, key_of(""), -1) == (1 - 3) * CENT


def test_where_there_is_no_price_only_values_count():
    fields = run([HOPPER], [offer("pool", 20, H100, 100, 1)])
    book = book_of(fields, {"pool": sold(H100, 4000)}, ticks=[None])
    assert book.gain(0, key_of(""), -1) == CENT
    assert not book.may_take(0, key_of(""))


@st.composite
def pools(draw):
    """Draw a pool of three intervals, what it sells on two tiers and to a gang, and a change."""
    quantities = st.lists(st.integers(0, 4_000), min_size=3, max_size=3)
    prices = sorted(draw(st.lists(st.integers(0, 9), min_size=3, max_size=3)))
    blocks = [(draw(st.integers(1, 30)), price) for price in prices]
    held = sold(H100, *draw(quantities)) | sold(H100, *draw(quantities), tier="spot")
    key = Key("", H100, draw(st.sampled_from((OD, "spot"))), draw(st.integers(0, 2)))
    least = -min(held.get(key, 0), 500)
    return blocks, held, key, draw(st.integers(least, 500)), draw(st.integers(0, 2))


@given(pools())
def test_a_pools_gain_in_its_interval_is_that_of_all_it_holds(case):
    """Count the cost of everything before and after: start-up, no-load and other hours cancel."""
    blocks, held, key, change, first = case
    fields = run(
        [HOPPER],
        [
            buy("gang", 10, [gang(4, 1, {H100: 9}, starts=(first, first), migratable=True)]),
            offer(
                "pool", 20, H100, 100, *blocks, hours=3, tiers=(OD, "spot"),
                startup="60", no_load="2",
            ),
        ],
        hours=3,
        tiers=(*OD_ONLY, SPOT),
    )  # fmt: skip
    seat = Held(gangs=(Placed("g", H100, "pool", first, 1, 4),))
    book = book_of(fields, {"pool": held, "gang": seat}, ticks=20_000)
    number = book.numbers["pool"]
    assert book.held(number).gang_hundredths[first] == 400
    worth = [
        book.bids[number].worth(book.context, found)
        for found in (
            book.held(number),
            book.held(number)._replace(traded=held | {key: held.get(key, 0) + change}),
        )
    ]
    paid = Fraction(2 * change, 100)
    assert book.gain(number, key, change) == worth[1] - worth[0] + paid


def test_a_pool_gives_nothing_below_its_least_output():
    fields = run([HOPPER], [offer("pool", 20, H100, 100, 1, startup="1", output_min="0.25")])
    book = book_of(fields, {"pool": sold(H100, 2501)})
    assert book.may_give(0, key_of(""))
    book.add(0, key_of(""), -1)
    assert not book.may_give(0, key_of(""))


def needy(stock=100):
    """Give a run in which bids choose chips of a pool by name, three cpus each."""
    bids = [bid(name, 10, {H100: "1"}, (80, 5), needs={"cpu": 3}) for name in ("A", "B")]
    return run([HOPPER], [*bids, offer("pool", 20, H100, 40, 1, side_stock={"cpu": [stock]})])


def test_chips_chosen_by_name_are_held_back():
    book = book_of(needy(), {"A": bought(H100, 700, pool="pool"), "pool": sold(H100, 701)})
    pool = book.numbers["pool"]
    assert book.named == {("pool", OD, 0): 700}
    assert book.sides == {("pool", "cpu", 0): 2100}
    assert book.may_give(pool, key_of(""))
    book.add(pool, key_of(""), -1)
    assert not book.may_give(pool, key_of(""))


def test_one_more_chip_by_name_needs_a_chip_sold_and_stock():
    """Twenty cpus carry 6.66 chips of three; the pool has sold 6.67."""
    given = {"A": bought(H100, 600, pool="pool"), "pool": sold(H100, 667)}
    book, key = book_of(needy(20), given), key_of(pool="pool")
    number = book.numbers["B"]
    for _ in range(66):
        assert book.may_take(number, key)
        book.add(number, key, 1)
    assert not book.may_take(number, key)
    poor = book_of(needy(), {"A": bought(H100, 667, pool="pool"), "pool": sold(H100, 667)})
    assert not poor.may_take(poor.numbers["B"], key)


def test_nobody_takes_beyond_his_own_limits_or_his_budget():
    modes = [divisible({H100: "1"}, (80, 5), chips_max=2)]
    rich, poor = (
        buy(name, 10, modes, limits={"spend_usd": usd})
        for name, usd in (("rich", "9"), ("poor", "3.03"))
    )
    fields = run([HOPPER], [rich, poor, offer("pool", 20, H100, 4, 1)])
    book = book_of(
        fields, {"rich": bought(H100, 199), "poor": bought(H100, 100), "pool": sold(H100, 399)}
    )
    assert book.spent_microusd(book.numbers["poor"]) == 3_000_000
    for name, key in (("rich", key_of()), ("poor", key_of()), ("pool", key_of(""))):
        number = book.numbers[name]
        assert book.may_take(number, key)
        book.add(number, key, 1)
        assert not book.may_take(number, key)


def test_gangs_pay_and_take_their_pools_chips_and_stock():
    fields = run(
        [HOPPER],
        [
            buy("gang", 10, [gang(8, 2, {H100: 90}, needs={"cpu": 2})]),
            offer("pool", 20, H100, 40, 1, hours=2, side_stock={"cpu": [99, 99]}),
        ],
        hours=2,
    )
    seat = Held(gangs=(Placed("g", H100, "pool", 0, 2, 8),))
    book = book_of(fields, {"gang": seat}, pools={("pool", 0): 7 * NANOUSD_PER_TICK})
    assert book.held(book.numbers["pool"]).gang_hundredths == (800, 800)
    assert book.sides == {("pool", "cpu", 0): 1600, ("pool", "cpu", 1): 1600}
    assert book.spent_microusd(book.numbers["gang"]) == 5600


def test_those_who_trade_are_known_by_slot_and_side():
    fields = run(
        [HOPPER],
        [
            bid("A", 10, {H100: "1"}, (80, 5)),
            virtual("V", 11, "sell", H100, (10, 2), hours=1),
            offer("pool", 20, H100, 40, 1),
            offer("idle", 21, H100, 40, 9),
        ],
    )
    given = {"A": bought(H100, 700), "V": sold(H100, 300), "pool": sold(H100, 400)}
    book, slot = book_of(fields, given), (H100, OD, 0)

    def names(found):
        return sorted(book.bids[number].id for number, _ in found)

    assert names(book.holding(slot, BUY)) == ["A"]
    assert names(book.holding(slot, SELL)) == ["V", "pool"]
    assert names(book.trading(slot, SELL)) == ["V", "idle", "pool"]
    book.add(book.numbers["A"], key_of(), -700)
    assert names(book.holding(slot, BUY)) == []
    assert names(book.trading(slot, BUY)) == ["A"]


def test_what_the_solver_gave_is_not_changed():
    fields = run([HOPPER], [offer("pool", 20, H100, 40, 1)])
    instance = from_fields(fields)
    prices, paid = prices_of(instance, 1)
    held = held_of(instance, {"pool": sold(H100, 400)})
    book = Book(instance, held, {}, tariff(instance.grid, prices, paid))
    book.add(0, key_of(""), 1)
    assert held[0].traded == sold(H100, 400)
