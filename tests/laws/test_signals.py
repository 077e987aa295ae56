"""SIGNALS: every figure of the shipped recordings again, by a plain script, from lines of CSV.

Takes   the shipped recordings, those that only serve comparison too.
Gives   each figure of `chiphour signals --json` and of the viability report twice, and the claim
        that both are the same.
Keeps   the second way apart: the archive is read with `sqlite3` and written as CSV; `plain_signals`
        knows nothing of the program.
Source  Decision 0042.
"""

import csv
import importlib.util
import io
import json
import sqlite3
from math import isinf
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.signals import REACH_NS
from chiphour.adapters.signals import viability_at
from chiphour.analyse.goods import good_named
from chiphour.cli import build
from chiphour.observe.register import REGISTER
from chiphour.units import ns_from_iso
from plain_signals import COLUMNS
from plain_signals import DAY
from plain_signals import Plain
from plain_signals import viability_of

pytestmark = pytest.mark.long

# Cards of the morning before; books of Vast; five months of an hourly table; a week without.
TIMES = (
    "2026-08-12T22:00:00Z",
    "2026-03-05T19:45:00Z",
    "2026-03-02T15:30:00Z",
    "2026-06-20T12:00:00Z",
    "2026-04-10T00:00:00Z",
)
LAST = "2026-08-12T22:00:00Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signals")
    archive = Archive(folder)
    ingest(archive, embedded_folder(), compared=True)
    archive.close()
    return folder


@pytest.fixture(scope="module")
def plain(folder):
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(COLUMNS)
    with sqlite3.connect(folder / "chiphour.db") as database:
        lines.writerows(database.execute(f"SELECT {', '.join(COLUMNS)} FROM observations"))
    written.seek(0)
    return Plain(written, {venue: row._asdict() for venue, row in REGISTER.items()})


def lines_of(folder, *words):
    done = CliRunner().invoke(build("signals"), ["signals", *words, "--data", str(folder)])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_alike(found, expected, where):
    """Compare what the plain script knows: texts exactly, numbers to 2e-6."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        for name, value in expected.items():
            assert_alike(found[name], value, f"{where} {name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_alike(one, other, f"{where} {number}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=2e-6, rel=2e-6), where
    else:
        assert found == expected, where


@pytest.mark.parametrize("time", TIMES)
def test_every_figure_is_found_again_by_a_plain_script(folder, plain, time):
    found = lines_of(folder, "--at", time, "--json")
    at_ns = ns_from_iso(time)
    assert len(found) >= 5
    for line in found:
        good = good_named(line["chip"])
        expected = plain.signal(good, at_ns)
        for change in expected["changes"]:
            for name in [name for name in change if name.endswith("_nanousd")]:
                value = change.pop(name)
                text = None if value is None else f"{value / 10**9:.9f}"
                change[name.replace("_nanousd", "_usd")] = text
        every = [one for one in line["supply"] if one["venue"]]
        for one in expected["supply"]:
            del one["observed_ns"]
        assert_alike(every, expected.pop("supply"), f"{time} {line['chip']} supply")
        assert_alike(line, expected, f"{time} {line['chip']}")


def test_the_times_show_every_kind_of_answer(folder):
    """What was compared above holds books with hosts, supply, a week's change; never whole days."""
    found = [line for time in TIMES for line in lines_of(folder, "--at", time, "--json")]
    assert any(price["hosts"] for line in found for price in line["prices"])
    assert any(one["gpus_change"] for line in found for one in line["supply"])
    assert any(one["week_change_ratio"] for line in found for one in line["changes"])
    assert not any(line["tod"] and line["tod"]["whole_days"] for line in found)
    assert any(line["volatility"] and line["volatility"]["log_variation"] for line in found)


def test_the_viability_report_is_found_again_by_a_plain_script(folder, plain):
    report = lines_of(folder, "--at", LAST, "--viability", "--json")
    at_ns = ns_from_iso(LAST)
    assert len(report) >= 30
    for line in report:
        good = good_named(line["chip"])
        expected = viability_of(plain.cells(good, at_ns - 400 * DAY, at_ns))
        for name, key in (("half_life", "half_life_hours"), ("skill",) * 2, ("variation",) * 2):
            value, found = expected.pop(name), line[key]
            assert (value is None) == (found is None), f"{line['chip']} {name}"
            if value is not None:
                words = (found["value"], found["low"], found["high"])
                exact = [None if isinf(one) else one for one in value]
                for one, other in zip(words, exact, strict=True):
                    assert one == (other if other is None else pytest.approx(other, abs=2e-3))
        assert_alike(line, expected, line["chip"])


def test_no_report_without_its_reasons_and_silences(folder):
    archive = Archive(folder)
    at_ns = ns_from_iso(LAST)
    questions = Questions.of_archive(archive, at_ns - REACH_NS, at_ns)
    for each in viability_at(questions, at_ns):
        assert each.reasons
        assert each.cannot_say
        assert msgspec.json.encode(each.reasons)
    questions.close()
    archive.close()


def test_the_report_in_the_docs_is_current(folder):
    path = Path(__file__).resolve().parents[2] / "docs/analysis/generate.py"
    spec = importlib.util.spec_from_file_location("viability_report", path)
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    archive = Archive(folder)
    assert generator.FILE.read_text() == generator.text_of(archive)
    archive.close()
