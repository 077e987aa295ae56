"""AUCTION: a run file becomes a result file, which is certified; faults are one line and exit 1.

Takes   E2 as a file; damaged copies.
Gives   exit codes, files, messages.
Keeps   what stands in a result's place there when clearing fails.
Source  docs/formulation/auction.md, sections 7 and 8.
"""

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import offer
from auction_fields import run
from chiphour.adapters.solver import SolverTimedOut
from chiphour.auction.fields import RequestMalformed
from chiphour.cli import auction

RUN = run(
    [HOPPER, AMPERE],
    [bid("trn", 11, {H100: "2.5", A100: "0.5"}, (100, 2)), offer("hopper", 20, H100, 64, "1.2")],
    run=5,
    cap=100,
)


@pytest.fixture
def run_file(tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(RUN))
    return path


def call(*words):
    app = typer.Typer()
    auction.add_to(app)
    return CliRunner().invoke(app, ["auction", *map(str, words)])


def test_a_run_is_cleared_and_certified(run_file, tmp_path):
    out = tmp_path / "result.json"
    done = call("clear", run_file, "-o", out, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["welfare"] == "152.000000000"  # 100 units at 2, 40 chips at 1.2
    checked = call("certify", run_file, out)
    assert checked.exit_code == 0
    assert checked.stdout.startswith("certified: run 5, within 0 of the best award")
    shown = json.loads(call("certify", run_file, out, "--json").stdout)
    assert shown == {"violations": [], "certified_gap": "0"}


def test_the_table_shows_every_product_and_hour(run_file, tmp_path):
    shown = call("clear", run_file, "-o", tmp_path / "result.json").stdout
    assert "H100/node8/us" in shown and "A100/node8/us" in shown
    assert "1.2000" in shown


def test_a_changed_result_is_refused_with_the_first_rule_it_breaks(run_file, tmp_path):
    out = tmp_path / "result.json"
    call("clear", run_file, "-o", out)
    out.write_text(out.read_text().replace('"payment":"48.000000"', '"payment":"47.999999"'))
    refused = call("certify", run_file, out)
    assert refused.exit_code == 1
    assert isinstance(refused.exception, auction.CertificateRefused)
    message = str(refused.exception)
    assert "payment at trn: expected 48000000 micro-dollars, found 47999999" in message
    assert call("certify", run_file, out, "--json").exit_code == 1


def test_a_run_cannot_be_certified_by_anothers_result(run_file, tmp_path):
    out = tmp_path / "result.json"
    call("clear", run_file, "-o", out)
    run_file.write_text(json.dumps(RUN | {"rent_account": 2}))
    assert "run at root" in str(call("certify", run_file, out).exception)


def test_a_failed_clearing_leaves_the_old_result_as_it_was(run_file, tmp_path):
    out = tmp_path / "result.json"
    out.write_text("before")
    run_file.write_text(json.dumps(RUN | {"run": -1}))
    failed = call("clear", run_file, "-o", out)
    assert isinstance(failed.exception, RequestMalformed)
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.json", "run.json"]


def test_a_bid_is_explained_from_its_result_with_the_run_beside_it(run_file, tmp_path):
    out = tmp_path / "result.json"
    call("clear", run_file, "-o", out)
    said = call("explain", out, "trn")
    assert said.exit_code == 0
    assert said.stdout.startswith("trn buys 40 chip-hours and pays $48.00.\n")
    elsewhere = run_file.rename(tmp_path.parent / f"{tmp_path.name}-run.json")
    assert isinstance(call("explain", out, "trn").exception, auction.FileUnusable)
    again = call("explain", out, "trn", "--run", elsewhere, "--json")
    assert json.loads(again.stdout)["sentences"] == said.stdout.splitlines()
    unknown = call("explain", out, "nobody", "--run", elsewhere)
    assert "expected a bid of this run, found 'nobody'" in str(unknown.exception)


def test_a_refused_bid_is_told_and_the_others_are_cleared(run_file, tmp_path):
    wrong = RUN["bids"][0] | {"id": "wrong", "account": 1}
    run_file.write_text(json.dumps(RUN | {"bids": [*RUN["bids"], wrong]}))
    done = call("clear", run_file, "-o", tmp_path / "result.json")
    assert done.exit_code == 0
    assert "wrong" in done.stdout and "48.00" in done.stdout


def test_files_that_cannot_be_used_are_told(run_file, tmp_path):
    missing = call("clear", tmp_path / "none.json", "-o", tmp_path / "x")
    assert isinstance(missing.exception, auction.FileUnusable)
    assert "expected a file to read, found No such file" in str(missing.exception)
    nowhere = call("clear", run_file, "-o", tmp_path / "no" / "x")
    assert isinstance(nowhere.exception, auction.FileUnusable)


def test_a_limit_that_is_too_short_is_told(run_file, tmp_path):
    late = call("clear", run_file, "-o", tmp_path / "x", "--time-limit", "0.001")
    assert isinstance(late.exception, SolverTimedOut)
    assert not (tmp_path / "x").exists()


def test_the_schema_is_json():
    schema = json.loads(call("schema").stdout)
    assert schema["title"] == "chiphour.auction.run/2"
