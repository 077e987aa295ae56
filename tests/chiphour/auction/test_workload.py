"""WORKLOAD: modes, the logic between them and a budget count as the formulation says.

Takes   bids with random forests of modes; contradictions.
Gives   best profits by trying every subset of modes; violations; refusals.
Keeps   logic a forest, so that the best choice is a sum of best choices.
Source  docs/formulation/auction.md, section 2 and equations 11, 12 and 15.
"""

from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import run
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import BUY
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.model import build
from chiphour.auction.model import duals
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from chiphour.auction.workload import KIND
from chiphour.auction.workload import OPTIONAL
from chiphour.auction.workload import SCHEMA
from chiphour.units import NANOUSD_PER_USD

POOL = offer("pool", 20, H100, 64, 1)
NAMES = ("a", "b", "c", "d", "e", "f")
MODES = [gang(8, 1, {H100: 8 + place}, mode=name) for place, name in enumerate(NAMES[:4])]
DIVISIBLE = divisible({H100: "1"}, (6, 3), mode="m")


def logic(xor=(), requires=()):
    return {"xor": [list(group) for group in xor], "requires": [list(link) for link in requires]}


def instance_of(*modes, **others):
    return from_fields(run([HOPPER], [buy("bid", 10, modes, **others), POOL]))


def read(*modes, **others):
    return instance_of(*modes, **others).bid_by_id["bid"]


def said(**others):
    modes = others.pop("modes", [*MODES, DIVISIBLE])
    with pytest.raises(RequestMalformed) as caught:
        read(*modes, **others)
    return str(caught.value).removeprefix("run.bids[0] 'bid'.")


def prices(instance, usd):
    nano = int(usd * NANOUSD_PER_USD)
    slots = (nano,) * instance.grid.slots
    return Duals(slots, {("pool", 0): nano}, {}, {}, {}, {}, {})


@st.composite
def forests(draw):
    """Draw gangs and divisible modes with a forest over them: groups share their parent."""
    count = draw(st.integers(2, 6))
    names, parents, groups, whole = NAMES[:count], {}, [], set()
    for place, name in enumerate(names):
        above = draw(st.sampled_from((None, *names[:place])))
        if above is not None:
            parents[name] = above
            whole.add(above)
    for above in {None, *parents.values()}:
        below = [name for name in names if parents.get(name) == above]
        if len(below) > 1 and draw(st.booleans()):
            groups.append(below[: draw(st.integers(2, len(below)))])
    modes = []
    for name in names:
        value = draw(st.integers(1, 24))
        if name in whole or draw(st.booleans()):
            modes.append(gang(8, 1, {H100: value}, mode=name))
        else:
            curve = (draw(st.integers(1, 9)), value), (draw(st.integers(1, 9)), value // 2)
            modes.append(divisible({H100: "1"}, *curve, mode=name, chips_max=12))
    order = draw(st.permutations(modes))
    return buy("bid", 10, order, logic=logic(groups, parents.items()))


def is_allowed(bid, chosen):
    """Tell whether a set of modes obeys the logic, link by link."""
    if any(child in chosen and parent not in chosen for child, parent in bid.requires):
        return False
    return all(len(chosen & set(group)) <= 1 for group in bid.xor)


def subsets(bid):
    names = [mode.id for _, mode in bid.modes]
    for size in range(len(names) + 1):
        yield from (set(some) for some in combinations(names, size))


@settings(max_examples=100)
@given(forests(), st.integers(0, 40).map(lambda tenths: Fraction(tenths, 10)))
def test_its_best_profit_is_that_of_the_best_set_of_modes(fields, usd):
    """Try every set that the logic allows. With its modes as held, nothing linked is added."""
    instance = from_fields(run([HOPPER], [fields, POOL]))
    bid, context, at = instance.bid_by_id["bid"], instance.context, prices(instance, usd)
    profit = {mode.id: mode.profit_max(context, "bid", at, None) for _, mode in bid.modes}

    def total(chosen):
        return sum((profit[name] for name in chosen), Fraction(0))

    best = max(total(chosen) for chosen in subsets(bid) if is_allowed(bid, chosen))
    assert bid.profit_max(context, at, None) == best


@settings(max_examples=30)
@given(forests(), st.integers(0, 40).map(lambda tenths: Fraction(tenths, 10)))
def test_its_columns_and_its_best_profit_say_the_same(fields, usd):
    """Solve the bid beside a pool that sells any amount at a price: as integers and relaxed.

    The relaxation is the hull: forests have no fractional corners (eq. 15).
    """
    pool = offer("pool", 20, H100, 1_000, str(float(usd)))
    instance = from_fields(run([HOPPER], [fields, pool]))
    model = build(instance)
    relaxed = solve(relax(model.program))
    priced = duals(model, relaxed.dual)
    bid = instance.bid_by_id["bid"]
    assert float(bid.profit_max(instance.context, priced, None)) == pytest.approx(
        relaxed.objective, abs=1e-6
    )
    whole = solve(model.program, gap=0)
    assert whole.objective == pytest.approx(relaxed.objective, abs=1e-6)
    layout = model.layouts[instance.bids.index(bid)]
    held = bid.read(instance.grid, layout, whole.primal)
    assert list(bid.violations(instance.context, held)) == []
    cost = usd * (sum(held.traded.values()) + sum(800 for _ in held.gangs)) / 100
    assert float(bid.worth(instance.context, held) - cost) == pytest.approx(
        whole.objective, abs=1e-6
    )


@given(forests(), st.data())
def test_what_the_logic_forbids_is_told_and_nothing_else(fields, data):
    instance = from_fields(run([HOPPER], [fields, POOL]))
    bid = instance.bid_by_id["bid"]
    chosen = data.draw(st.sets(st.sampled_from([mode.id for _, mode in bid.modes])))
    placed = [
        Placed(m.id, H100, "pool", 0, 1, 8) for _, m in bid.modes if m.id in chosen and m.is_whole
    ]
    bought = {
        Key(m.id, H100, "od", 0): 100 for _, m in bid.modes if m.id in chosen and not m.is_whole
    }
    held = Held(bought, tuple(placed))
    told = {found.rule for found in bid.violations(instance.context, held)}
    assert told <= {"exclusive", "requires"}
    assert bool(told) is not is_allowed(bid, chosen)


def gangs(*modes, pool="pool"):
    return Held(gangs=tuple(Placed(mode, H100, pool, 0, 1, 8) for mode in modes))


def test_violations_say_which_modes_and_why():
    linked = logic([("b", "c")], [("b", "a"), ("c", "a"), ("m", "b")])
    instance = instance_of(*MODES, DIVISIBLE, logic=linked)
    bid = instance.bid_by_id["bid"]

    def told(held):
        return [tuple(found) for found in bid.violations(instance.context, held)]

    assert told(gangs("a", "b", "d")) == []
    assert told(gangs("a", "b", "c")) == [("exclusive", "bid", "one of b, c", "b and c")]
    assert told(gangs("b")) == [("requires", "bid", "a served with b", "it is not")]
    assert told(gangs("z")) == [("mode", "bid", "a mode of the bid", "z")]
    assert told(gangs("d", pool="other"))[0][:2] == ("product", "bid d")
    lonely = Held({Key("m", H100, "od", 0): 100})
    assert told(lonely) == [("requires", "bid", "b served with m", "it is not")]


def test_with_its_modes_as_held_only_those_not_linked_may_add():
    """Held is a; d stands free without a place: a's place and m, which is divisible, count."""
    instance = instance_of(*MODES, DIVISIBLE, logic=logic([("a", "b")], [("c", "a")]))
    bid, at = (
        instance.bid_by_id["bid"],
        replace(prices(instance, 1), work={("bid", "m", "work"): 10**12}),
    )
    assert bid.profit_max(instance.context, at, gangs("a")) == 0 + 12
    assert bid.profit_max(instance.context, at, gangs("b")) == 1 + 12
    assert bid.profit_max(instance.context, at, gangs("a", "c", "d")) == 0 + 2 + 3 + 12
    assert bid.profit_max(instance.context, at, None) == 2 + 3 + 12  # c with a.


def test_the_value_of_a_budget_counts_once():
    modes = [MODES[0], MODES[1]]
    instance = instance_of(*modes, limits={"spend_usd": "10.5"})
    bid = instance.bid_by_id["bid"]
    at = replace(prices(instance, 1), budgets={"bid": 2 * 10**12})
    assert bid.profit_max(instance.context, at, None) == 21 + 0 + 1
    assert bid.profit_max(instance.context, at, Held()) == 21


def test_its_hull_is_exact_without_a_budget_over_several_modes():
    spend = {"limits": {"spend_usd": "9"}}
    assert read(*MODES).hull_is_exact
    assert read(MODES[0], **spend).hull_is_exact
    assert not read(*MODES, **spend).hull_is_exact


def test_what_modes_say_is_added_up_or_the_greatest_counts():
    bid = read(MODES[1], DIVISIBLE)
    grid = instance_of(MODES[0]).grid
    assert bid.declared_usd(grid) == 9 + 18
    assert bid.tops_picousd(grid) == {H100: 3 * PICOS}
    other = gang(8, 1, {H100: 8}, mode="z")  # One a chip, and the last by name.
    assert read(other, DIVISIBLE).tops_picousd(grid) == {H100: 3 * PICOS}
    assert (bid.side, bid.offered) == (BUY, None)
    half = bid.scaled(500_000_000)
    assert half.declared_usd(grid) == Fraction(9, 2) + 9
    assert half._replace(modes=bid.modes) == bid


def test_each_mode_asks_for_what_it_needs():
    pool = POOL | {"side_stock": {"cpu": [99]}}
    modes = [gang(8, 1, {H100: 16}, needs={"cpu": 2}), DIVISIBLE]
    wants = from_fields(run([HOPPER], [buy("bid", 10, modes), pool])).bid_by_id["bid"]
    assert wants.needs("g", H100) == {"cpu": 2}
    assert wants.needs("m", H100) == wants.needs("other", H100) == {}


def test_only_modes_in_use_are_worth_anything():
    instance = instance_of(MODES[0], DIVISIBLE)
    bid = instance.bid_by_id["bid"]
    assert bid.worth(instance.context, Held()) == 0
    assert bid.worth(instance.context, gangs("a")) == 8
    both = gangs("a")._replace(traded={Key("m", H100, "od", 0): 150})
    assert bid.worth(instance.context, both) == 8 + Fraction(9, 2)


def test_it_is_written_as_it_was_read_whatever_the_order():
    links = logic([("d", "c")], [("m", "a"), ("b", "a")])
    one = read(*MODES, DIVISIBLE, logic=links, limits={"spend_usd": "9.5"})
    shuffled = logic([("c", "d")], [("b", "a"), ("m", "a")])
    assert read(DIVISIBLE, *MODES[::-1], logic=shuffled, limits={"spend_usd": "9.50"}) == one
    fields = one.fields(instance_of(MODES[0]).grid)
    assert from_fields(run([HOPPER], [deepcopy(fields), POOL])).bid_by_id["bid"] == one
    assert set(fields) == {"kind", "id", "account", *SCHEMA}
    plain = read(MODES[0]).fields(instance_of(MODES[0]).grid)
    assert plain["kind"] == KIND and set(plain) == set(fields) - set(OPTIONAL)
    facts = {"class": "training", "unit": "step", "model": "m-70b", "bench": "ab12"}
    named = buy("bid", 10, [MODES[0]]) | {"workload": facts}
    bid = from_fields(run([HOPPER], [named, POOL])).bid_by_id["bid"]
    assert bid.fields(instance_of(MODES[0]).grid)["workload"] == facts


CONTRADICTIONS = [
    (logic(requires=[("a", "b"), ("b", "a")]), "requires: expected no mode that requires itself"),
    (logic(requires=[("a", "b"), ("b", "c"), ("c", "a")]), "requires: expected no mode that requ"),
    (logic(requires=[("a", "b"), ("b", "c"), ("c", "b")]), "requires: expected no mode that requ"),
    (logic(requires=[("c", "a"), ("c", "b")]), "xor: expected one exclusive group and one parent"),
    (logic([("a", "b"), ("b", "c")]), "xor: expected one exclusive group and one parent for each"),
    (logic([("a", "b")], [("a", "c")]), "xor: expected members that share their parent, found"),
    (logic([("a", "b")], [("a", "c"), ("b", "d")]), "xor: expected members that share their par"),
    (logic(requires=[("a", "m")]), "requires: expected a to require a mode that is served whole"),
    (logic([("a", "a")]), "xor: expected each mode once, found ['a', 'a']"),
    (logic(requires=[("a", "a")]), "requires: expected each mode once, found ['a', 'a']"),
    (logic([("a",)]), "xor: expected lists of two or more modes of the bid, found ['a']"),
    (logic([("a", "z")]), "xor: expected lists of two or more modes of the bid, found ['a', 'z']"),
    (logic(requires=[("a", "b", "c")]), "requires: expected pairs of a mode and the one it requ"),
    ({"xor": {}, "requires": []}, "xor: expected a list of lists of modes, found {}"),
    ({"xor": ["ab"], "requires": []}, "xor: expected lists of two or more modes of the bid"),
    ({"xor": [], "and": []}, ": expected no other field, found and"),
]  # fmt: skip


@pytest.mark.parametrize(("links", "words"), CONTRADICTIONS)
def test_contradictory_links_are_refused(links, words):
    assert said(logic=links).startswith(f"logic{'' if words[0] == ':' else '.'}{words}")


def test_numbers_are_no_names_of_modes():
    """A mode may be called "1": the number 1 is not its name."""
    modes = [gang(8, 1, {H100: 9}, mode=name) for name in ("1", "2")]
    assert read(*modes, logic=logic([("1", "2")])).xor == (("1", "2"),)
    for group in ([1, 2], [1, "2"], [["1"], "2"], [None, "2"]):
        words = said(modes=modes, logic={"xor": [group], "requires": []})
        assert words.startswith("logic.xor: expected lists of two or more modes of the bid")


MALFORMED = [
    ({"modes": []}, "modes: expected 1 to 64 modes, each id once, found 0"),
    ({"modes": [MODES[0], MODES[0]]}, "modes: expected 1 to 64 modes, each id once, found 2"),
    ({"modes": [gang(8, 1, {H100: 9}, mode=f"m{n}") for n in range(65)]},
     "modes: expected 1 to 64 modes, each id once, found 65"),
    ({"modes": [MODES[0] | {"type": "buy"}]}, "modes[0].type: expected divisible or gang, found"),
    ({"limits": {"spend_usd": "0"}}, "limits.spend_usd: expected a number above zero, found '0'"),
    ({"limits": {"spend_usd": "0.0000001"}},
     "limits.spend_usd: expected whole micro-dollars within bounds, found '0.0000001'"),
    ({"limits": {"spend_usd": "1000000000.000001"}},
     "limits.spend_usd: expected whole micro-dollars within bounds, found '1000000000.000001'"),
    ({"limits": {"spend_usd": "1", "chips": "1"}}, "limits: expected no other field, found chips"),
    ({"work": ("a b", "unit")}, "workload.class: expected a name"),
    ({"work": ("training", "")}, "workload.unit: expected a name"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), MALFORMED)
def test_a_malformed_bid_is_refused_with_its_field(change, words):
    assert said(**change).startswith(words)


def test_a_budget_is_read_to_the_micro_dollar():
    for text, microusd in (("0.000001", 1), ("1000000000", 10**15), ("2.5", 2_500_000)):
        assert read(MODES[0], limits={"spend_usd": text}).spend_microusd == microusd
    assert read(MODES[0]).spend_microusd is None


def test_a_budget_has_a_row_only_at_reference_prices():
    """12 chips at a reference price of 2 would cost 24: at most 4.5 of them are for 9."""
    limited = bid("bid", 10, {H100: "1"}, (12, 5)) | {"limits": {"spend_usd": "9"}}
    instance = from_fields(run([HOPPER], [limited, POOL]))
    names = {block.name for block in build(instance).rows}
    assert ("budget", "bid") not in names
    counted = instance.at_prices(prices(instance, 2), {})
    model = build(counted)
    assert ("budget", "bid") in {block.name for block in model.rows}
    solution = solve(model.program)
    (layout,) = [
        lay for one, lay in zip(counted.bids, model.layouts, strict=True) if one.id == "bid"
    ]
    held = counted.bid_by_id["bid"].read(counted.grid, layout, solution.primal)
    assert sum(held.traded.values()) == 450
    # A dollar more buys half a chip, worth 5 and costing 1 of its own.
    assert duals(model, solution.dual).budgets == {"bid": 2 * 10**12}
    assert np.isclose(solution.objective, 18)


def test_a_bid_is_left_out_alone_when_its_logic_is_wrong():
    wrong = buy("wrong", 11, MODES, logic=logic(requires=[("a", "b"), ("b", "a")]))
    instance, refused = read_run(run([HOPPER], [wrong, buy("bid", 10, MODES), POOL]))
    assert [one.id for one in refused] == ["wrong"]
    assert set(instance.bid_by_id) == {"bid", "pool"}
