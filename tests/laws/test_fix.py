"""FIX: laws of the index, on generated panels and on the recordings that are shipped.

Takes   any rows around two strikes; the shipped daily snapshots.
Gives   a failure where order or number of rows matters, where the audit differs from the
        methodology, where a split does not sum, where a float could enter.
Keeps   the published table of three strikes to the last digit.
Source  docs/methodology/v2026_1.md.
"""

import ast
import os
from datetime import date
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

import chiphour.audit
import chiphour.index
from audited import TABLES
from audited import audit
from audited import plain
from audited import rows_of
from audited import tables_of
from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.audit.rows import batch_of
from chiphour.audit.rows import window_of
from chiphour.audit.rules import audit_fixing
from chiphour.audit.rules import audit_strike
from chiphour.index.batch import batch_strike_ns
from chiphour.index.fixing import from_json
from chiphour.index.fixing import to_json
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import parameters_sha256
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import as_final
from chiphour.index.v2026_1 import as_revised
from chiphour.index.v2026_1 import fix_all
from chiphour.index.v2026_1 import fix_one
from chiphour.index.v2026_1 import ids_root
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import day_from_ns
from chiphour.units import strike_ns
from chiphour.units import text_from_ticks
from laws.markets import BASE
from laws.markets import OWNERS
from laws.markets import markets
from laws.markets import parameter_sets
from laws.markets import row

FIRST, LAST = date(2026, 7, 6), date(2026, 8, 13)
SOURCE = "gpurentalprices"
ARITHMETIC = ("numbers", "specs", "groups", "rows", "books", "figures", "rules")  # Of the audit.


def fixed_twice(market, source="", parameters=V2026_1, rows=None):
    """Fix both strikes, the second after the first; give what audits would be given too."""
    rows = market.rows if rows is None else rows
    first = fix_one(market.series, rows, market.strikes[0], None, source, parameters)
    previous = first if first.state == "fixed" else None
    return first, fix_one(market.series, rows, market.strikes[1], previous, source, parameters)


def examples(most):
    """Give how many examples a law draws: a tenth of them in `check`, which sets the number."""
    return max(5, most // 10) if "CHIPHOUR_EXAMPLES" in os.environ else most


@pytest.mark.long
@settings(max_examples=examples(250))
@given(markets(), st.sampled_from(("", "", "snapshot")), parameter_sets())
def test_the_audit_equals_the_methodology(market, source, parameters):
    first, second = fixed_twice(market, source, parameters)
    previous = first if first.state == "fixed" else None
    tables = tables_of(parameters)
    assert audit(first, market.rows, None, tables) is None
    assert audit(second, market.rows, previous, tables) is None
    if parameters in SETS.values():
        assert audit(as_final(second), market.rows, previous, tables) is None


@pytest.mark.long
@settings(max_examples=examples(100))
@given(markets())
def test_the_audit_of_daily_batches_equals_that_of_one_heap(market):
    """All sets at once, from rows sorted by the strike that they can enter first."""
    batches = {}
    for seen in market.rows:
        strike = batch_strike_ns(seen, V2026_1.close_ns)
        batches.setdefault(strike, []).append(seen)
    sorted_out = [batch_of(rows_of(rows)) for rows in batches.values()]
    window = window_of(sorted_out, market.strikes[1])
    for parameters in SETS.values():
        first, second = fixed_twice(market, parameters=parameters)
        previous = plain(first) if first.state == "fixed" else None
        assert audit_fixing(plain(second), window, previous, TABLES) is None


@settings(max_examples=examples(100))
@given(markets(), st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_change_nothing(market, generator):
    shuffled = market.rows + market.rows[::2]
    generator.shuffle(shuffled)
    fixings = fixed_twice(market)
    assert fixed_twice(market, rows=shuffled) == fixings
    assert audit(fixings[0], shuffled, None) is None


@pytest.mark.long
@settings(max_examples=examples(100))
@given(markets(), st.data())
def test_a_revision_that_strikes_rows_and_lets_in_late_ones_is_audited(market, data):
    strike, known_ns = market.strikes[0], market.strikes[0] + 3 * NS_PER_DAY
    some = st.sets(st.sampled_from(market.rows), max_size=4) if market.rows else st.just(set())
    struck, added = data.draw(some), data.draw(some)
    rows = [
        seen
        for seen in market.rows
        if seen not in struck and (seen.received_ns < strike + V2026_1.close_ns or seen in added)
    ]
    fixing = fix_one(market.series, rows, strike, None, "", V2026_1._replace(close_ns=NS_PER_DAY))
    exact = fixing._replace(parameters_sha256=parameters_sha256(V2026_1))
    revision = {
        "id": "REV-2026-001",
        "known_ns": known_ns,
        "struck": [observation_id(seen) for seen in struck],
        "added": [observation_id(seen) for seen in added],
    }
    revised = as_revised(exact, revision["id"], known_ns)
    assert audit(revised, market.rows, None, revision=revision) is None


@settings(max_examples=examples(50))
@given(markets())
def test_a_split_sums_to_the_change_in_ticks(market):
    first, second = fixed_twice(market)
    if first.state == second.state == "fixed":
        parts = (second.matched_ticks, second.screen_ticks, second.composition_ticks)
        assert sum(parts) == second.change_ticks == second.fix_ticks - first.fix_ticks
    else:
        assert second.change_ticks is None


@settings(max_examples=examples(50))
@given(markets())
def test_a_fixing_survives_json(market):
    for fixing in fixed_twice(market):
        assert from_json(to_json(fixing)) == fixing


@pytest.mark.parametrize("count", [1, 10, 5_000])
def test_a_venue_counts_once_however_many_rows_it_sends(count):
    """One rate card of three floods the panel at ten dollars: the fix is the same for any count."""
    strike = strike_ns(LAST)
    rows = [row(name, 2 * 10**9, strike, NS_PER_HOUR) for name in OWNERS[:6]]
    flood = [row(OWNERS[6], 10**10, strike, NS_PER_HOUR, row=str(n)) for n in range(count)]
    fixing = fix_one(BASE[0], rows + flood, strike, None)
    assert (fixing.fix_ticks, fixing.panel, fixing.kept) == (20_000, 7, 6)


WHOLE = {"comb", "gcd", "isqrt", "lcm", "prod"}


def test_no_float_can_enter_the_index():
    """No float literal, no float(), no true division, no module that computes in floats."""
    files = sorted(Path(chiphour.index.__file__).parent.rglob("*.py"))
    assert {"v2026_1.py", "statistics.py", "panel.py"} <= {f.name for f in files}
    files += [Path(chiphour.audit.__file__).with_name(f"{name}.py") for name in ARITHMETIC]
    banned = {"cmath", "decimal", "math", "numpy", "random", "statistics"}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            where = f"{file.name}:{getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), where
            assert not isinstance(node, ast.Div), where
            assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), where
            if isinstance(node, ast.Import):
                assert banned.isdisjoint(name.name.split(".")[0] for name in node.names), where
            whole = isinstance(node, ast.ImportFrom) and node.module == "math"
            if whole:  # Of mathematics, what is of whole numbers alone.
                assert {name.name for name in node.names} <= {
                    "comb",
                    "gcd",
                    "isqrt",
                    "lcm",
                    "prod",
                }, where
            elif isinstance(node, ast.ImportFrom):
                assert str(node.module).split(".")[0] not in banned, where


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    opened = Archive(tmp_path_factory.mktemp("archive"))
    assert ingest(opened, embedded_folder(), compared=False).refused == ()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def fixings(archive):
    """Give the fixings of the daily snapshots by series, without CHR., and day."""
    found = fix_range(archive, FIRST, LAST, SOURCE)
    return {(f.series.removeprefix("CHR."), day_from_ns(f.strike_ns)): f for f in found}


COLUMNS = (
    *("H100.SXM.OD", "H200.SXM.OD", "B200.SXM.OD", "A100.SXM.OD", "L40S.OD", "L4.OD"),
    *("MI300X.OD", "RTX4090.SPOT", "RTX5090.SPOT"),
)
TABLE = {
    date(2026, 7, 10): "3.2000 5 2|4.0000 8 3|6.6900 7 0|1.6000 6 1|1.3700 7 0|0.4400 3 0|- 2|- 2"
    "|- 2",
    date(2026, 7, 21): "3.1700 7 1|3.9950 9 3|6.6900 7 0|1.6000 6 1|1.5700 10 3|0.6702 4 0"
    "|2.5900 4 0|0.3450 4 0|0.6900 3 0",
    date(2026, 8, 13): "3.2250 7 3|4.2900 10 3|6.7900 7 0|1.6000 6 1|1.5700 10 3|0.6994 4 0"
    "|2.7900 4 0|0.3450 4 0|0.6900 3 0",
}


@pytest.mark.parametrize("day", TABLE)
def test_the_recordings_give_the_published_table(fixings, day):
    """Fix, panel and rejected, as another program computed them from the same snapshots."""

    def cell(fixing):
        if fixing.fix_ticks is None:
            return f"- {fixing.panel}"
        return f"{text_from_ticks(fixing.fix_ticks)} {fixing.panel} {fixing.panel - fixing.kept}"

    assert "|".join(cell(fixings[series, day]) for series in COLUMNS) == TABLE[day]


def test_h100_sxm_on_demand_is_fixed_on_35_of_39_strikes(fixings):
    rows = {day: f for (series, day), f in fixings.items() if series == "H100.SXM.OD"}
    assert len(rows) == 39
    suppressed = {day: f.reason for day, f in rows.items() if f.state == "suppressed"}
    assert suppressed == {
        date(2026, 7, 6): "FEW_MEMBERS",
        date(2026, 7, 17): "STALE",
        date(2026, 7, 26): "STALE",
        date(2026, 8, 4): "STALE",
    }


def test_what_cannot_be_fixed_has_a_reason_on_every_strike(fixings):
    for series in ("T4.SPOT", "T4.OD", "MI250.SPOT", "MI250.OD"):
        rows = [fixings[series, FIRST + timedelta(days=day)] for day in range(39)]
        assert all(fixing.reason and fixing.fix_ticks is None for fixing in rows)
    assert {fixings["MI250.OD", FIRST + timedelta(days=day)].reason for day in range(39)} == {
        "NO_DATA"
    }


def test_every_recorded_fix_is_audited(archive, fixings):
    rows = rows_of(archive.observations(0, 1 << 62, SOURCE, for_fixing=True))
    previous, checked = {}, 0
    for day in sorted({day for _, day in fixings}):
        published = [plain(fixing) for (_, of), fixing in fixings.items() if of == day]
        assert audit_strike(published, rows, previous, TABLES) == [None] * len(published)
        fixed = [each for each in published if each["state"] == "fixed"]
        previous |= {(each["series"], each["parameter_set"]): each for each in fixed}
        checked += len(published)
    assert checked == len(fixings) == 39 * len(BY_TICKER)


def test_a_changed_row_is_noticed(archive, fixings):
    strike = strike_ns(date(2026, 7, 21))
    rows = list(archive.observations(strike - 7 * NS_PER_DAY, strike, SOURCE, for_fixing=True))
    published = fixings["H100.SXM.OD", date(2026, 7, 21)]
    previous = fixings["H100.SXM.OD", date(2026, 7, 20)]
    assert audit(published, rows, previous) is None
    mine = [
        at
        for at, seen in enumerate(rows)
        if (seen.chip, seen.form, seen.tenor) == ("H100", "SXM", "OD")
        and strike - NS_PER_DAY <= seen.observed_ns
    ]
    assert ids_root(sorted(observation_id(rows[at]) for at in mine)) == published.inputs_root
    for at in mine:
        changed = list(rows)
        changed[at] = rows[at]._replace(price_nanousd=rows[at].price_nanousd + 1)
        assert " inputs_root: published " in str(audit(published, changed, previous))
    assert len(mine) >= published.panel == 7


def test_all_sources_together_fix_the_same_series(archive):
    strike = strike_ns(date(2026, 7, 21))
    rows = archive.observations(strike - 7 * NS_PER_DAY, strike)
    together = fix_all(rows, strike, {})
    alone = fix_all(rows, strike, {}, SOURCE)
    assert [f.fix_ticks for f in together] == [f.fix_ticks for f in alone]
