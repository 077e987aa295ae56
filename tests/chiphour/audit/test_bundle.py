"""BUNDLE: all of a bundle, one fixing of it, what was known at a time; by one process or by more.

Takes   a small bundle, and the same one spoiled.
Gives   a failure where counts, line or exit code are not what was promised.
Keeps   the answer independent of how many processes share the work.
Source  Decision 0019; docs/how-to/verify.md.
"""

import json
import sys

import msgspec
import pytest

from bundles import DAYS
from bundles import SERIES
from bundles import forge
from chiphour.adapters.bundled import QuickReading
from chiphour.adapters.bundled_compiled import CompiledReading
from chiphour.audit import bundle as program
from chiphour.audit.bundle import Report
from chiphour.audit.bundle import check_bundle
from chiphour.audit.bundle import main
from chiphour.audit.bundle import time_ns
from chiphour.audit.bundle import words_of
from chiphour.units import ns_from_iso

ALL = Report(1566, 1566, None, 1571)


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2, 3, 9])
def test_everything_matches_however_the_work_is_shared(made, processes):
    assert check_bundle(made, processes=processes) == ALL
    how = {"loads": msgspec.json.decode, "processes": processes}
    for reads in (None, QuickReading, CompiledReading):
        assert check_bundle(made, **how, reads=reads) == ALL


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_the_first_difference_is_that_of_the_earliest_day(bundle, processes):
    for day in (DAYS[3], DAYS[1]):
        content = (bundle / f"fixings/{day}.jsonl").read_bytes()
        forge(bundle, f"fixings/{day}.jsonl", content.split(b"\n", 1)[1])
    report = check_bundle(bundle, processes=processes)
    assert report.first_difference == (
        f"fixings/{DAYS[1]}.jsonl: expected the 348 fixings of the log, found 347"
    )


def test_one_fixing_is_asked_for_by_ticker_or_slug(made):
    for name in (SERIES, SERIES.lower(), "h100-sxm-od", "H100-SXM-OD"):
        report = check_bundle(made, name, DAYS[1])
        assert report == Report(6, 6, None, 2 + 6 + 6)
    assert check_bundle(made, SERIES, DAYS[1], ns_from_iso("2026-07-21T12:00:00Z")).checked == 3


@pytest.mark.parametrize(
    ("series", "day", "as_of", "said"),
    [
        ("h100", DAYS[0], None, "expected a series such as CHR.H100.SXM.SPOT, found 'h100'"),
        (
            SERIES,
            "2026-07-19",
            None,
            f"expected a day from {DAYS[0]} to {DAYS[-1]}, found 2026-07-19",
        ),
        (SERIES, DAYS[0], 0, f"{SERIES} {DAYS[0]}: expected a fixing that was known, found none"),
    ],
)
def test_what_is_not_there_is_a_difference(made, series, day, as_of, said):
    assert check_bundle(made, series, day, as_of) == Report(0, 0, said, 0)._replace(
        proofs=check_bundle(made, series, day, as_of).proofs
    )


def test_a_time_has_a_zone():
    assert time_ns("2026-07-21T12:00:00+02:00") == ns_from_iso("2026-07-21T10:00:00Z")
    assert time_ns("2026-07-21T12:00:00.000001Z") % 10**9 == 1_000
    with pytest.raises(ValueError, match="expected a time with its zone"):
        time_ns("2026-07-21T12:00:00")


def test_the_words_are_one_line():
    assert words_of(ALL) == "match: 1566 of 1566 fixings, 1571 proofs"
    assert words_of(Report(3, 2, "a: b", 1)) == "difference: a: b"


def run(monkeypatch, capsys, *words):
    """Run the program; give exit code and output."""
    monkeypatch.setattr(sys, "argv", ["verify.py", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, capsys.readouterr().out


def test_the_program_says_match_or_the_difference(made, monkeypatch, capsys):
    there = ("--bundle", made)
    said = run(monkeypatch, capsys, *there)
    assert said == (0, "match: 1566 of 1566 fixings, 1571 proofs\n")
    code, line = run(monkeypatch, capsys, SERIES, DAYS[1], *there, "--json")
    assert (code, json.loads(line)["checked"]) == (0, 6)
    early = ("--as-of", "2026-07-21T00:00:00Z")
    code, line = run(monkeypatch, capsys, SERIES, DAYS[1], *there, *early)
    assert (code, line[:12]) == (1, "difference: ")


@pytest.mark.parametrize(
    "words", [(SERIES,), (SERIES, "monday"), (SERIES, DAYS[0], "--as-of", "noon")]
)
def test_wrong_words_are_exit_code_2(monkeypatch, capsys, words):
    assert run(monkeypatch, capsys, *words)[0] == 2


def test_without_a_folder_it_looks_where_it_lies(monkeypatch, capsys, made):
    monkeypatch.setattr(program, "__file__", str(made / "verify.py"))
    assert run(monkeypatch, capsys)[0] == 0
