"""GANG: all chips for all hours in one pool, or nothing.

Takes   small gangs, pools that can and cannot hold them.
Gives   options, places, worths, profits, worked out by hand or by trying every option.
Keeps   exact numbers; a choice between 0 and 1 refused.
Source  docs/formulation/auction.md, section 3, "Domains", and equations 4, 10, 11, 12 and 15.
"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.bids.gang import ChoiceNotWhole
from chiphour.auction.bids.gang import Gang
from chiphour.auction.bids.gang import read
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Offered
from chiphour.auction.held import Placed
from chiphour.auction.model import Budget
from chiphour.auction.model import Columns
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM

A, B, C = "A/node8/r", "B/nvl72/r", "C/node8/r"
PRODUCTS = (
    Product("A", "node8", "r", 8, (1, 2, 4, 8)),
    Product("B", "nvl72", "r", 72, (8, 72)),
    Product("C", "node8", "r", 8, (1, 2, 4, 8)),
)
HOURS = 4
GRID = Grid(0, 60, HOURS, 0, 100_000, (Tier("od", 0, PPM),), PRODUCTS, ())
POOLS = {
    "near": Offered(A, frozenset(["od"]), frozenset(["cpu"]), 6_400),
    "far": Offered(A, frozenset(["od"]), frozenset(), 6_400),
    "small": Offered(A, frozenset(["od"]), frozenset(["cpu"]), 799),
    "rack": Offered(B, frozenset(["od"]), frozenset(["cpu"]), 14_400),
}
CONTEXT = Context(GRID, POOLS)
GANG = Gang("g", 8, 2, 0, 2, False, (), ((A, 20 * PICOS), (B, 90 * PICOS)))
FIELDS = {
    "id": "g",
    "chips": 8,
    "intervals": 2,
    "start": {"from": "1970-01-01T00:00:00Z", "to": "1970-01-01T02:00:00Z"},
    "migratable": False,
    "products": [{"product": A, "value_usd": "20"}, {"product": B, "value_usd": "90"}],
}


def duals(pools=(), sides=(), budgets=()):
    slots = (0,) * GRID.slots
    return Duals(slots, dict(pools), {}, dict(sides), {}, {}, dict(budgets))


def place(product=A, pool="near", first=0, intervals=2, chips=8):
    return Held(gangs=(Placed("g", product, pool, first, intervals, chips),))


def parsed(**changes):
    fields = {name: value for name, value in (FIELDS | changes).items() if value is not None}
    return read_whole(fields, "gang", lambda found: read(found, CONTEXT))


def test_its_canonical_form_reads_back():
    assert parsed() == GANG
    assert GANG.fields(GRID) == FIELDS
    needy = parsed(needs={"cpu": 12})
    assert needy.fields(GRID)["needs"] == {"cpu": 12}
    assert needy.needs(A) == {"cpu": 12}


def test_hours_are_whole_intervals():
    assert parsed(intervals=None, hours="2") == GANG
    assert parsed(intervals=None, hours="1.0").intervals == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"chips": 3}, "a product that takes gangs of 3: this one takes 1, 2, 4, 8 or times 8"),
        ({"chips": 16, "products": [{"product": B, "value_usd": "1"}]}, "this one takes 8, 72"),
        ({"chips": 72}, "expected 72 chips in one pool, found '64 chips at most of A/node8/r'"),
        ({"products": [{"product": C, "value_usd": "1"}]}, "no pool sells C/node8/r"),
        ({"needs": {"disk": 1}}, "expected 8 chips and disk in one pool"),
        ({"intervals": None, "hours": "1.5"}, "expected whole intervals of 60 minutes, 4 at most"),
        ({"intervals": None, "hours": "5"}, "expected whole intervals of 60 minutes, 4 at most"),
        ({"intervals": 3}, "expected a last start from which 3 intervals end within the run"),
        ({"intervals": 5}, "gang.intervals: expected an integer from 1 to 4"),
        (
            {"start": {"from": "1970-01-01T02:00:00Z", "to": "1970-01-01T01:00:00Z"}},
            "expected a last start not before `from`",
        ),
        ({"migratable": "no"}, "gang.migratable: expected true or false"),
        ({"products": [{"product": A, "value_usd": "0"}]}, "expected a number above zero"),
        ({"products": FIELDS["products"][:1] * 2}, "one or more products, each once"),
        ({"products": []}, "one or more products, each once"),
        ({"chips": 0}, "gang.chips: expected an integer"),
        ({"hours": "2"}, "expected no other field, found hours"),
    ],
)
def test_what_no_pool_could_serve_is_refused_with_its_field(changes, told):
    with pytest.raises(RequestMalformed) as fault:
        parsed(**changes)
    assert told in str(fault.value)


def test_one_that_may_not_move_pays_for_its_whole_domain():
    assert GANG.chips_paid(GRID, A) == 8
    assert GANG.chips_paid(GRID, B) == 72
    assert GANG._replace(is_migratable=True).chips_paid(GRID, B) == 8
    assert GANG._replace(chips=16).chips_paid(GRID, A) == 16


def test_its_value_is_cut_to_the_cap_for_each_chip_hour_it_pays_for():
    """At a cap of 10 dollars: 8 chips for 2 hours are worth 160 at most, on any product."""
    dear = GANG._replace(is_migratable=True, values=((A, 200 * PICOS), (B, 90 * PICOS)))
    assert dear.worth(CONTEXT, place()) == 160
    assert dear.declared_usd(GRID) == 160
    assert dear.tops_picousd(GRID) == {A: 10 * PICOS, B: 90 * PICOS // 16}
    assert GANG.worth(CONTEXT, Held()) == 0
    assert GANG.worth(CONTEXT, place("elsewhere")) == 0


def test_scaled_values_are_cut_down():
    assert GANG.scaled(10**9) == GANG
    third = GANG.scaled(333_333_333)
    assert third.values == ((A, 6_666_666_660_000), (B, 29_999_999_970_000))


@pytest.mark.parametrize(
    ("held", "rule"),
    [
        (place(), None),
        (place(first=2), None),
        (place(B, "rack", chips=72), None),
        (Held(), None),
        (place(first=3), "window"),
        (place(first=-1), "window"),
        (place(intervals=1), "gang"),
        (place(chips=16), "gang"),
        (place(B, "rack", chips=8), "gang"),
        (place(pool="small"), "product"),
        (place(pool="rack"), "product"),
        (place(C, "near"), "product"),
        (place(pool="unknown"), "product"),
        (Held(gangs=place().gangs * 2), "gang"),
        (Held({Key("g", A, "od", 0): 100}), "gang"),
    ],
)
def test_a_place_that_is_no_option_is_told(held, rule):
    assert [found.rule for found in GANG.violations(CONTEXT, "bid", held)] == [rule] * bool(rule)


def columns_with_pools(reference=None):
    """Give a model in which each pool has its balance rows, and rows for its cpus."""
    columns = Columns(GRID, POOLS, reference)
    for pool, offered in POOLS.items():
        balance = columns.rows(("pool", pool), HOURS, 0, 0)
        sides = {
            name: columns.rows(("side", pool, name), HOURS, -np.inf, 9)
            for name in offered.resources
        }
        columns.pool(pool, offered.product, balance, {}, sides)
    columns.columns(("any",), 0, np.ones(1), [(0, 1)])
    return columns


def matrix(columns):
    """Give the model's matrix, float64[rows, columns]."""
    program = columns.model(()).program
    found = np.zeros((program.row_lower.size, program.value.size))
    for column in range(program.value.size):
        part = slice(program.starts[column], program.starts[column + 1])
        found[program.rows[part], column] = program.entries[part]
    return found


def test_it_lowers_to_a_column_for_each_pool_and_start():
    columns = columns_with_pools()
    needy = GANG._replace(resources=(("cpu", 12),))
    layout = needy.lower(columns, "bid", None, None)
    assert layout.options == (
        *((A, "near", start) for start in range(3)),
        *((B, "rack", start) for start in range(3)),
    )
    program, found = columns.model(()).program, matrix(columns)
    assert program.value[1:].tolist() == [20] * 3 + [90] * 3
    assert program.integer[1:].all() and not program.integer[0]
    second = found[:, 2]  # Near, from interval 1: 8 chips and 96 cpus in intervals 1 and 2.
    rows = columns.pools["near"]
    assert second[rows.balance : rows.balance + HOURS].tolist() == [0, 8, 8, 0]
    assert second[rows.sides["cpu"] : rows.sides["cpu"] + HOURS].tolist() == [0, 96, 96, 0]
    assert found[columns.pools["rack"].balance, 4] == 72
    assert found[-1].tolist() == [0] + [1] * 6
    assert (program.row_lower[-1], program.row_upper[-1]) == (-np.inf, 1)


def test_a_gang_that_is_chosen_is_served():
    columns = columns_with_pools()
    GANG.lower(columns, "bid", None, 0)
    program, found = columns.model(()).program, matrix(columns)
    assert found[-1].tolist() == [-1] + [1] * 9
    assert (program.row_lower[-1], program.row_upper[-1]) == (0, 0)


def test_options_dearer_than_the_budget_are_dropped():
    """Near costs 1, 2, 3, 4 an hour, far nothing: eight chips from 1 to 2 cost 40."""
    prices = {("near", hour): (hour + 1) * NANOUSD_PER_USD for hour in range(HOURS)}
    columns = columns_with_pools(duals(prices))
    row = columns.rows(("budget", "bid"), 1, -np.inf, 40)
    only = GANG._replace(values=GANG.values[:1])
    layout = only.lower(columns, "bid", Budget(row, 40.0), None)
    assert [option[1:] for option in layout.options] == [
        ("near", 0), ("near", 1), ("far", 0), ("far", 1), ("far", 2),
    ]  # fmt: skip
    assert matrix(columns)[row].tolist() == [0, 24, 40, 0, 0, 0]


def test_a_solution_gives_the_place_or_none():
    columns = columns_with_pools()
    layout = GANG.lower(columns, "bid", None, None)
    primal = np.zeros(10)
    assert GANG.read(GRID, layout, primal) == Held()
    primal[8] = 1 - 9e-7
    assert GANG.read(GRID, layout, primal) == place(B, "rack", 1, chips=72)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (2e-6, 0), (1, 1), (-1, 0), (2, 0)])
def test_a_choice_between_0_and_1_is_refused(shares):
    layout = GANG.lower(columns_with_pools(), "bid", None, None)
    primal = np.zeros(10)
    primal[3:5] = shares
    with pytest.raises(ChoiceNotWhole, match="gang g: expected one option or none, found"):
        GANG.read(GRID, layout, primal)


NANO = st.integers(-(10**9), 3 * 10**9)


@given(
    st.lists(NANO, min_size=3 * HOURS, max_size=3 * HOURS),
    st.lists(st.integers(0, 10**8), min_size=HOURS, max_size=HOURS),
    st.integers(0, 10**12),
    st.booleans(),
)
def test_its_best_profit_is_that_of_its_best_option(prices, cpu, theta, is_migratable):
    """Value each of the options alone, in Fractions, as eq. 12 has it."""
    pools = {
        (pool, hour): prices[place * HOURS + hour]
        for place, pool in enumerate(("near", "far", "rack"))
        for hour in range(HOURS)
    }
    sides = {("near", "cpu", hour): cpu[hour] for hour in range(HOURS)}
    found = duals(pools, sides, {"bid": theta})
    context = CONTEXT._replace(reference=duals({("near", 1): 2 * NANOUSD_PER_USD}))
    gang = GANG._replace(resources=(("cpu", 3),), is_migratable=is_migratable)

    def profit(product, pool, first):
        chips = gang.chips_paid(GRID, product)
        total = gang.worth(context, place(product, pool, first))
        for hour in (first, first + 1):
            price = Fraction(pools[pool, hour] + 3 * sides.get((pool, "cpu", hour), 0), 10**9)
            price += Fraction(theta, PICOS) * 2 * ((pool, hour) == ("near", 1))
            total -= chips * price
        return total

    options = [(A, "near", first) for first in range(3)] + [(B, "rack", n) for n in range(3)]
    best = max(profit(*option) for option in options)
    assert gang.profit_max(context, "bid", found, None) == best
    for product, pool, first in options:
        held = place(product, pool, first, chips=gang.chips_paid(GRID, product))
        assert gang.profit_max(context, "bid", found, held) == profit(product, pool, first)
    assert gang.profit_max(context, "bid", found, Held()) == 0


def test_an_unknown_field_is_refused():
    fields = Fields(FIELDS | {"min_ratio": "1"}, "gang")
    read(fields, CONTEXT)
    with pytest.raises(RequestMalformed, match="found min_ratio"):
        fields.exhausted()
