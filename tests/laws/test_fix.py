"""FIX: laws of the index, on generated panels and on the recordings that are shipped.

Takes   any rows around two strikes; the shipped daily snapshots.
Gives   a failure where order or number of rows matters, where the audit differs from the
        methodology, where a split does not sum, where a float could enter.
Keeps   the published table of three strikes to the last digit.
Source  docs/methodology/v2026_1.md.
"""

import ast
from datetime import date
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

import chiphour.index
from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import audit_all
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.index.audit import audit
from chiphour.index.fixing import from_json
from chiphour.index.fixing import to_json
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import fix_all
from chiphour.index.v2026_1 import fix_one
from chiphour.observe.observation import observation_id
from chiphour.observe.register import REGISTER
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import strike_ns
from chiphour.units import text_from_ticks
from records import observation

FIRST, LAST = date(2026, 7, 6), date(2026, 8, 13)
SOURCE = "gpurentalprices"
SERIES = (BY_TICKER["CHR.H100.SXM.SPOT"], BY_TICKER["CHR.H100.SXM.OD"])
STRIKES = (strike_ns(date(2026, 7, 20)), strike_ns(date(2026, 7, 21)))
ELIGIBLE = tuple(sorted(name for name, row in REGISTER.items() if row.role == "eligible"))
OWNERS = tuple({REGISTER[name].owner: name for name in ELIGIBLE}.values())
assert len(OWNERS) >= 12

AGES_NS = (
    *(1, NS_PER_MINUTE, 9 * NS_PER_MINUTE, 10 * NS_PER_MINUTE, 10 * NS_PER_MINUTE + 1),
    *(3 * NS_PER_HOUR, NS_PER_DAY, NS_PER_DAY + 1, 3 * NS_PER_DAY, 8 * NS_PER_DAY),
)
# Few prices, so that rates are often equal; and any price, so that they are often not.
PRICES = st.sampled_from((10**9, 2 * 10**9, 2_030_000_000, 670_250_000)) | st.integers(1, 10**10)


def row(venue, price_nanousd, strike, age_ns, **fields):
    seen = {"venue": venue, "price_nanousd": price_nanousd, "observed_ns": strike - age_ns}
    return observation(**{"tenor": "SPOT"} | seen | fields)


@st.composite
def sound_rows(draw, strike):
    """Draw one good rate card for each of 0 to 12 owners."""
    owners = draw(st.lists(st.sampled_from(OWNERS), unique=True, max_size=12))
    sizes = st.integers(1, 8)
    return [row(name, draw(PRICES), strike, NS_PER_HOUR, gpus=draw(sizes)) for name in owners]


@st.composite
def book_rows(draw, strike):
    """Draw a book that is often deep enough: machines of some hosts, slices, a few polls."""
    machines = draw(st.integers(0, 7))
    polls = draw(st.lists(st.integers(1, 10), unique=True, max_size=3))
    return [
        row(
            "vast",
            draw(PRICES),
            strike,
            poll * NS_PER_MINUTE,
            source="vast",
            feed="book",
            kind="ask",
            gpus=gpus,
            machine_key=f"m{machine}",
            host_key=f"h{machine % 4}",
        )
        for machine in range(machines)
        for poll in polls
        for gpus in draw(st.sampled_from(((1,), (1, 2), (1, 4, 8))))
    ]


@st.composite
def odd_rows(draw, strike):
    """Draw any other row: ineligible, old, of a second source or venue, without keys."""
    venues = st.sampled_from((*ELIGIBLE, "aws", "primeintellect", "nobody"))
    age_ns = draw(st.sampled_from(AGES_NS))
    venue = draw(venues)
    return row(
        venue,
        draw(PRICES | st.just(0)),
        strike,
        age_ns,
        source=draw(st.sampled_from(("snapshot", "other", venue))),
        feed=draw(st.sampled_from(("posted", "posted", "book"))),
        kind=draw(st.sampled_from(("list", "ask", "bid_floor"))),
        chip=draw(st.sampled_from(("H100", "H100", "T4"))),
        gpus=draw(st.integers(0, 8)),
        machine_key=draw(st.sampled_from(("", "m1", "m2"))),
        host_key=draw(st.sampled_from(("", "h1", "h2"))),
        flags=draw(st.sampled_from(((), (), ("CARRIED",), ("BID_FLOOR",)))),
        received_ns=strike - age_ns + draw(st.sampled_from((0, 0, NS_PER_HOUR))),
    )


@st.composite
def markets(draw):
    """Draw a series and rows of two strikes, a day apart; often the rate cards hardly move."""
    series = draw(st.sampled_from(SERIES))
    cards = draw(sound_rows(STRIKES[0]))
    later = draw(sound_rows(STRIKES[1]))
    if draw(st.booleans()):
        day_ns = {"observed_ns": STRIKES[1] - NS_PER_HOUR, "received_ns": STRIKES[1] - NS_PER_HOUR}
        later = [card._replace(**day_ns) for card in cards] + later[:2]
    found = cards + later
    for strike in STRIKES:
        found += draw(book_rows(strike)) + draw(st.lists(odd_rows(strike), max_size=6))
    return series, [card._replace(tenor=series.tenor) for card in found]


def fixed_twice(market, source=""):
    """Fix both strikes, the second after the first; give what audits would be given too."""
    series, rows = market
    first = fix_one(series, rows, STRIKES[0], None, source)
    previous = first if first.state == "fixed" else None
    return first, fix_one(series, rows, STRIKES[1], previous, source)


@settings(deadline=None, max_examples=250)
@given(markets(), st.sampled_from(("", "snapshot")))
def test_the_audit_equals_the_methodology(market, source):
    first, second = fixed_twice(market, source)
    rows = market[1]
    assert audit(first, rows, None) is None
    assert audit(second, rows, first if first.state == "fixed" else None) is None


@settings(deadline=None, max_examples=100)
@given(markets(), st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_change_nothing(market, generator):
    series, rows = market
    shuffled = rows + rows[::2]
    generator.shuffle(shuffled)
    assert fixed_twice((series, shuffled)) == fixed_twice(market)


@settings(deadline=None, max_examples=100)
@given(markets())
def test_a_split_sums_to_the_change_in_ticks(market):
    first, second = fixed_twice(market)
    if first.state == second.state == "fixed":
        parts = (second.matched_ticks, second.screen_ticks, second.composition_ticks)
        assert sum(parts) == second.change_ticks == second.fix_ticks - first.fix_ticks
    else:
        assert second.change_ticks is None


@settings(deadline=None, max_examples=100)
@given(markets())
def test_a_fixing_survives_json(market):
    for fixing in fixed_twice(market):
        assert from_json(to_json(fixing)) == fixing


@pytest.mark.parametrize("count", [1, 10, 5_000])
def test_a_venue_counts_once_however_many_rows_it_sends(count):
    """One rate card of three floods the panel at ten dollars: the fix is the same for any count."""
    strike = STRIKES[0]
    rows = [row(name, 2 * 10**9, strike, NS_PER_HOUR) for name in OWNERS[:6]]
    flood = [row(OWNERS[6], 10**10, strike, NS_PER_HOUR, row=str(n)) for n in range(count)]
    fixing = fix_one(SERIES[0], rows + flood, strike, None)
    assert (fixing.fix_ticks, fixing.panel, fixing.kept) == (20_000, 7, 6)


def test_no_float_can_enter_the_index():
    """No float literal, no float(), no true division, no module that computes in floats."""
    folder = Path(chiphour.index.__file__).parent
    files = sorted(folder.rglob("*.py"))
    assert {"v2026_1.py", "statistics.py", "panel.py", "audit.py"} <= {f.name for f in files}
    banned = {"cmath", "decimal", "math", "numpy", "random", "statistics"}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            where = f"{file.name}:{getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), where
            assert not isinstance(node, ast.Div), where
            assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), where
            if isinstance(node, ast.Import):
                assert banned.isdisjoint(name.name.split(".")[0] for name in node.names), where
            if isinstance(node, ast.ImportFrom):
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


def test_every_recorded_fix_is_audited_and_a_changed_row_is_noticed(archive, fixings):
    done = audit_all(archive)
    assert (done.checked, done.matched) == (len(fixings), len(fixings))
    strike = strike_ns(date(2026, 7, 21))
    rows = list(archive.observations(strike - 7 * NS_PER_DAY, strike, SOURCE))
    published = fixings["H100.SXM.OD", date(2026, 7, 21)]
    previous = fixings["H100.SXM.OD", date(2026, 7, 20)]
    assert audit(published, rows, previous) is None
    used = {key for member in published.members for key in member.observations}
    mine = [n for n, seen in enumerate(rows) if observation_id(seen) in used]
    for at in mine:
        changed = list(rows)
        changed[at] = rows[at]._replace(price_nanousd=rows[at].price_nanousd + 1)
        assert "inputs_root" in str(audit(published, changed, previous))
    assert len(mine) == len(used) >= published.panel == 7


def test_all_sources_together_fix_the_same_series(archive):
    strike = strike_ns(date(2026, 7, 21))
    rows = archive.observations(strike - 7 * NS_PER_DAY, strike)
    together = fix_all(rows, strike, {})
    alone = fix_all(rows, strike, {}, SOURCE)
    assert [f.fix_ticks for f in together] == [f.fix_ticks for f in alone]
