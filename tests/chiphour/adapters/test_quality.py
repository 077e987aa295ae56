"""TEST QUALITY: the worth of quality by the books of an archive.

Takes   the shipped captures of Vast.ai, read into an archive.
Gives   claims on the report, the multipliers of a strike, the comparison.
Keeps   an estimate out of the day on which it is used.
Source  Decision 0021.
"""

import json
import shutil

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.quality import book_rate
from chiphour.adapters.quality import captures_of
from chiphour.adapters.quality import matched_errors
from chiphour.adapters.quality import multipliers_at
from chiphour.adapters.quality import quality_report
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.index.companion import ticks_of
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

pytestmark = pytest.mark.suite

LAST_DAYS = ("2026-03-04", "2026-03-05")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    recorded = tmp_path_factory.mktemp("recorded")
    shutil.copytree(embedded_folder() / "vast", recorded / "vast")
    found = Archive(tmp_path_factory.mktemp("data"))
    ingest(found, recorded, only="vast")
    yield found
    found.close()


@pytest.mark.long
def test_the_last_poll_of_each_day_is_taken(archive):
    assert [iso_from_ns(at)[:16] for at in captures_of(archive)] == [
        "2026-02-27T15:22",
        "2026-02-28T22:08",
        "2026-03-01T15:46",
        "2026-03-02T15:00",
        "2026-03-04T16:01",
        "2026-03-05T19:30",
    ]


def test_one_machines_sizes_cost_the_same_for_each_gpu(archive):
    """The market prices linearly: in every series the size premium is nothing at all."""
    report = quality_report(archive, ns_from_iso("2026-03-06T00:00Z"))
    sizes = [each for each in report["estimate"]["coefficients"] if each["name"] == "gpus"]
    assert {each["series"] for each in sizes if each["venue"]} == {
        "CHR.H100.SXM.SPOT",
        "CHR.H200.SXM.SPOT",
        "CHR.L40S.SPOT",
        "CHR.RTX4090.SPOT",
    }
    assert all(each["value"] == each["standard_error"] == 0 for each in sizes)
    assert all(each["within"] == "machine" for each in sizes)


def test_the_report_shows_raw_and_adjusted_side_by_side(archive):
    report = quality_report(archive, ns_from_iso("2026-03-06T00:00Z"))
    assert json.loads(json.dumps(report)) == report
    rates = {each["series"]: each for each in report["rates"]}
    h100 = rates["CHR.H100.SXM.SPOT"]
    assert (h100["rows"], h100["adjusted_rows"]) == (15, 0)
    assert h100["raw_ticks"] == h100["adjusted_ticks"] == 18_000
    moved = sum(each["adjusted_rows"] for each in report["rates"])
    total = sum(each["rows"] for each in report["rates"])
    assert report["adjusted_share_ppm"] == round(moved * 10**6 / total)


def test_what_is_published_for_a_strike_ends_a_day_before_it(archive):
    strike_ns = ns_from_iso("2026-03-06T00:30Z")
    found = multipliers_at(archive, strike_ns)
    assert found.known_ns == strike_ns - 24 * 3_600 * 10**9
    assert found.factors
    assert multipliers_at(archive, ns_from_iso("2026-02-28T00:30Z")).factors == ()


def test_both_rates_are_compared_with_machines_seen_twice(archive):
    errors = matched_errors(archive)
    assert len(errors) >= 10
    assert all(each.raw >= 0 and each.adjusted >= 0 and each.machines >= 5 for each in errors)
    assert {each.series for each in errors if each.raw != each.adjusted} == {"CHR.RTX4090.SPOT"}
    assert {each.day for each in errors} <= {"2026-02-28", "2026-03-01", "2026-03-02", *LAST_DAYS}


def test_a_books_rate_is_that_of_the_methodology(archive):
    rows = [
        row
        for row in archive.observations(captures_of(archive)[-1], 1 << 62, "vast", ("ask",))
        if (row.chip, row.form) == ("H100", "SXM") and '"verification":"verified"' in row.spec
    ]
    assert ticks_of(book_rate(rows)) > 0
