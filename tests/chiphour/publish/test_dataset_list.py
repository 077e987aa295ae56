"""DATASET_LIST: every file that is listed says what is in it.

Takes   counts by hand.
Gives   failures.
Keeps   names and addresses unique.
Source  Decision 0041.
"""

from datetime import date

from chiphour.publish.columns import object_of
from chiphour.publish.daily import TABLES
from chiphour.publish.daily import daily_datasets
from chiphour.publish.dataset_list import DATASETS
from chiphour.publish.dataset_list import example_text
from chiphour.publish.dataset_list import index_datasets
from chiphour.publish.datasets import FIXING_COLUMNS

ROWS = {"CHR.H100.SXM.OD": 12, "CHR.L4.OD": 3}


def test_whole_tables_come_first_and_series_without_rows_are_left_out():
    whole = object_of(DATASETS, index_datasets(ROWS, {"/data/fixings.csv": 77}))
    found, (table,) = whole["datasets"], whole["tables"]
    first = found[0]
    assert (first["address"], first["rows"], first["bytes"]) == ("/data/fixings.csv", 15, 77)
    assert first["table"] == table["name"] == "fixings"
    assert [c["name"] for c in table["columns"]] == [c.name for c in FIXING_COLUMNS]
    assert {d["of"] for d in found} == {"", "h100-sxm-od", "l4-od"}
    assert [d["rows"] for d in found if d["of"] == "l4-od"] == [3, 3, 3]
    for field in ("name", "address"):
        assert len({d[field] for d in found}) == len(found)


def test_a_market_adds_its_day():
    whole = object_of(DATASETS, daily_datasets(date(2026, 7, 20), {"trades": 900}))
    found, tables = whole["datasets"], whole["tables"]
    assert [d["address"] for d in found] == [
        f"/data/market/2026-07-20/{name}.parquet" for name in TABLES
    ]
    assert [d["bytes"] for d in found] == [900, None, None]
    assert [d["table"] for d in found] == [table["name"] for table in tables]
    assert tables[0]["columns"][3]["type"] == "string"


def test_examples_are_written_as_a_file_of_text_has_them():
    written = {column.name: example_text(column) for column in FIXING_COLUMNS}
    assert (written["fit"], written["venues"], written["series"]) == (
        "true",
        "6",
        "CHR.H100.SXM.OD",
    )
