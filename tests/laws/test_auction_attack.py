"""AUCTION_ATTACK: runs made to break the auction: extremes, words that deceive, money, malice.

Takes   runs that the reader allows, at the edge of what it allows, and some just beyond it.
Gives   clearings that pass their check, or one clear error.
Keeps   every fault that an attacker found, as the smallest run that shows it.
Source  docs/formulation/auction.md, sections 2 to 7.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_instances import instance as family
from chiphour.adapters.solver import SolverProcess
from chiphour.adapters.solver import SolverTimedOut
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.fields import PICOS
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.model import ModelTooLarge
from chiphour.auction.model import build
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json
from chiphour.auction.solve import solve

SPOT = {"tier": "spot", "pi": "0.999999", "beta": "4"}
BOTH = [{"tier": "od", "pi": "0", "beta": "1"}, SPOT]


def cleared(fields):
    """Clear a run of which no bid is refused; its check finds nothing, its file says the same."""
    instance = from_fields(fields)
    result = clear(instance, solve)
    assert violations(instance, result) == ()
    assert from_json(instance, to_json(instance, result)) == result
    return instance, result


def refused(fields):
    """Give why the only bid that is refused is."""
    _, found = read_run(fields)
    (one,) = found
    return one.reason


@pytest.mark.parametrize("word", ["work", "pool", "budget", "reserve", "premium", "side", "slots"])
def test_a_bid_may_be_called_by_any_word(word):
    """Its own rows were once taken for those that all share: the run could not be cleared."""
    modes = [
        divisible({H100: "1"}, (6, 3)),
        gang(8, 1, {H100: 60}),
        divisible({H100: "1"}, (6, 3), mode="z"),
    ]
    logic = {"xor": [["m", "g"]], "requires": []}
    offers = [offer("p", 20, H100, 16, 1, reserve=True), reserve("us", (1, 1))]
    bids = [*offers, buy(word, 10, modes, logic=logic), bid("c", 11, {H100: "1"}, (3, 5))]
    _, result = cleared(run([HOPPER], bids, sponsor_account=3))
    assert [part.id for part in result.award.parts if part.gangs] == [word]


@pytest.mark.parametrize("power", range(-6, 7))
def test_the_unit_of_work_changes_nothing(power):
    """Ten chip-hours worth $2 each, counted in micro-units or in millions of units."""
    rate, unit = Fraction(10) ** power, Fraction(10) ** -power
    units, usd = (f"{float(number):.12f}" for number in (10 * rate, 2 * unit))
    mode = {H100: f"{float(rate):.12f}"}
    bids = [
        offer("p", 20, H100, 16, (8, 1), (8, "1.5")),
        bid("b", 10, mode, (units, usd)),
        bid("c", 11, {H100: "1"}, (4, 3)),
    ]
    _, result = cleared(run([HOPPER], bids))
    assert result.prices[0].price_ticks == 15_000
    held = {part.id: sum(line.quantity_hundredths for line in part.lines)
            for part in result.award.parts}  # fmt: skip
    assert held == {"p": 1_400, "b": 1_000, "c": 400}


def test_rates_that_no_solver_can_hold_side_by_side_are_refused():
    a100 = {**HOPPER, "chip": "A100"}

    def why(*rates):
        products = dict(zip((H100, "A100/node8/us"), rates, strict=False))
        return refused(run([HOPPER, a100], [bid("b", 10, products, (1, 1))]))

    assert "in another unit, found '0.0000001'" in why("0.0000001")
    assert "in another unit, found '1000000.5'" in why("1000000.5")
    assert "found '0.01 beside 10001'" in why("0.01", "10001")


def test_a_loss_that_nobody_would_risk_is_no_choice_and_loosens_no_check():
    """$10^12 lost by an interruption once made the certificate accept anything."""
    lossy = {"loss_usd": "999999999999", "loss_units": "0", "restart_hours": "0"}
    bids = [
        offer("p", 20, H100, 16, 1, tiers=("od", "spot")),
        bid("c", 11, {H100: "1"}, (3, 5), tiers=("od", "spot"), interruption=lossy),
    ]
    instance, _ = cleared(run([HOPPER], bids, tiers=BOTH))
    tops = instance.bid_by_id["c"].tops_picousd(instance.grid)
    assert tops[H100] <= (5 + 1_000) * PICOS
    only = bid("c", 11, {H100: "1"}, (3, 5), tiers=("spot",), interruption=lossy)
    assert "that deliver work" in refused(run([HOPPER], [only], tiers=BOTH))


def test_names_of_factors_and_needs_are_names():
    """A lone surrogate cannot be printed, a thousand names fill a programme."""
    for names in ({"\ud800": "1"}, {"": "1"}, {f"f{n}": "1" for n in range(17)}):
        said = refused(run([HOPPER], [bid("b", 10, {H100: names}, (1, 1))]))
        assert "units_per_chip_hour: expected" in said
        assert said.encode()
        needs = dict.fromkeys(names, 1)
        assert "needs: expected" in refused(
            run([HOPPER], [bid("b", 10, {H100: "1"}, (1, 1), needs=needs)])
        )


def test_an_unknown_field_can_always_be_printed():
    said = refused(run([HOPPER], [bid("b", 10, {H100: "1"}, (1, 1)) | {"\ud800\x1b[2J": 1}]))
    assert said.isprintable()
    assert said.encode()


def test_a_gang_of_as_many_domains_as_a_pool_may_have_is_refused_or_placed_at_once():
    most = 1 << 16
    small = {**HOPPER, "domain_chips": 1}
    huge = [offer("p", 20, H100, 42_000_000, 1), bid("c", 11, {H100: "1"}, (3, 5))]
    dear = buy("g", 10, [gang(most, 1, {H100: 100_000})])
    _, result = cleared(run([small], [*huge, dear]))
    (site,) = next(part.gangs for part in result.award.parts if part.gangs)
    assert site.domains == (tuple(range(most)),)
    dear = buy("g", 10, [gang(most + 1, 1, {H100: 100_000})])
    assert f"at most {most} domains" in refused(run([small], [*huge, dear]))
    dear = buy("g", 10, [gang((1 << 20) + 8, 1, {H100: 100_000})])
    assert "an integer from 1 to 1048576" in refused(run([HOPPER], [*huge, dear]))


def test_a_run_whose_programme_would_fill_the_memory_ends_with_one_error(monkeypatch):
    monkeypatch.setattr("chiphour.auction.model.ENTRIES_MAX", 1_000)
    bids = [bid(f"b{n}", 10 + n, {H100: "1"}, (3, 5), hours=(0, 24)) for n in range(30)]
    instance = from_fields(run([HOPPER], bids, hours=24))
    with pytest.raises(ModelTooLarge, match="expected at most 1000 numbers"):
        build(instance)


@pytest.mark.long
def test_a_search_that_the_clock_cuts_still_gives_a_certified_award():
    """With most bids lumps, and half of the pools to be started, seconds prove no optimum.

    Its pools stand at their least output between buyers at their ceilings: no whole number of units
    fits in between, which once refused the run. The first limit within which this machine finds any
    award at all is taken.
    """
    instance = from_fields(family(200, 10, 24, gangs=0.6, starts=0.5))
    result = None
    for seconds in (2, 4, 8, 16, 32):
        with SolverProcess(seconds, gap=0) as solver, suppress(SolverTimedOut):
            result = clear(instance, solver.solve)
            break
    assert result is not None
    assert result.status == "clock"
    assert violations(instance, result) == ()
    assert 0 < certified_gap_ppb(instance, result) < 10**9
    assert result.claimed_gap_ppb is not None


def test_the_spelling_of_a_run_and_the_seed_of_hashes_change_no_byte():
    """Other spaces, other order of fields, 1.0 for 1: the same result in two new processes."""
    twins = [bid(name, account, {H100: "1"}, (10, 5)) for name, account in (("b", 10), ("c", 11))]
    offers = [offer("p", 20, H100, 16, (8, 1), (8, 2)), reserve("us", (2, 1))]
    fields = run([HOPPER], [*offers, *twins], sponsor_account=3)
    plain = json.dumps(fields)
    spelt = json.dumps(dict(reversed(fields.items())), indent=3).replace('"10"', '"1.00e1"')
    assert spelt != plain
    script = (
        "import sys; from chiphour.auction.clear import clear; "
        "from chiphour.auction.instance import from_json; "
        "from chiphour.auction.solve import solve; "
        "from chiphour.auction.result import to_json; i = from_json(sys.stdin.buffer.read()); "
        "sys.stdout.buffer.write(to_json(i, clear(i, solve)))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", script], input=text.encode(), capture_output=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for text, seed in ((plain, "1"), (spelt, "2"))
    ]  # fmt: skip
    assert found[0] == found[1]
    assert b"awards" in found[0]


def test_a_bid_split_into_many_gets_no_more_of_a_tie():
    """Half of 8 chips for each of two, whether one of them bids once or in ten parts."""
    whole = bid("a", 10, {H100: "1"}, (10, 5), chips_max=10)
    other = bid("z", 11, {H100: "1"}, (10, 5), chips_max=10)
    parts = [bid(f"s{n}", 10, {H100: "1"}, (1, 5), chips_max=1) for n in range(10)]
    pool = offer("p", 20, H100, 8, 1)
    _, once = cleared(run([HOPPER], [pool, whole, other]))
    _, split = cleared(run([HOPPER], [pool, other, *parts]))
    for result in (once, split):
        paid = sum(part.payment_microusd for part in result.award.parts if part.account == 10)
        assert paid <= 8 * 5 * 10**6
        assert result.prices[0].price_ticks == 50_000  # So no part of the tie is worth anything.
