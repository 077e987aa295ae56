"""BUNDLE: a bundle is whole or absent, says the same each time, and checks itself without us.

Takes   a small archive with its log; the folder in which a bundle of it is to be.
Gives   a failure where a file is missing, a refusal leaves something behind, or `verify.py` needs
        more than Python.
Keeps   the program that is tested the one that is shipped, in a process of its own.
Source  Decision 0019.
"""

import json
import os
import re
import subprocess
import sys
from hashlib import sha256

import pytest

from archives import answer
from bundles import DAYS
from bundles import NOON_NS
from bundles import SERIES
from bundles import filled
from bundles import fixed
from bundles import forge
from chiphour.adapters import bundle as made_by
from chiphour.adapters.bundle import BundleRefused
from chiphour.adapters.bundle import assembled
from chiphour.adapters.bundle import bundle_writer
from chiphour.adapters.bundle import notice
from chiphour.adapters.bundle import publish_bundle
from chiphour.adapters.bundle import refuse_in_use
from chiphour.adapters.bundle import tables
from chiphour.audit.bundle import check_bundle
from chiphour.index.parameters import V2026_1
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import REGISTER_SHA256


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Give an archive that was fixed, and its log."""
    archive, log = fixed(tmp_path_factory.mktemp("data"))
    yield archive, log
    archive.close()


def publish(data, folder, **more):
    archive, log = data
    return publish_bundle(archive, log, log.key.text, folder, **more)


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def test_a_bundle_holds_what_it_rests_on_and_its_manifest_names_it(data, tmp_path):
    seen = []
    count = publish(data, tmp_path / "b", progress=lambda *of: seen.append(of))
    assert (count, seen[-1]) == (1566, (5, 5))
    found = files_of(tmp_path / "b")
    named = {f"{kind}/{day}.jsonl" for kind in ("batches", "fixings") for day in DAYS}
    top = {"README.md", "NOTICE", "verify.py", "tables.json", "events.jsonl", "revisions.jsonl"}
    log = {"log.pub", "log/checkpoint", "log/tile/entries/000", "log/tile/1/000.p/6"}
    assert found.keys() >= named | top | log
    manifest = json.loads(found.pop("manifest.json").read_text())
    assert manifest["layout"] == 1
    assert manifest["files"] == {
        path: {"bytes": len(c := file.read_bytes()), "sha256": sha256(c).hexdigest()}
        for path, file in found.items()
    }


def test_rows_are_sorted_by_id_and_fixings_by_series_set_and_time(data, tmp_path):
    publish(data, tmp_path / "b")
    for day in DAYS:
        rows = (tmp_path / f"b/batches/{day}.jsonl").read_bytes().splitlines()
        ids = [sha256(row).hexdigest() for row in rows]
        assert ids == sorted(ids)
        lines = (tmp_path / f"b/fixings/{day}.jsonl").read_text().splitlines()
        said = [json.loads(line) for line in lines]
        numbers = {row["ticker"]: row["number"] for row in tables()["series"]}
        places = [(numbers[s["series"]], s["parameter_set"], s["known_ns"]) for s in said]
        assert places == sorted(places)
        assert lines == [canonical_json(each) for each in said]


def test_the_same_archive_gives_the_same_bytes(data, tmp_path):
    for name in "ab":
        publish(data, tmp_path / name)
    one, other = (
        {path: file.read_bytes() for path, file in files_of(tmp_path / name).items()}
        for name in "ab"
    )
    assert one == other


def test_a_folder_in_use_is_refused_and_left_as_it_is(data, tmp_path):
    (tmp_path / "b").mkdir()
    refuse_in_use(tmp_path / "b")
    (tmp_path / "b/mine").write_text("mine")
    said = f"{tmp_path / 'b'}: expected a folder that is absent or empty, found one in use"
    with pytest.raises(BundleRefused) as refused:
        publish(data, tmp_path / "b")
    assert str(refused.value) == said
    with pytest.raises(BundleRefused):
        refuse_in_use(tmp_path / "b/mine")
    assert list(files_of(tmp_path)) == ["b/mine"]


def test_an_empty_folder_is_filled(data, tmp_path):
    (tmp_path / "b").mkdir()
    publish(data, tmp_path / "b")
    assert check_bundle(tmp_path / "b").first_difference is None


def test_what_fails_on_its_way_leaves_nothing(tmp_path):
    with pytest.raises(AttributeError), bundle_writer(tmp_path / "b") as writer:
        writer.batch(0, [None])
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_came_after_its_batch_was_closed_is_not_in_the_bundle(data, tmp_path):
    publish(data, tmp_path / "b")
    archive, log = fixed(tmp_path / "data")
    row = {"venue": "runpod", "price_nanousd": 10**9}
    archive.keep_poll("acme", "acme-1", [answer(b"more", [row], NOON_NS)])
    publish((archive, log), tmp_path / "c")
    archive.close()
    for day in DAYS:
        path = f"batches/{day}.jsonl"
        assert (tmp_path / "b" / path).read_bytes() == (tmp_path / "c" / path).read_bytes()
    assert check_bundle(tmp_path / "c").first_difference is None


def test_an_archive_that_its_log_does_not_speak_of_is_refused(data, tmp_path):
    log = data[1]
    other = filled(tmp_path / "other")
    with pytest.raises(BundleRefused, match=f"fixings of {DAYS[0]}: expected .* in the archive"):
        publish((other, log), tmp_path / "b")
    row = {"venue": "runpod", "price_nanousd": 10**9}
    other.keep_poll("acme", "acme-1", [answer(b"more", [row], NOON_NS)])
    with pytest.raises(BundleRefused, match=f"batch of {DAYS[0]}: expected the root that the log"):
        publish((other, log), tmp_path / "b")
    other.close()
    assert not (tmp_path / "b").exists()


def test_the_tables_are_those_that_fixes_name():
    found = tables()
    assert found["methodology"] == "v2026_1"
    assert found["register"]["sha256"] == REGISTER_SHA256
    rows = canonical_json(found["register"]["rows"])
    assert sha256(rows.encode()).hexdigest() == REGISTER_SHA256
    assert found["parameters"]["v2026_1"] == V2026_1._asdict()


def test_the_notice_names_publishers_and_terms():
    said = notice(["gpurentalprices", "acme"])
    assert "gpurentalprices: gpurentalprices.com" in said
    assert "CC BY 4.0" in said
    assert "\nacme\n" in said


def alone(folder, *words):
    """Run the program of a bundle with nothing but Python itself."""
    return subprocess.run(
        [sys.executable, "-I", "-S", folder / "verify.py", *words],
        env={"PATH": os.environ["PATH"]},
        cwd=folder.parent,
        capture_output=True,
        text=True,
    )


def test_the_program_stands_alone(data, tmp_path):
    publish(data, tmp_path / "b")
    done = alone(tmp_path / "b")
    assert (done.stdout, done.stderr) == ("match: 1566 of 1566 fixings, 1571 proofs\n", "")
    done = alone(tmp_path / "b", SERIES, DAYS[2], "--json")
    assert json.loads(done.stdout) == check_bundle(tmp_path / "b", SERIES, DAYS[2])._asdict()
    lines = (tmp_path / "b/batches" / f"{DAYS[2]}.jsonl").read_bytes().splitlines(keepends=True)
    forge(tmp_path / "b", f"batches/{DAYS[2]}.jsonl", b"".join(lines[1:]))
    done = alone(tmp_path / "b")
    said = check_bundle(tmp_path / "b").first_difference
    assert (done.returncode, done.stdout) == (1, f"difference: {said}\n")


def test_the_program_imports_nothing_of_ours_and_keeps_every_header():
    text = assembled()
    assert "chiphour.audit" not in text.replace("`chiphour.audit", "")
    heads = re.findall(r"^# ([A-Z]+): ", text, re.M)
    stems = {path.stem.upper() for path in made_by.AUDIT.glob("*.py")}
    assert set(heads) == stems - {"__INIT__"}
    assert heads[-1] == "BUNDLE"
    assert text.endswith('if __name__ == "__main__":\n    main()\n')
    compile(text, "verify.py", "exec")
