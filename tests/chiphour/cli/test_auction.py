"""AUCTION: a run file becomes a result file, which is certified; faults are one line and exit 1.

Takes   E2 as a file; damaged copies.
Gives   exit codes, files, messages.
Keeps   what stands in a result's place there when clearing fails.
Source  docs/formulation/auction.md, sections 7 and 8.
"""

import json

import pytest
import typer
from typer.testing import CliRunner

from chiphour.adapters.solver import SolverTimedOut
from chiphour.auction.fields import RequestMalformed
from chiphour.cli import auction

H100, A100 = "H100/node8/us", "A100/node8/us"
HOUR = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-01T01:00:00Z"}
RUN = {
    "schema": "chiphour.auction.run/1",
    "run": 5,
    "rent_account": 1,
    "delivery": {"from": HOUR["from"], "hours": 1},
    "price": {"floor": "0", "cap": "100"},
    "products": [
        {"chip": "H100", "domain": "node8", "region": "us"},
        {"chip": "A100", "domain": "node8", "region": "us"},
    ],
    "arcs": [],
    "bids": [
        {
            "kind": "divisible",
            "name": "trn",
            "account": 11,
            "perf": [
                {"product": H100, "units_per_chip_hour": "2.5"},
                {"product": A100, "units_per_chip_hour": "0.5"},
            ],
            "curve": [{"units": "100", "usd_per_unit": "2"}],
            "chips_max": "1000",
            "window": HOUR,
        }
    ],
    "offers": [
        {
            "kind": "supply",
            "name": "hopper",
            "account": 20,
            "product": H100,
            "inventory": ["64"],
            "blocks": [{"share": "1", "price": "1.2"}],
        }
    ],
}


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
    assert json.loads(done.stdout)["welfare"] == "152.000000000"  # 100 units at 2, 40 chips at 1.2
    checked = call("certify", run_file, out)
    assert checked.exit_code == 0
    assert checked.stdout == "certified: run 5, gap at most 0.000000000 dollars\n"
    assert json.loads(call("certify", run_file, out, "--json").stdout) == {"violations": []}


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
    assert schema["title"] == "chiphour.auction.run/1"
