"""INDEX_API: what programs get of an index, over a real connection, on both axes of time.

Takes   the served index.
Gives   failures.
Keeps   every answer readable by its published shape and its JSON Schema, strictly.
Source  Decisions 0017 and 0023.
"""

import hashlib

import httpx
import jsonschema
import msgspec
import pytest

from chiphour.adapters.serve import shapes
from chiphour.index.leaves import Fix
from chiphour.index.leaves import leaf_from
from chiphour.index.note import vkey_of
from chiphour.index.series import ALL_SERIES
from chiphour.publish.signed import Publisher
from chiphour.publish.signed import believed_fix

FIX = "/api/series/l4-od/2026-07-11"
BEFORE, AFTER = "2026-07-14T00:29:59Z", "2026-07-14T00:30:00Z"  # The revision comes between.


def get(index_address, path, **params):
    answer = httpx.get(index_address + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize(
    ("path", "shape", "schema"),
    [
        ("/data/fixings.json", shapes.Fixings, "fixings"),
        ("/data/fixings.json?date=2026-07-13&set=plain", shapes.Fixings, "fixings"),
        ("/data/series/l4-od.json", shapes.Fixings, "fixings"),
        ("/api/series", shapes.SeriesList, "series-list"),
        ("/api/series/h100-sxm-od", shapes.SeriesHistory, "series"),
        ("/api/series/h100-sxm-od-us?last=2", shapes.SeriesHistory, "series"),
        (FIX, shapes.Dated, "dated"),
        ("/api/series/CHR.H100.SXM.OD/2026-07-13?set=robust", shapes.Dated, "dated"),
        ("/api/signed/l4-od/2026-07-11", shapes.SignedFix, "signed-fix"),
        ("/api/companions/h100-sxm-od/2026-07-12", shapes.Companions, "companions"),
        ("/api/baskets/2026-07-12", shapes.Companions, "companions"),
        ("/api/release/2026-07-12", shapes.Release, "release"),
        ("/api/release/2026-07-13", shapes.Release, "release"),
        ("/api/attack/h100-sxm-od/2026-07-12", shapes.AttackCost, "attack"),
        ("/api/series/h100-sxm-od/distribution", shapes.Distribution, "distribution"),
        ("/api/series/l4-od/distribution?day=2026-07-13", shapes.Distribution, "distribution"),
        ("/api/series/h100-sxm-od/hours", shapes.Hours, "hours"),
        ("/api/series/gb200-r1y/hours?days=90", shapes.Hours, "hours"),
        ("/api/methodology", shapes.Methodology, "methodology"),
        ("/api/changelog", shapes.Changelog, "changelog"),
        ("/api/datasets", shapes.Datasets, "datasets"),
        ("/api/news?last=1000", shapes.NewsList, "news"),
        ("/api/references", shapes.References, "references"),
        ("/api/challenges", shapes.Challenges, "challenges"),
        ("/api/realtime", shapes.Ticks, "ticks"),
        ("/api/log", shapes.LogStanding, "log"),
    ],
)
def test_answers_have_the_published_shape_and_schema(index_address, path, shape, schema):
    answer = httpx.get(index_address + path)
    assert answer.headers["content-type"] == "application/json"
    msgspec.json.decode(answer.content, type=shape, strict=True)
    described = get(index_address, f"/schema/{schema}.json").json()
    jsonschema.Draft202012Validator(described).validate(answer.json())


def test_every_series_is_listed_narrower_ones_too(index_address):
    found = get(index_address, "/api/series").json()["series"]
    assert [row["series"] for row in found] == [series.ticker for series in ALL_SERIES]
    by_slug = {row["slug"]: row for row in found}
    assert by_slug["h100-sxm-od-us"]["base"] == "CHR.H100.SXM.OD"
    assert by_slug["h100-sxm-od-us"]["latest"]["fix_usd"] == "3.1000"  # Of four of seven.
    assert by_slug["h100-sxm-od"]["latest"]["vintage"] == "provisional"


def test_what_was_known_then_is_what_was_served_then(index_address, indexed, tmp_path):
    """Ask at a time between two words, and ask an index that holds no more than was known then."""
    then_ns = indexed.REVISION.known_ns - 1
    for path in ("/api/series/l4-od", FIX, "/data/series/l4-od.csv", "/data/fixings.csv"):
        before = get(index_address, path, as_of=BEFORE).content
        assert before != get(index_address, path).content
        assert before != get(index_address, path, as_of=AFTER).content, path
        assert BEFORE.encode() not in before
    archive = indexed.made(tmp_path)
    history = archive.fixings("CHR.L4.OD", as_of_ns=then_ns)
    served = get(index_address, "/api/series/l4-od", as_of=BEFORE).json()["history"]
    assert [row["known"] for row in served] == [
        row["known"] for row in map(_row, sorted(history, key=lambda f: f.strike_ns))
    ]


def _row(fixing):
    from chiphour.publish.datasets import fixing_object

    return fixing_object(fixing)


def test_now_and_the_present_time_are_one_answer(index_address):
    for path in (
        "/api/series/l4-od",
        FIX,
        "/data/series/l4-od.csv",
        "/api/attack/l4-od/2026-07-11",
    ):
        now = get(index_address, path)
        same = get(index_address, path, as_of="2026-07-15T01:30:00Z")
        assert now.content == same.content
        assert now.headers["etag"] == same.headers["etag"]


def test_a_past_answer_may_be_kept_for_good_and_the_present_may_not(index_address):
    past = get(index_address, FIX, as_of=BEFORE).headers["cache-control"]
    assert past == "public, max-age=31536000, immutable"
    for params in ({}, {"as_of": "2026-07-14T12:00:00Z"}):  # Less than a day ago.
        assert get(index_address, FIX, **params).headers["cache-control"] == "no-cache"


def test_one_fix_has_all_its_words_and_its_leaf(index_address):
    found = get(index_address, FIX).json()
    assert [row["vintage"] for row in found["vintages"]] == ["provisional", "final", "revised"]
    assert (found["revision"], found["vintage"]) == ("REV-2026-001", "revised")
    assert {row["parameter_set"] for row in found["sets"]} == {"robust", "plain"}
    assert {row["variant"] for row in found["companions"]} >= {"CW", "MP", "PLAIN"}
    said = leaf_from(found["logged"]["leaf"].encode())
    assert isinstance(said, Fix)
    assert said.sha256 == found["fixing_sha256"]
    assert found["attack"]["members"] == 3
    before = get(index_address, FIX, as_of=BEFORE).json()
    assert [row["vintage"] for row in before["vintages"]] == ["provisional", "final"]
    assert before["fix_usd"] != found["fix_usd"]
    provisional = get(index_address, FIX, as_of="2026-07-11T00:40:00Z").json()
    assert provisional["vintage"] == "provisional"


@pytest.mark.parametrize("as_of", [None, "2026-07-11T00:35:00Z", BEFORE])
def test_a_signed_fix_is_believed_by_who_knows_the_key(index_address, as_of):
    key = vkey_of(get(index_address, "/log/key").text)
    params = {} if as_of is None else {"as_of": as_of}
    content = get(index_address, "/api/signed/l4-od/2026-07-11", **params).content
    believed = believed_fix(content, [Publisher(key)])
    assert believed.publisher == "index.example/log"
    shown = get(index_address, FIX, **params).json()
    assert believed.fixing.vintage == shown["vintage"]


def test_news_are_chosen(index_address):
    found = get(index_address, "/api/news", last=1_000).json()["news"]
    assert {item["kind"] for item in found} == {"fix", "revision", "outage"}
    times = [item["time"] for item in found]
    assert times == sorted(times, reverse=True)
    (event, changed) = get(index_address, "/api/news", kind="revision").json()["news"]
    assert event["title"] == "REV-2026-001: 1 strike made again"
    assert changed["series"] == "CHR.L4.OD"
    wanted = {"series": "l4-od", "since": "2026-07-14T00:30:00Z", "kind": "fix"}
    own = get(index_address, "/api/news", **wanted).json()["news"]
    days = [item["id"][-10:] for item in own]
    assert days == ["2026-07-15", "2026-07-14", "2026-07-11", "2026-07-13"]


def test_references_of_a_restricted_publisher_have_no_number(index_address):
    found = get(index_address, "/api/references").json()["references"]
    assert {row["publisher"]: row["level"] for row in found} == {
        "ccir": "2.19",
        "silicondata": None,
    }
    ours = next(row for row in found if row["publisher"] == "ccir")
    assert (ours["fix_usd"], ours["difference"]) == ("3.1710", "-0.309366")
    only = get(index_address, "/api/references", publisher="silicondata", last=1).json()
    assert len(only["references"]) == 1


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (
            FIX + "?as_of=2026-07-15T01:30:01Z",
            400,
            "expected a time not after 2026-07-15T01:30:00Z",
        ),
        (FIX + "?as_of=yesterday", 400, "as_of: expected a time such as 2026-07-20T00:35:00Z"),
        (FIX + "?as_of=2026-07-14T00:00:00", 400, "as_of: expected a time such as"),
        (FIX + "?as_of=1969-01-01T00:00:00Z", 400, "as_of: expected a time such as"),
        (FIX + "?as_of=" + "9" * 81, 400, "as_of: expected `str` of length <= 80"),
        (FIX + "?as_of=2026-07-11T00:34:59Z", 404, "known by 2026-07-11T00:34:59Z, found none"),
        (FIX + "?set=mine", 400, "set: expected one of v2026_1, robust, plain, found 'mine'"),
        ("/api/series/nothing/2026-07-11", 404, "expected a series such as h100-sxm-od"),
        ("/api/series/l4-od/today", 400, "expected a day such as 2026-07-20, found 'today'"),
        ("/api/series/l4-od/2026-07-09", 404, "a day with a release from 2026-07-10"),
        ("/api/series/l4-od?last=4001", 400, "last: expected `int` <= 4000"),
        ("/api/news?kind=gossip", 400, "kind: expected one of fix, methodology"),
        ("/api/news?since=ever", 400, "since: expected a time such as"),
        ("/api/news?last=1001", 400, "last: expected `int` <= 1000"),
        ("/api/references?last=0", 400, "last: expected `int` >= 1"),
        ("/api/realtime?series=x", 404, "expected a series such as"),
        ("/api/attack/l4-od/2026-07-11?set=", 400, "set: expected one of"),
        ("/api/baskets/2026-13-01", 400, "expected a day such as"),
    ],
)
def test_a_bad_request_is_one_sentence(index_address, path, status, words):
    answer = httpx.get(index_address + path)
    assert answer.status_code == status, answer.text
    assert words in msgspec.json.decode(answer.content, type=shapes.Fault).error
    assert len(answer.content) < 300


def test_before_the_first_fix_there_is_little(indexed, tmp_path):
    from litestar.testing import TestClient

    from chiphour.adapters.serve.index_app import create_index_app

    with TestClient(create_index_app(indexed.empty(tmp_path))) as client:
        assert client.get("/healthz").json() == {"status": "ok", "day": None}
        assert client.get("/api/news").json() == {"news": []}
        assert client.get("/api/log").status_code == 404
        assert client.get("/log").status_code == 200
        assert client.get("/").status_code == 404
        latest = [row["latest"] for row in client.get("/api/series").json()["series"]]
        assert latest == [None] * len(ALL_SERIES)


def test_the_latest_release_is_that_of_the_last_day(index_address):
    latest = get(index_address, "/api/release/latest").json()
    assert latest == get(index_address, "/api/release/2026-07-15").json()
    assert (latest["earlier"], latest["later"]) == ("2026-07-14", None)
    rows = get(index_address, "/data/fixings.csv", date="2026-07-15")
    assert latest["rows_sha256"] == hashlib.sha256(rows.content).hexdigest()
    assert latest["fixed"] + latest["suppressed"] == len(latest["series"]) == len(ALL_SERIES)
    for path, status in (("/api/release/2020-01-01", 404), ("/api/release/soon", 400)):
        assert httpx.get(index_address + path).status_code == status
