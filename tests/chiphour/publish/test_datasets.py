"""DATASETS: CSV and JSON say the same, exactly what was fixed.

Takes   six days of fixings.
Gives   failures.
Keeps   bytes that do not depend on the order of the records.
Source  Decision 0010.
"""

import csv
import io
import json
import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.fixing import Member
from chiphour.index.series import BY_TICKER
from chiphour.publish import datasets
from chiphour.publish.words import note_words
from chiphour.publish.words import rule_words
from chiphour.units import ticks_from_text
from records import FIXED


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_csv_comes_back_as_the_fixings(fixings):
    """Read the CSV with another reader: each figure is the fixing's, suppressed ones are empty."""
    rows = rows_of(datasets.fixings_csv(fixings))
    assert len(rows) == len(fixings)
    for row, fixing in zip(rows, datasets.in_order(fixings), strict=True):
        assert row["series"] == fixing.series
        assert row["fit"] == ("true" if fixing.fit else "false")
        assert int(row["venues"]) - int(row["kept"]) == int(row["rejected"])
        for name, ticks in (
            ("fix_usd", fixing.fix_ticks),
            ("interval_low_usd", fixing.interval_low_ticks),
            ("change_usd", fixing.change_ticks),
            ("composition_usd", fixing.composition_ticks),
        ):
            assert (ticks_from_text(row[name]) if row[name] else None) == ticks
        assert (fixing.state == "suppressed") == (row["fix_usd"] == "") == (row["reason"] != "")


def test_both_outcomes_are_in_the_data(fixings):
    assert {fixing.state for fixing in fixings} == {"fixed", "suppressed"}
    assert "STALE" in {fixing.reason for fixing in fixings}


def test_the_parts_of_a_change_sum_to_it_in_the_file(fixings):
    rows = [row for row in rows_of(datasets.fixings_csv(fixings)) if row["change_usd"]]
    assert rows
    for row in rows:
        parts = (row[f"{part}_usd"] for part in ("matched", "screen", "composition"))
        assert sum(map(Decimal, parts)) == Decimal(row["change_usd"])


def test_csv_follows_rfc_4180(fixings):
    body = datasets.fixings_csv(fixings)
    assert body.count(b"\r\n") == len(fixings) + 1 == body.count(b"\n")
    assert body.endswith(b"\r\n")
    assert body.partition(b"\r\n")[0].decode().split(",") == [
        column.name for column in datasets.FIXING_COLUMNS
    ]
    assert datasets.fixings_csv([]).count(b"\r\n") == 1


def test_the_order_of_the_records_does_not_matter(fixings):
    shuffled = list(fixings)
    random.Random(7).shuffle(shuffled)
    assert datasets.fixings_csv(shuffled) == datasets.fixings_csv(fixings)
    assert datasets.fixings_json(shuffled) == datasets.fixings_json(fixings)


def test_json_says_what_csv_says_and_holds_no_float(fixings):
    def refuse(text):
        raise AssertionError(f"a float in the data: {text}")

    found = json.loads(datasets.fixings_json(fixings), parse_float=refuse)
    assert found["licence"] == "CC-BY-4.0"
    words = {True: "true", False: "false", None: ""}
    as_text = [
        {k: words[v] if v is None or isinstance(v, bool) else str(v) for k, v in row.items()}
        for row in found["fixings"]
    ]
    assert as_text == rows_of(datasets.fixings_csv(fixings))


def test_columns_and_their_examples_agree(fixings):
    for column in datasets.FIXING_COLUMNS:
        found = {type(column.read(fixing)) for fixing in fixings}
        assert found <= {column.type, *([type(None)] if column.nullable else [])}
        assert type(column.example) is column.type
    assert len({column.name for column in datasets.FIXING_COLUMNS}) == 29


def test_a_fixing_carries_what_it_was_made_from(fixings):
    fixing = next(f for f in fixings if f.series == "CHR.H100.SXM.OD" and f.fix_ticks)
    found = datasets.panel_object(fixing)
    assert len(found["members"]) == fixing.panel == 7
    assert sum(member["kept"] for member in found["members"]) == fixing.kept
    assert datasets.fixing_object(fixing).items() <= found.items()
    assert found["reason_text"] == ""
    assert all(len(member["rows_root"]) == 64 for member in found["members"])


def test_notes_and_rejections_come_with_their_words():
    found = datasets.panel_object(FIXED)
    assert found["notes"] == [
        {
            "what": "ovh",
            "rule": "OUTAGE",
            "statistic": "2026-07-19T12:00:00Z",
            "threshold": "a price in the window",
            "note_text": note_words("OUTAGE"),
        }
    ]
    assert found["rejections"][0]["rule_text"] == rule_words("SCREEN")


def test_columns_are_only_ever_appended():
    names = [column.name for column in datasets.FIXING_COLUMNS]
    assert names[-4:] == ["source", "parameter_set", "register_sha256", "revision"]
    assert names[:8] == ["series", "date", "strike", "slug", "state", "reason", "fix_usd", "grade"]


def test_narrower_series_know_their_base():
    narrower = datasets.narrower(BY_TICKER["CHR.H100.SXM.OD"])
    assert [series.slug for series in narrower] == [
        f"h100-sxm-od-{end}" for end in ("us", "eu", "ib", "x8", "full")
    ]
    assert {datasets.base_of(series) for series in narrower} == {"CHR.H100.SXM.OD"}
    assert datasets.base_of(BY_TICKER["CHR.L4.OD"]) == ""
    assert datasets.series_object(narrower[0], None)["base"] == "CHR.H100.SXM.OD"


def test_an_inexact_rate_is_rounded_half_even_and_given_exactly(fixings):
    member = Member("x", ("x",), 10, 4, True, 0, "")
    assert datasets.rate_text(member) == "0.000000002"
    fixing = fixings[0]._replace(members=(member,), reason="STALE")
    found = datasets.panel_object(fixing)
    assert found["members"][0]["rate_nanousd"] == "10/4"
    assert found["reason_text"].startswith("Prices of this series are known")


def test_a_series_says_what_it_is(fixings):
    series = BY_TICKER["CHR.L4.OD"]
    own = [fixing for fixing in fixings if fixing.series == series.ticker]
    brief = datasets.series_object(series, own[-1])
    assert brief["slug"] == "l4-od"
    assert brief["latest"]["date"] == "2026-07-15"
    whole = datasets.series_object(series, own[-1], own)
    assert [row["date"] for row in whole["history"]] == sorted(
        row["date"] for row in whole["history"]
    )
    assert "members" in whole["latest"]
    assert datasets.series_object(series, None, [])["latest"] is None


@given(st.integers(-(1 << 24), 1 << 24), st.sampled_from((1, 100, 250, 10_000)))
def test_a_book_states_prices_exactly(price_ticks, tick_microusd):
    found = datasets.book_object("X", [(price_ticks, 3)], [], 0, 9, tick_microusd)
    assert Decimal(found["bids"][0]["price_usd"]) * 1_000_000 == price_ticks * tick_microusd
    assert (found["asks"], found["sequence"], found["time"]) == ([], 9, "1970-01-01T00:00:00Z")
