"""TEST MANIFEST: what a list says is taken as it is said, and no day is made up.

Takes   manifests in and beside a folder; the words of the published one.
Gives   claims on what is listed and on the day that words and paths name.
Keeps   an undated recording apart from a dated one.
Source  Decision 0015.
"""

import csv

import pytest

from chiphour.adapters.manifest import MANIFEST
from chiphour.adapters.manifest import Listed
from chiphour.adapters.manifest import Moment
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.manifest import manifest_of
from chiphour.adapters.manifest import moment_captured
from chiphour.adapters.manifest import moment_of_path
from chiphour.adapters.recordings import embedded_folder
from chiphour.units import ns_from_iso

ROWS = "path,sha256,bytes,captured,note\nopen/a/b.json,aa,7,2026-07-18,x\nnolicence/c.json,cc,9,,\n"


def ns(text):
    return ns_from_iso(f"{text}+00:00")


@pytest.mark.parametrize(
    ("words", "time", "dated"),
    [
        ("2026-07-05T23:04:21.818Z", "2026-07-05T23:04:21.818", True),
        ("2026-08-01", "2026-08-01T23:59:59", True),
        ("2026-06-30 14:07:54.477499", "2026-06-30T23:59:59", True),
        ("undated (in repository at 2026-08-19)", "2026-08-19T23:59:59", False),
        ("Undated: 2026-08-19", "2026-08-19T23:59:59", False),
        ("on or before 2025-11-16 (commit date)", "2025-11-16T23:59:59", True),
        ("2026-07-18T09:46:51Z..2026-08-12T11:18:16Z", "2026-08-12T23:59:59", True),
        ("2026-03-11 04:17:38..2026-03-31 23:50:02", "2026-03-31T23:59:59", True),
        ("2026-03-05..06", "2026-03-06T23:59:59", True),
        ("2026-07-27 (file name)", "2026-07-27T23:59:59", True),
    ],
)
def test_the_words_of_a_manifest_name_a_moment(words, time, dated):
    assert moment_captured(words) == Moment(ns(time), dated)


@pytest.mark.parametrize("words", ["", "last week", "2026-13-45", "undated", "2026-7-5"])
def test_words_without_a_day_name_none(words):
    assert moment_captured(words) is None


@pytest.mark.parametrize(
    ("place", "time"),
    [
        ("runpod/2026-07-18/gputypes.json", "2026-07-18T23:59:59"),
        ("a/2026-07-18/b/2024-02-29/c.json", "2024-02-29T23:59:59"),
    ],
)
def test_a_folder_that_is_named_for_a_day_ends_it(place, time):
    assert moment_of_path(place) == Moment(ns(time), True)


@pytest.mark.parametrize(
    "place",
    ["runpod/2026-07-18.json", "a/2026-02-30/b.json", "a/undated/b.json", "a/x2026-07-18/b"],
)
def test_no_other_part_of_a_path_names_a_day(place):
    assert moment_of_path(place) is None


def test_a_manifest_in_the_folder_or_beside_it_is_read(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    assert manifest_of(folder) is None
    (tmp_path / MANIFEST).write_text(ROWS)
    assert manifest_of(folder) == {"a/b.json": Listed("aa", 7, "2026-07-18")}
    assert manifest_of(tmp_path / "nolicence") == {"c.json": Listed("cc", 9, "")}
    (folder / MANIFEST).write_text("path,sha256,bytes\nopen/a.json,aa,7\nb.json,bb,8\n")
    assert manifest_of(folder) == {"a.json": Listed("aa", 7, ""), "b.json": Listed("bb", 8, "")}


@pytest.mark.parametrize("words", ["path,sha256\na,b\n", "path,sha256,bytes\na,b,many\n", "\xff"])
def test_a_manifest_that_cannot_be_read_is_told(tmp_path, words):
    (tmp_path / MANIFEST).write_bytes(f"{words}\nx".encode("latin-1"))
    with pytest.raises(RecordingRefused, match="expected the columns path, sha256, bytes"):
        manifest_of(tmp_path)


def test_every_shipped_recording_has_a_moment_in_the_shipped_manifest():
    with (embedded_folder().parent / MANIFEST).open(newline="") as stream:
        for row in csv.DictReader(stream):
            assert moment_captured(row["captured"]) is not None, row["path"]
