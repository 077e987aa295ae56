"""TEST HEDONIC: what quality is worth, from sellers of several qualities.

Takes   generated markets with planted coefficients; a few rows worked by hand.
Gives   claims on what is found, what is left out, what is published.
Keeps   the premium of large hosts from passing for one of large machines.
Source  Decision 0021. `benchmarks/bench_hedonic.py` repeats the planted market 200 times.
"""

import json
import math

import numpy as np
import pytest

from chiphour.analyse.hedonic import HOSTS_MIN
from chiphour.analyse.hedonic import TRAILING_NS
from chiphour.analyse.hedonic import Coefficient
from chiphour.analyse.hedonic import Estimate
from chiphour.analyse.hedonic import Sample
from chiphour.analyse.hedonic import estimate
from chiphour.analyse.hedonic import fit
from chiphour.analyse.hedonic import fit_series
from chiphour.analyse.hedonic import machines_of
from chiphour.analyse.hedonic import multipliers_of
from chiphour.analyse.hedonic import samples_of
from chiphour.analyse.hedonic import to_json
from chiphour.analyse.hedonic import varying_hosts
from chiphour.index.quality import CHARACTERISTICS
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from records import observation

SERIES = "CHR.H100.SXM.SPOT"
PLANTED = {"gpus": 0.0, "link": 0.15, "memory_gb": -0.05, "vcpus": -0.06}
AT_NS = 1_784_507_400_000_000_000


def market(seed=1, hosts=40, venue="vast", planted=PLANTED, premium=0.0):
    """Generate hosts of one to six machines over three days; large hosts may ask a premium."""
    drawn = np.random.default_rng(seed)
    last = {each.name: len(each.floors) - 1 for each in CHARACTERISTICS}
    samples = []
    for host in range(hosts):
        own = drawn.normal(0, 0.25)
        large = int(drawn.integers(0, last["gpus"] + 1))
        for machine in range(int(drawn.integers(1, 7))):
            fixed = {name: int(drawn.integers(0, last[name] + 1)) for name in planted}
            level = own + premium * large + drawn.normal(0, 0.05)
            for day in range(3):
                for size in range(large + 1):
                    bands = fixed | {"gpus": size}
                    worth = sum(planted[name] * band for name, band in bands.items())
                    rate = level + worth + drawn.normal(0, 0.01)
                    key = f"{host}/{machine}"
                    samples.append(Sample(SERIES, venue, str(host), key, str(day), rate, bands))
    return samples


def test_planted_coefficients_are_found():
    """Over twenty markets all but a few lie within two standard errors, and none far off."""
    misses = 0
    for seed in range(20):
        found, _ = fit(market(seed), "vast", {})
        assert [each.name for each in found] == ["gpus", "link", "memory_gb", "vcpus"]
        for each in found:
            distance = abs(each.value - PLANTED[each.name])
            misses += distance > 2 * each.standard_error
            assert distance < 5 * each.standard_error
    assert misses <= 8  # A tenth of eighty.


def test_what_large_hosts_ask_is_no_premium_of_large_machines():
    """Hosts of eight GPUs ask 17 % more for each doubling; one machine's sizes cost the same."""
    samples = market(premium=0.17)
    found = {each.name: each for each in fit(samples, "vast", {})[0]}
    assert found["gpus"].within == "machine"
    assert abs(found["gpus"].value) < 0.01
    across = np.polyfit([s.bands["gpus"] for s in samples], [s.log_rate for s in samples], 1)
    assert across[0] > 0.05


def test_linear_prices_give_exactly_no_size_premium():
    flat = [
        each._replace(log_rate=0.5 + int(each.host) / 10 + int(each.machine.split("/")[1]) / 100)
        for each in market()
    ]
    found = {each.name: each for each in fit(flat, "vast", {})[0]}
    assert abs(found["gpus"].value) < 1e-12 and found["gpus"].standard_error < 1e-12


def test_without_variation_within_hosts_nothing_is_estimated():
    """Each host sells one quality only: across hosts it differs, and that tells nothing."""
    samples = [
        each._replace(bands={"gpus": 0, "link": int(each.host) % 2, "memory_gb": 0, "vcpus": 0})
        for each in market()
    ]
    found, omitted = fit(samples, "vast", {})
    assert found == []
    reasons = {each.name: each.reason for each in omitted}
    assert reasons["link"] == "too few hosts sell several bands of it"
    assert reasons["verified"] == "too few rows state it"


def test_a_characteristic_needs_enough_hosts_that_vary():
    samples = market(hosts=HOSTS_MIN - 1)
    assert fit(samples, "vast", {})[0] == []


def test_variation_is_counted_within_one_day():
    one = Sample("S", "v", "h", "m", "1", 0.0, {"link": 0})
    other_day = one._replace(day="2", bands={"link": 1})
    other_machine = one._replace(machine="n", bands={"link": 1})
    assert varying_hosts([one, other_day], "link") == 0
    assert varying_hosts([one, other_machine], "link") == 1
    assert varying_hosts([one, other_machine], "link", by_machine=True) == 0


def test_a_machine_counts_once_however_many_sizes_it_sells():
    samples = [
        Sample("S", "v", "h", "m", "1", 1.0 + 0.1 * size, {"gpus": size}) for size in range(3)
    ]
    (found,) = machines_of(samples, {"gpus": 0.1})
    assert found.log_rate == pytest.approx(1.0)
    assert found.bands == {"gpus": 2}


def test_a_venue_with_little_to_say_is_drawn_to_the_chip():
    """Of twelve hosts' 0.15 a value of 5.0 for all venues makes somewhat more."""
    few = market(seed=3, hosts=12)
    alone = {each.name: each.value for each in fit(few, "v", {})[0]}
    drawn = {each.name: each.value for each in fit(few, "v", {"link": 5.0})[0]}
    assert alone["link"] < drawn["link"] < 5.0


def test_a_series_has_coefficients_for_all_and_for_each_venue():
    samples = market() + market(seed=9, venue="hyperbolic")
    found, _ = fit_series(samples)
    venues = [each.venue for each in found if each.name == "link"]
    assert venues == ["", "hyperbolic", "vast"]


def test_the_order_of_rows_has_no_effect():
    samples = market()
    forward, backward = (fit(each, "vast", {})[0] for each in (samples, samples[::-1]))
    for one, other in zip(forward, backward, strict=True):
        assert one[:4] + one[6:] == other[:4] + other[6:]
        assert one[4:6] == pytest.approx(other[4:6])


def row(at_ns, machine="m", host="h", gpus=1, price=10**9, **fields):
    spec = json.dumps({"verification": "verified"} | fields.pop("spec", {}))
    made = observation(at_ns, source="vast", venue="vast", feed="book", kind="ask", tenor="SPOT")
    made = made._replace(machine_key=machine, host_key=host, spec=spec, gpus=gpus)
    return made._replace(**{"price_nanousd": price} | fields)


def test_samples_are_books_of_four_weeks_with_a_host():
    sound = row(AT_NS - NS_PER_HOUR, spec={"reliability2": "0.5"})
    rows = [
        sound,
        row(AT_NS - TRAILING_NS - 1),
        row(AT_NS),
        row(AT_NS - NS_PER_HOUR, host=""),
        row(AT_NS - NS_PER_HOUR, feed="posted"),
        row(AT_NS - NS_PER_HOUR, flags=("REPEATED",)),
        row(AT_NS - NS_PER_HOUR, chip="V100"),
    ]
    (found,) = samples_of(rows, AT_NS)
    assert found.series == SERIES and found.log_rate == pytest.approx(math.log(10**9))
    assert found.bands == {"gpus": 0, "reliability": 0, "verified": 1}


def test_the_last_offer_of_a_size_on_a_day_counts():
    rows = [
        row(AT_NS - hours * NS_PER_HOUR, gpus=gpus, price=gpus * hours * 10**9)
        for gpus in (1, 2)
        for hours in (1, 2)
    ]
    found = samples_of(rows, AT_NS + NS_PER_DAY)
    per_gpu = [round(math.exp(each.log_rate)) for each in found]
    days = len({each.day for each in found})
    assert (per_gpu, days) in (([10**9] * 2, 1), ([2 * 10**9, 10**9] * 2, 2))


COEFFICIENT = Coefficient(SERIES, "vast", "link", "host", 0.1, 0.02, 300, 80, 12)


def test_multipliers_take_a_band_to_the_reference():
    """One band below, e to the 0.1; the reference itself, one."""
    found = Estimate(0, 1, 300, (COEFFICIENT, COEFFICIENT._replace(venue="")), ())
    multipliers = multipliers_of(found, 2)
    assert multipliers.known_ns == 2
    assert multipliers.factors == (
        ((SERIES, "vast", "link", 0), 1_105_171),
        ((SERIES, "vast", "link", 1), 1_000_000),
    )


def test_multipliers_are_clipped_to_a_quarter():
    steep = COEFFICIENT._replace(name="vcpus", value=-0.2)
    factors = dict(multipliers_of(Estimate(0, 1, 300, (steep,), ()), 2).factors)
    assert [factors[SERIES, "vast", "vcpus", band] for band in range(4)] == [
        750_000,
        750_000,
        818_731,
        1_000_000,
    ]


def test_the_report_holds_errors_counts_and_what_was_left_out():
    found = estimate([row(AT_NS - NS_PER_HOUR)], AT_NS)
    report = to_json(found, multipliers_of(found, AT_NS))
    assert (report["rows"], report["coefficients"], report["multipliers"]) == (1, [], [])
    assert {each["venue"] for each in report["omitted"]} == {"", "vast"}
    whole = to_json(Estimate(0, 1, 300, (COEFFICIENT,), ()), multipliers_of(found, AT_NS))
    (shown,) = whole["coefficients"]
    assert (shown["value"], shown["standard_error"]) == (100_000, 20_000)
    assert json.loads(json.dumps(whole)) == whole
