"""EXPLAIN: what is said of a bid is so: its figures again, and its advice tried out.

Takes   cleared runs; bids that lost.
Gives   sentences; clearings of the same run with the bid changed as advised.
Keeps   every kind of bid explained, awarded or not.
Source  docs/formulation/auction.md, sections 3, 5 and 8.
"""

import re
from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_fields import virtual
from auction_lumps import S4_EUROPEAN
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.clear import clear
from chiphour.auction.explain import explain
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.solve import solve

POOL = offer("pool", 20, H100, 12, 1)
SINGLE = bid("single", 11, {H100: "1"}, (8, 3), (8, 2))
LUMP = buy("lump", 10, [gang(8, 1, {H100: 18})])
MONEY = re.compile(r"\$(-?[0-9]+(?:\.[0-9]+)?)")


def said(fields, name):
    instance = from_fields(fields)
    return explain(instance, clear(instance, solve), name, solve)


def figures(text):
    return [Decimal(found) for found in MONEY.findall(text)]


def won(fields, name):
    """Tell whether a bid holds anything once the run is cleared, all ties of its side lost."""
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    return any(part.id == name and not part.held.is_empty for part in result.award.parts)


def short_usd(words):
    """Give what a bid was short of, in dollars, from its sentences."""
    (line,) = [one for one in words if one.startswith("Had it been made to win")]
    return figures(line)[-1]


def test_an_unknown_bid_is_refused(cleared):
    instance, result = cleared(run([HOPPER], [POOL, SINGLE]))
    with pytest.raises(RequestMalformed, match="run: expected a bid of this run, found 'nobody'"):
        explain(instance, result, "nobody", solve)


def test_who_was_served_hears_what_and_for_how_much():
    """Twelve chips: eight at 3 and four at 2, which is the price."""
    assert said(run([HOPPER], [POOL, SINGLE]), "single") == (
        "single buys 12 chip-hours and pays $24.00.",
        "By its own declaration it gains $8.00.",
        "Mode m: 12 of 16 unit are done.",
        f"The cheapest unit for it was on {H100} on od at 00:00: $2.",
        "It stops inside the block at $2, which sets the price: "
        "there it gains nothing by more or by less.",
    )
    assert said(run([HOPPER], [POOL, SINGLE]), "pool")[:3] == (
        "pool sells 12 chip-hours and receives $24.00.",
        "By its own declaration it gains $12.00.",
        "A chip-hour of the pool was worth at most $2.0000 (at 00:00); "
        "its cheapest block asks $1.0000.",
    )


def test_a_gang_that_won_hears_where_it_runs():
    words = said(run([HOPPER], [POOL, LUMP]), "lump")
    assert words[0].startswith("lump buys 8 chip-hours and pays $8.00")
    assert words[-1] == "Mode g runs on 8 chips of pool from 00:00 to 01:00."


def test_a_gang_that_lost_hears_how_much_more_it_would_take():
    """Single chips gain 20, the gang and four of them 18: it is short of 2 and a little."""
    fields = run([HOPPER], [POOL, SINGLE, LUMP])
    words = said(fields, "lump")
    assert words[0] == "lump was not awarded anything."
    assert words[1] == (
        "Mode g would gain $2.00 at the prices, and yet it is left out: to serve it whole would "
        "take more from others than it brings. Prices for single chips cannot show that."
    )
    assert words[2:] == (
        "Had it been made to win its gang, the market as a whole would have been worth $2.00 less.",
        "With its value for that higher by more it would have won.",
    )


@settings(derandomize=True, max_examples=25)
@given(
    st.integers(1, 40), st.sampled_from((2, 4, 8)), st.integers(8, 14),
    st.lists(st.tuples(st.integers(1, 8), st.integers(1, 6)), min_size=1, max_size=4),
)  # fmt: skip
def test_a_gang_wins_with_what_it_was_short_of_and_a_cent(tenths, chips, stock, rivals):
    """Raise the value of a gang that lost by what it was told: a cent more wins, one less not."""
    usd = Decimal(tenths * chips) / 10
    others = [
        bid(f"r{n}", 20 + n, {H100: "1"}, (units, price)) for n, (units, price) in enumerate(rivals)
    ]

    def fields(value):
        lump = buy("lump", 10, [gang(chips, 1, {H100: str(value)}, migratable=True)])
        return run([HOPPER], [offer("pool", 60, H100, stock, 1), lump, *others])

    if won(fields(usd), "lump"):
        return
    short = short_usd(said(fields(usd), "lump"))
    cent = Decimal("0.01")
    assert won(fields(usd + short + cent), "lump")
    if short > cent:
        assert not won(fields(usd + short - cent), "lump")


def test_a_gang_among_exclusive_modes_is_explained_and_wins_with_that():
    modes = [gang(8, 1, {H100: 14}, mode="a"), gang(4, 1, {H100: 7}, mode="b", migratable=True)]
    both = buy("both", 10, modes, logic={"xor": [["a", "b"]], "requires": []})
    fields = run([HOPPER], [POOL, SINGLE, both])
    words = said(fields, "both")
    short = short_usd(words)
    assert "Had it been made to win its gang a," in words[-2]
    both["modes"][0]["products"][0]["value_usd"] = str(14 + short + Decimal("0.01"))
    assert won(fields, "both")


@pytest.mark.parametrize("usd", ["1.5", "0.9"])
def test_work_that_lost_hears_what_a_unit_costs_and_wins_above_that(usd):
    low = bid("low", 12, {H100: "2"}, (6, usd), (6, "0.5"))
    fields = run([HOPPER], [POOL, bid("w", 11, {H100: "1"}, (20, 4)), low])
    words = said(fields, "low")
    assert words[:4] == (
        "low was not awarded anything.",
        "Mode m: 0 of 12 unit are done.",
        f"The cheapest unit for it was on {H100} on od at 00:00: $2.",
        f"The next 6 unit are worth ${usd} each to it, less than they cost: "
        "it would take a bid of $2.",
    )
    short = short_usd(words)
    assert short == 2 * (2 - Decimal(usd))  # For the two units that a chip does.
    more = Decimal(usd) + (short + Decimal("0.01")) / 2
    low["modes"][0]["curve"][0][1] = str(round(more, 6))
    assert won(fields, "low")
    low["modes"][0]["curve"][0][1] = str(round(more - Decimal("0.01"), 6))
    assert not won(fields, "low")


def test_work_of_which_there_is_room_for_a_part_hears_of_that_part():
    """Half a chip is all that there is: another pays 4 for it, this one 1.5."""
    low = bid("low", 12, {H100: "1"}, (80, "1.5"))
    pool = offer("pool", 20, H100, "0.5", 1)
    words = said(run([HOPPER], [pool, bid("w", 11, {H100: "1"}, (20, 4)), low]), "low")
    assert "what there is room for of the work of a chip in an interval" in words[-2]
    assert short_usd(words) == Decimal("1.25")


def test_a_pool_that_lost_hears_how_much_cheaper_it_had_to_be():
    """Twelve chips at 1 serve all six that are wanted: one at 2 in their place costs 1 more."""
    fields = run(
        [HOPPER], [POOL, bid("w", 11, {H100: "1"}, (6, 3)), offer("dear", 21, H100, 10, 2)]
    )
    words = said(fields, "dear")
    assert words[0] == "dear was not awarded anything."
    assert short_usd(words) == Decimal("1.00")
    assert words[-1] == "With its cost of that lower by more it would have won."
    dear = next(one for one in fields["bids"] if one["id"] == "dear")
    for price, wins in (("0.99", True), ("1.01", False)):
        dear["blocks"] = [{"share": "1", "price": price}]
        assert won(fields, "dear") is wins


def test_a_pool_for_which_nobody_is_there_hears_that():
    words = said(run([HOPPER], [POOL]), "pool")
    assert words[-1] == (
        "Even alone in the market it could not have been served: nobody could deal with it."
    )


def test_a_gang_for_which_no_pool_has_room_hears_that():
    """Two pools of eight, each at its best in another hour: a gang of two hours fits in neither."""
    pools = [offer("p", 20, H100, [8, 2], 1, hours=2), offer("q", 21, H100, [2, 8], 1, hours=2)]
    fields = run([HOPPER], [*pools, buy("lump", 10, [gang(8, 2, {H100: 99})])], hours=2)
    assert said(fields, "lump")[-1] == (
        "Even alone in the market it could not have been served: no pool has the room."
    )


def test_a_block_left_out_by_european_prices_hears_why():
    """S4: it would add 570 and yet no price leaves it and all others without a loss."""
    words = said(S4_EUROPEAN.fields, "block-0")
    assert words[0] == "block-0 was not awarded anything."
    assert not any("it would have won" in one for one in words)
    assert words[-1].startswith("Here one price a slot must leave nobody at a loss")
    assert short_usd(words) == 0


def test_work_that_its_budget_holds_back_is_not_told_that_it_sets_the_price():
    limited = bid("w", 10, {H100: "1"}, (12, 5)) | {"limits": {"spend_usd": "9"}}
    words = said(run([HOPPER], [POOL, limited]), "w")
    assert words[-1] == (
        "The rest of the block, at $5, would pay at that price, but its ceiling of chips, its "
        "budget or its own logic holds it back."
    )


def test_a_scaled_bid_is_explained_at_the_values_that_counted():
    """Nine of sixty dollars: its 5 a unit count as 0.75, whichever way the run is handed over."""
    pool = offer("pool", 20, H100, 10, 1, side_stock={"cpu": [6]})
    wants = bid("w", 10, {H100: "1"}, (12, 5), needs={"cpu": 2}) | {"limits": {"spend_usd": "9"}}
    instance = from_fields(run([HOPPER], [pool, wants]))
    result = clear(instance, solve)
    words = explain(instance, result, "w", solve)
    assert "The next 12 unit are worth $0.75 each to it" in words[3]
    counted = instance.at_prices(result.reference, result.scaled)
    assert explain(counted, result, "w", solve) == words


def test_work_that_its_ceiling_holds_back_or_that_is_done_hears_so():
    words = said(run([HOPPER], [POOL, bid("w", 10, {H100: "1"}, (2, 5), (4, 4), chips_max=2)]), "w")
    assert words[-1].startswith("The next block, at $4, would pay at that price")
    words = said(run([HOPPER], [POOL, bid("w", 10, {H100: "1"}, (2, 5))]), "w")
    assert words[-1] == "All the work that mode m asked for is done."


def test_work_that_needs_several_products_hears_that_none_does_it_alone():
    rates = {H100: {"one": "1", "two": "0"}, A100: {"one": "0", "two": "1"}}
    both = buy("both", 10, [divisible(rates, (8, 10), chips_max=16)])
    words = said(run([HOPPER, AMPERE], [POOL, offer("two", 21, A100, 12, 1), both]), "both")
    assert words[-1] == "No one product does all that a unit of mode m needs: one, two."


def test_a_choice_of_modes_is_told():
    modes = [divisible({H100: "1"}, (6, 3)), gang(8, 1, {H100: 60})]
    either = buy("either", 10, modes, logic={"xor": [["m", "g"]], "requires": []})
    assert said(run([HOPPER], [POOL, either]), "either")[-1] == "g was chosen, and that excludes m."


def test_reserve_and_views_are_explained():
    fields = run(
        [HOPPER],
        [
            offer("pool", 20, H100, 12, 1, reserve=True), SINGLE, reserve("us", (3, 2)),
            virtual("hope", 30, "buy", H100, (1, 9), hours=1),
            virtual("never", 31, "sell", H100, (1, 9), hours=1),
        ],
    )  # fmt: skip
    assert said(fields, "reserve-us") == (
        "reserve-us is served: up to 3 chips are kept in reserve, worth $6.00 by its curve.",
    )
    assert said(fields, "hope")[0].startswith("hope buys 1 chip-hours and pays $")
    assert said(fields, "never") == ("never was not awarded anything.",)


def test_charges_and_make_whole_are_told_with_their_amounts(cleared):
    instance, result = cleared(rich())
    for part in result.award.parts:
        words = " ".join(explain(instance, result, part.id, solve))
        for told, amount in (
            ("It is charged ", part.charge_microusd),
            ("made whole with ", part.make_whole_microusd),
        ):
            assert (told in words) == (amount > 0)
            if amount:
                cents = figures(words.split(told)[1])[0]
                assert abs(cents * 10**6 - amount) <= 5_000


@settings(derandomize=True, max_examples=10)
@given(runs(budget=True))
def test_every_bid_of_any_run_is_explained_with_its_own_money(fields):
    """Each bid gets sentences; who holds anything reads its payment and gain to the cent."""
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    counted = instance.at_prices(result.reference, result.scaled)
    parts = {part.id: part for part in result.award.parts if not part.held.is_empty}
    for one in counted.bids:
        words = explain(instance, result, one.id, solve)
        assert words and all(re.fullmatch(r"\S.*[^ ]\.", line) for line in words)
        part = parts.get(one.id)
        if part is None:
            assert words[0] == f"{one.id} was not awarded anything."
        elif "is served" not in words[0]:
            (paid,) = figures(words[0])
            assert abs(paid * 10**6 - abs(part.payment_microusd)) <= 5_000
            gain = one.worth(counted.context, part.held) * 10**6 - part.owed_microusd
            told = next(line for line in words if line.startswith("By its own declaration"))
            sign = -1 if "-$" in told else 1
            assert abs(sign * figures(told.replace("-$", "$"))[0] * 10**6 - round(gain)) <= 5_001
    assert deepcopy(result) == result
