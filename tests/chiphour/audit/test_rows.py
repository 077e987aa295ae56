"""ROWS: lines are read once, and a strike sees of them what its text says.

Takes   observations through their canonical JSON.
Gives   a failure where a row counts at a strike that it must not, or not where it must.
Keeps   every limit tested on both sides of its nanosecond.
Source  docs/methodology/v2026_1.md, "Window" and "Narrower series".
"""

import json

import pytest

from audited import TABLES
from audited import rows_of
from chiphour.audit.rows import batch_of
from chiphour.audit.rows import batches_at
from chiphour.audit.rows import has_offers_between
from chiphour.audit.rows import offers_before
from chiphour.audit.rows import read_row
from chiphour.audit.rows import read_rows
from chiphour.audit.rows import seen_of
from chiphour.audit.rows import window_of
from chiphour.index.series import BY_TICKER
from chiphour.observe.observation import canonical_bytes
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from records import observation

STRIKE = 1_784_507_400_000_000_000
V2026_1 = TABLES.parameters["v2026_1"]
OFFER = {"source": "vast", "venue": "vast", "feed": "book", "kind": "ask", "machine_key": "m"}


def at(age_ns, **fields):
    times = {"observed_ns": STRIKE - age_ns, "received_ns": STRIKE - age_ns}
    return observation(**times | fields)


def seen(observations, ticker="CHR.H100.SXM.OD", source="", revision=None, parameters=V2026_1):
    window = window_of([batch_of(rows_of(observations))], STRIKE)
    batches = batches_at(window, source, parameters["close_ns"], revision)
    return seen_of(TABLES.series[ticker], batches, STRIKE, parameters)


def counted(observations, **how):
    return named(seen(observations, **how).groups)


def named(groups):
    """Give the ids of all rows of groups; each must be there once."""
    found = [row for group in groups for row in group.ids]
    assert len(found) == len(set(found))
    return set(found)


def ids(*observations):
    return {observation_id(each) for each in observations}


def test_a_row_is_named_by_its_line_with_or_without_its_end():
    seen_once = at(1, flags=("CARRIED",), spec='{"country":"US"}')
    line = canonical_bytes(seen_once)
    row = read_row(line)
    assert row == read_row(line + b"\n") == read_rows([line], json.loads)[0]
    assert row.id == observation_id(seen_once)
    assert row._asdict().items() - {"id": row.id}.items() <= seen_once._asdict().items()
    with pytest.raises(KeyError):
        read_row(b'{"flags":[]}')


def test_a_batch_holds_each_row_once_and_none_that_no_fix_considers():
    price, stock = at(1), at(1, kind="stock")
    digest = at(1, flags=("COMPARISON",))
    batch = batch_of(rows_of([price, price, stock, digest]))
    assert named(batch.groups) == ids(price)
    assert batch_of([]).groups == []


def test_a_card_counts_at_its_latest_poll_within_a_day_over_all_series():
    old, new = at(NS_PER_DAY), at(NS_PER_HOUR, venue="nebius")
    assert counted([old, new]) == ids(old, new)
    assert counted([at(NS_PER_DAY + 1)]) == set()
    assert counted([at(0)]) == set()
    newer_card_without_it = at(NS_PER_HOUR, chip="T4")
    assert counted([old, newer_card_without_it]) == set()


def test_a_book_counts_in_its_ten_minutes():
    first, last = at(10 * NS_PER_MINUTE, **OFFER), at(1, **OFFER)
    early = at(10 * NS_PER_MINUTE + 1, **OFFER)
    assert counted([first, last, early]) == ids(first, last)


def test_what_came_too_late_or_from_another_source_is_not_there():
    late = at(NS_PER_HOUR, received_ns=STRIKE + 5 * NS_PER_MINUTE)
    timely = late._replace(received_ns=late.received_ns - 1)
    assert counted([late]) == set()
    assert counted([timely]) == ids(timely)
    assert counted([timely], source="other") == set()
    assert counted([timely], source="snapshot") == ids(timely)


def test_a_revision_strikes_rows_and_lets_late_ones_in():
    late = at(NS_PER_HOUR, received_ns=STRIKE + NS_PER_DAY)
    wrong = at(NS_PER_HOUR, venue="nebius")
    revision = {"id": "REV-2026-001", "struck": list(ids(wrong)), "added": list(ids(late))}
    assert counted([late, wrong]) == ids(wrong)
    assert counted([late, wrong], revision=revision) == ids(late)
    after = late._replace(observed_ns=STRIKE)
    assert counted([after], revision=revision | {"added": list(ids(after))}) == set()


def test_a_series_is_known_by_its_venues_for_seven_days():
    there = at(7 * NS_PER_DAY)
    assert seen([there]).latest_ns == {"lambda": there.observed_ns}
    assert seen([at(7 * NS_PER_DAY + 1)]).latest_ns == {}


@pytest.mark.parametrize(
    ("suffix", "good", "bad"),
    [
        ("US", {"country": "US"}, {"country": "DE"}),
        ("EU", {"area": "EU"}, {}),
        ("IB", {"interconnect": "INFINIBAND"}, {"interconnect": "ETHERNET"}),
        (
            "FULL",
            {"vcpus": "128", "memory_gb_host": "1024"},
            {"vcpus": "128", "memory_gb_host": "1023.9"},
        ),
        (
            "FULL",
            {"vcpus": "many", "cpu_cores_effective": "128.0", "cpu_ram": "1048576"},
            {"cpu_cores_effective": "127", "cpu_ram": "1048576"},
        ),
    ],
)
def test_a_narrower_series_takes_what_states_all_that_it_asks(suffix, good, bad):
    inside, outside = (at(NS_PER_HOUR, gpus=8, spec=canonical_json(said)) for said in (good, bad))
    assert counted([inside, outside], ticker=f"CHR.H100.SXM.OD.{suffix}") == ids(inside)


def test_a_narrower_series_counts_gpus_and_knows_only_its_own_venues():
    eight, four = at(NS_PER_HOUR, gpus=8), at(NS_PER_HOUR, gpus=4, venue="nebius")
    found = seen([eight, four], ticker="CHR.H100.SXM.OD.X8")
    assert named(found.groups) == ids(eight)
    assert set(found.latest_ns) == {"lambda"}


def test_offers_before_the_window_reach_back_for_a_carried_machine():
    ages = (10 * NS_PER_MINUTE, 10 * NS_PER_MINUTE + 1, 48 * NS_PER_HOUR, 48 * NS_PER_HOUR + 1)
    offers = [at(age_ns, **OFFER) for age_ns in ages]
    found = seen(offers)
    assert named(offers_before(found, STRIKE, V2026_1)) == ids(*offers[1:3])
    assert has_offers_between(found, STRIKE - NS_PER_DAY, STRIKE)
    assert not has_offers_between(found, STRIKE - NS_PER_DAY, STRIKE - 20 * NS_PER_MINUTE)


def test_a_row_in_several_batches_counts_once():
    early, late = at(NS_PER_HOUR), at(NS_PER_HOUR, row="b")
    batches = [batch_of(rows_of(some)) for some in ([early], [early, late], [late])]
    found = seen_of(TABLES.series["CHR.H100.SXM.OD"], batches, STRIKE, V2026_1)
    assert named(found.groups) == ids(early, late)
    offers = [at(NS_PER_HOUR, row=row, **OFFER) for row in "abc"]
    batches = [batch_of(rows_of(some)) for some in (offers[:2], offers[1:])]
    found = seen_of(TABLES.series["CHR.H100.SXM.OD"], batches, STRIKE, V2026_1)
    assert named(offers_before(found, STRIKE, V2026_1)) == ids(*offers)


def test_the_tables_hold_every_series_with_its_filter():
    assert TABLES.series.keys() == BY_TICKER.keys()
