"""INDEX_FILES: data, feeds, badges, citations, schemas and tiles, over a real connection.

Takes   the served index.
Gives   failures.
Keeps   every file readable by another program than ours.
Source  RFC 4180, RFC 4287, C2SP tlog-tiles; decision 0023.
"""

import csv
import io
import json
from xml.etree import ElementTree

import duckdb
import feedparser
import httpx
import jsonschema
import pytest
from pymerkle import InmemoryTree

from chiphour.index.merkle import root_of
from chiphour.index.note import verified
from chiphour.index.note import vkey_of
from chiphour.index.tiles import leaves_of
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.feeds import FEEDS

SLUG = "l4-od"


def get(index_address, path, **more):
    answer = httpx.get(index_address + path, **more)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_series_has_its_whole_history_in_three_forms(index_address, tmp_path):
    rows = list(csv.DictReader(io.StringIO(get(index_address, f"/data/series/{SLUG}.csv").text)))
    assert [row["date"] for row in rows] == [f"2026-07-{day}" for day in range(10, 16)]
    assert {row["series"] for row in rows} == {"CHR.L4.OD"}
    found = get(index_address, f"/data/series/{SLUG}.json").json()["fixings"]
    assert [row["fix_usd"] or "" for row in found] == [row["fix_usd"] for row in rows]
    answer = get(index_address, f"/data/series/{SLUG}.parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    file = tmp_path / "history.parquet"
    file.write_bytes(answer.content)
    table = duckdb.sql(f"select * from '{file}'")
    assert table.columns == [column.name for column in FIXING_COLUMNS]
    assert table.fetchall() == [tuple(row.values()) for row in found]


def test_all_fixings_are_in_the_parquet_file(index_address, tmp_path):
    file = tmp_path / "fixings.parquet"
    file.write_bytes(get(index_address, "/data/fixings.parquet?set=robust").content)
    sql = f"select count(*), count(distinct series), min(parameter_set) from '{file}'"
    assert duckdb.sql(sql).fetchall() == [(6 * 58, 58, "robust")]


def test_the_file_of_a_day_has_the_hash_on_its_page(index_address):
    import hashlib

    body = get(index_address, "/data/fixings.csv?date=2026-07-12").content
    page = get(index_address, "/release/2026-07-12").text
    assert hashlib.sha256(body).hexdigest() in page


@pytest.mark.parametrize("name", [*FEEDS, f"series/{SLUG}"])
def test_every_feed_is_read_by_a_reader(index_address, name):
    answer = get(index_address, f"/feeds/{name}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    read = feedparser.parse(answer.content)
    assert not read.bozo
    links = {link.rel: link.href for link in read.feed.links}
    assert links["self"] == f"{index_address}/feeds/{name}.atom"
    assert httpx.get(links["alternate"]).status_code == 200
    for entry in read.entries[:3]:
        assert entry.id.startswith("tag:chiphour,2026:")
        assert httpx.get(entry.link).status_code == 200


def test_a_feed_holds_what_its_kind_says(index_address):
    read = feedparser.parse(get(index_address, "/feeds/revisions.atom").content)
    assert [entry.title for entry in read.entries] == [
        "REV-2026-001: 1 strike made again",
        "L4, on demand: revised for 11 July 2026 by REV-2026-001",
    ]
    own = feedparser.parse(get(index_address, f"/feeds/series/{SLUG}.atom").content)
    assert {entry.title.partition(":")[0] for entry in own.entries} == {"L4, on demand"}


@pytest.mark.parametrize("host", ["evil.example/x", 'a"><script>', "", "a b", "x" * 400])
def test_a_host_that_is_none_enters_no_address(index_address, host):
    answer = httpx.get(f"{index_address}/feeds/fixings.atom", headers={"Host": host})
    if answer.status_code == 200:
        read = feedparser.parse(answer.content)
        assert read.feed.links[0].href.endswith("/feeds/fixings.atom")
        assert "script" not in answer.text
        assert 'rel="self" type="application/atom+xml" href="/feeds' in answer.text


def test_a_badge_in_both_forms(index_address):
    picture = get(index_address, f"/badge/{SLUG}.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    title = ElementTree.fromstring(picture.content).find("{http://www.w3.org/2000/svg}title").text
    found = get(index_address, f"/badge/{SLUG}.json").json()
    assert title == f"{found['label']}: {found['message']}"
    assert found["message"] == "$0.5752/h C, 2026-07-15"


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("bibtex", "application/x-bibtex"),
        ("apa", "text/plain; charset=utf-8"),
        ("csl", "application/vnd.citationstyles.csl+json"),
        ("text", "text/plain; charset=utf-8"),
    ],
)
def test_a_citation_names_vintage_root_and_where_it_is_shown(index_address, form, media_type):
    answer = get(index_address, f"/cite/{SLUG}/2026-07-11?format={form}&as_of=2026-07-12T00:30:00Z")
    assert answer.headers["content-type"] == media_type
    path = f"/api/series/{SLUG}/2026-07-11?as_of=2026-07-12T00:30:00Z"
    logged = get(index_address, path).json()["logged"]
    text = answer.text.replace("\\", "")
    assert f"leaf {logged['index']} of the log, root to there {logged['root']}" in text
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    path = f"/series/{SLUG}/2026-07-11?as_of=2026-07-12T00:30:00Z"
    assert index_address + path in text
    assert "final" in get(index_address, path).text


def test_the_log_is_read_from_its_tiles_and_its_root_is_the_signed_one(index_address):
    """Follow C2SP tlog-tiles from the outside: checkpoint, bundles of leaves, tiles, root."""
    key = vkey_of(get(index_address, "/log/key").text)
    checkpoint = verified(get(index_address, "/log/checkpoint").text, key)
    full, rest = divmod(checkpoint.size, 256)
    assert full >= 1
    assert rest
    tree = InmemoryTree(algorithm="sha256")
    hashes = []
    for number in range(full + 1):
        width, end = (256, "") if number < full else (rest, f".p/{rest}")
        bundle = get(index_address, f"/log/tile/entries/{number:03d}{end}").content
        for leaf in leaves_of(bundle, width):
            tree.append_entry(leaf)
        tile = get(index_address, f"/log/tile/0/{number:03d}{end}")
        assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
        hashes += [tile.content[at : at + 32] for at in range(0, width * 32, 32)]
    assert root_of(hashes) == checkpoint.root == tree.get_root()
    assert get(index_address, "/log/checkpoint").headers["cache-control"] == "no-cache"
    upper = get(index_address, f"/log/tile/1/000.p/{full}").content
    assert len(upper) == 32 * full
    first = get(index_address, "/log/tile/0/000.p/5").content  # A full tile has any of its widths.
    assert first == get(index_address, "/log/tile/0/000").content[: 5 * 32]


@pytest.mark.parametrize(
    "path",
    [
        *("0/999", "0/000.p/257", "0/000.p/0", "0/0", "8/000", "entries/x001/000", "x/000"),
        *("%2e%2e/checkpoint", "0/000.p/5%2f..%2f000", "9" * 500),
    ],
)
def test_a_tile_that_there_is_not_is_not_found(index_address, path):
    answer = httpx.get(f"{index_address}/log/tile/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_every_schema_is_listed_and_served(index_address):
    names = get(index_address, "/schema/index.json").json()
    assert "/schema/fixing.json" in names
    for name in names:
        jsonschema.Draft202012Validator.check_schema(get(index_address, name).json())


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/data/series/l4-od.xlsx", 404, "ends with .csv, .json, .parquet, found 'l4-od.xlsx'"),
        ("/data/series/l4-od", 404, "expected a file that ends with"),
        ("/data/series/nothing.csv", 404, "expected a series such as h100-sxm-od"),
        ("/data/fixings.parquet?set=x", 400, "set: expected one of"),
        ("/feeds/gossip.atom", 404, "expected one of fixings, rejections"),
        ("/feeds/fixings.rss", 404, "ends with .atom"),
        ("/feeds/series/x.atom", 404, "expected a series such as"),
        ("/badge/l4-od.png", 404, "ends with .svg, .json"),
        (
            "/cite/l4-od/2026-07-11?format=ris",
            400,
            "format: expected one of bibtex, apa",
        ),
        ("/schema/secret.json", 404, "expected one of"),
    ],
)
def test_a_file_that_there_is_not_is_one_sentence(index_address, path, status, words):
    answer = httpx.get(index_address + path)
    assert answer.status_code == status
    assert words in json.loads(answer.content)["error"]
