"""AUCTION_DOOR: bids, awards and proofs from the command line.

Takes   a served market with an open run; a cleared run in files.
Gives   what is taken, awards in three forms, a proof of what was disclosed.
Keeps   the group `auction` one group, whichever file is loaded.
Source  Decision 0039.
"""

import json

import pytest
from typer.testing import CliRunner

from auctioned import House
from chiphour.adapters.auction_client import AskedRefused
from chiphour.auction.fields import RequestMalformed
from chiphour.cli import build
from chiphour.cli.auction_door import FileUnread
from doored_auction import Served
from gated import BUYER
from gated import SELLER
from gated import buy
from gated import pool


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("market"))
    yield served
    served.end()


@pytest.fixture(scope="module")
def cleared(tmp_path_factory):
    """Give the commitment and the folder of a run that is cleared."""
    with House(tmp_path_factory.mktemp("house")) as house:
        house.announce()
        house.bid(SELLER, pool("p", "10", "1"))
        house.bid(BUYER, buy("b", "12", "2"))
        run = house.clear()
        return run.commitment, run.folder


def run(*words, word="auction"):
    done = CliRunner().invoke(build(word), ["auction", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_a_bid_is_looked_at_submitted_and_changed(served, tmp_path):
    bid = tmp_path / "bid.json"
    bid.write_text(json.dumps(buy("train", "12", "2")))
    asked = (7, bid, "--url", served.url, "--key", served.key("buyer"))
    assert "would be taken, 24.000000 reserved" in run("submit", *asked, "--check")
    assert "is taken, 24.000000 reserved" in run("submit", *asked)
    bid.write_text(json.dumps(buy("train", "12", "3")))
    assert json.loads(run("submit", *asked, "--json"))["reserved_usd"] == "36.000000"
    bid.write_text(json.dumps(buy("train", "1000", "9")))
    with pytest.raises(AskedRefused, match="FUNDS_INSUFFICIENT"):
        run("submit", *asked)
    with pytest.raises(AskedRefused, match="expected one of /api/auction/runs, found 8"):
        run("submit", 8, *asked[1:])
    with pytest.raises(AskedRefused, match="expected a market to answer"):
        run("submit", 7, bid, "--url", "http://127.0.0.1:1", "--key", served.key("buyer"))
    bid.write_text("{")
    with pytest.raises(RequestMalformed, match="expected JSON"):
        run("submit", *asked)


def test_awards_are_written_in_three_forms(cleared):
    _, folder = cleared
    rows = json.loads(run("awards", folder / "result.json"))
    assert {row["account"] for row in rows} == {BUYER, SELLER}
    lines = run("awards", folder / "result.json", "--format", "csv").splitlines()
    assert len(lines) == len(rows) + 1
    slurm = run("awards", folder / "result.json", "--format", "slurm", "--account", BUYER)
    assert slurm.startswith("scontrol create reservation ReservationName=run7-1 StartTime=2026-")
    with pytest.raises(FileUnread, match="expected a file to read"):
        run("awards", folder / "none.json", "--run", folder / "none.json")


def test_what_was_disclosed_is_proved(cleared):
    commitment, folder = cleared
    files = [folder / name for name in ("sealed.json", "run.json", "result.json")]
    assert run("prove", commitment, *files).startswith("proved")
    with pytest.raises(RequestMalformed, match="expected a file of hash 0000"):
        run("prove", "0" * 64, *files)


def test_the_group_is_one_whichever_file_is_loaded():
    for word in ("auction", ""):
        said = run("--help", word=word)
        assert all(command in said for command in ("clear", "submit", "awards", "prove"))
