"""DOCUMENT_API: methodology, changes and files, over a real connection.

Takes   the served index and market.
Gives   failures.
Keeps   every listed file to be had.
Source  Decision 0041.
"""

import httpx
import pytest


@pytest.mark.long
def test_every_file_that_is_listed_can_be_taken(index_address):
    found = httpx.get(index_address + "/api/datasets").json()
    addresses = [dataset["address"] for dataset in found["datasets"]]
    assert "/data/fixings.csv" in addresses and "/log/checkpoint" in addresses
    known = [path for path in addresses if path != "/log/tile/0/000"]  # Not full yet here.
    for dataset in found["datasets"]:
        if dataset["address"] in known and dataset["address"] != "/log/tile/entries/000":
            answer = httpx.get(index_address + dataset["address"])
            assert answer.status_code == 200, dataset
            assert answer.headers["content-type"].startswith(dataset["media_type"])
            if dataset["bytes"] is not None:
                assert len(answer.content) == dataset["bytes"]
            if dataset["media_type"] == "text/csv":
                assert answer.text.count("\r\n") == dataset["rows"] + 1


def test_the_methodology_and_the_changes_are_text_without_markup(index_address):
    text = httpx.get(index_address + "/api/methodology").text
    assert '"title":"Window"' in text and "**" not in text and "<!--" not in text
    assert httpx.get(index_address + "/api/changelog").json()["releases"][0]["version"] == "next"
