"""TEST RECORDINGS: every recording that we know of is read by its source's reader, or says why not.

Takes   the reference recordings: `$CHIPHOUR_REFERENCE`, else `../shared/data`; skips without them.
Gives   failures that name the file.
Keeps   each refusal explained here; each file with exactly one reader.
Source  Decision 0015. Those without a licence are read here and never shipped.
"""

import os
from pathlib import Path

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.recordings import ingest
from chiphour.adapters.recordings import owners_of

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = Path(os.environ.get("CHIPHOUR_REFERENCE") or ROOT.parent / "shared" / "data")
OBSERVATIONS = REFERENCE / "observations"

# Files that are refused, with the code and the reason.
EXPLAINED = {
    # A plan that a test of gpuhunt made up, in euros, when no rate was published.
    "open/seeweb/undated/plans.json": "RATE_MISSING",
}

pytestmark = [
    pytest.mark.suite,
    pytest.mark.skipif(not OBSERVATIONS.is_dir(), reason=f"no recordings in {OBSERVATIONS}"),
]


def files(kind):
    folder = OBSERVATIONS / kind
    return [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize("kind", ["open", "nolicence"])
def test_every_file_has_one_reader(kind):
    found = {place: owners_of(place) for place in files(kind)}
    assert found
    assert {place: owners for place, owners in found.items() if len(owners) != 1} == {}


# What is open is shipped too, but for the one file above: the suite reads it there.
@pytest.mark.parametrize("kind", [pytest.param("open", marks=pytest.mark.long), "nolicence"])
def test_every_file_is_read_or_refused_for_an_explained_reason(kind, tmp_path):
    """Read a whole folder: as many files as it has, each refusal one of those above."""
    archive = Archive(tmp_path)
    report = ingest(archive, OBSERVATIONS / kind)
    refused = {
        f"{kind}/{Path(refusal.path).relative_to(OBSERVATIONS / kind).as_posix()}": refusal.code
        for summary in report.venues
        for refusal in summary.refused
    }
    expected = {place: code for place, code in EXPLAINED.items() if place.startswith(f"{kind}/")}
    assert refused == expected
    assert report.unread == {}
    assert len(archive.recordings()) == len(files(kind)) - len(expected)
    assert check_raw(archive) is None
    archive.close()
