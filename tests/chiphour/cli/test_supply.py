"""SUPPLY: an owner's chips are in the next run after two commands.

Takes   a served market with an open run; pool files; CSVs.
Gives   the pool file, the offer in the run; refusals of what cannot be offered.
Keeps   nothing sent before `offer`.
Source  Decision 0039.
"""

import json

import pytest
from typer.testing import CliRunner

from chiphour.adapters.auction_client import KeyFileRefused
from chiphour.adapters.supply import PoolRefused
from chiphour.auction.fields import RequestMalformed
from chiphour.cli import build
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from doored_auction import Served
from gated import FROM_NS
from gated import OPENS_NS
from gated import PRODUCT


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("market"))
    yield served
    served.end()


def run(*words):
    done = CliRunner().invoke(build("supply"), ["supply", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_two_commands_bring_chips_to_the_market(served, tmp_path):
    pool = tmp_path / "fleet.pool.json"
    said = run("register", "fleet", "--product", PRODUCT, "--chips", "16", "--price", "1.25",
               "--out", pool)  # fmt: skip
    assert said.startswith(str(pool))
    said = run("offer", pool, "--url", served.url, "--key", served.key("supplier"))
    assert said.startswith("run 7: fleet is offered, 4.000000 reserved; the gate closes at")
    again = ("--url", served.url, "--key", served.key("supplier"), "--run", 7, "--json")
    served.at(OPENS_NS + 10**9)
    taken = json.loads(run("offer", pool, *again))
    assert taken["time"] == iso_from_ns(OPENS_NS)  # The same again changes nothing.


def test_an_inventory_comes_from_csv(served, tmp_path):
    """Eight chips from the first hour, four from the second on: the offer says so."""
    table, pool = tmp_path / "inventory.csv", tmp_path / "lab.pool.json"
    times = [iso_from_ns(FROM_NS + hour * NS_PER_HOUR) for hour in range(2)]
    table.write_text(f"from,chips\n{times[0]},8\n{times[1]},4\n")
    run("register", "lab", "--product", PRODUCT, "--csv", table, "--price", "1", "--out", pool)
    run("offer", pool, "--url", served.url, "--key", served.key("buyer"))
    made = json.loads(served.key("buyer").read_text())
    own = served.trading.signed(made, "GET", "/api/auction/runs/7").json()["own"]
    assert own["bids"][0]["body"]["inventory"] == ["8", "4"]


def test_what_cannot_be_offered_is_refused(served, tmp_path):
    pool, table = tmp_path / "p.pool.json", tmp_path / "t.csv"
    with pytest.raises(PoolRefused, match="either --chips or --csv"):
        run("register", "p", "--product", PRODUCT, "--price", "1")
    with pytest.raises(RequestMalformed, match=r"inventory\[0\].chips"):
        run("register", "p", "--product", PRODUCT, "--price", "1", "--chips", "-3")
    table.write_text("when,chips\n2026-09-11T00:00:00Z,8\n")
    with pytest.raises(PoolRefused, match="rows of from,chips"):
        run("register", "p", "--product", PRODUCT, "--price", "1", "--csv", table)
    run("register", "p", "--product", "X/y/z", "--price", "1", "--chips", "3", "--out", pool)
    asked = ("--url", served.url, "--key", served.key("supplier"))
    with pytest.raises(PoolRefused, match="expected an open run of X/y/z, found none"):
        run("offer", pool, *asked)
    with pytest.raises(PoolRefused, match="expected X/y/z in it"):
        run("offer", pool, *asked, "--run", 7)
    open_key = tmp_path / "open.key"
    open_key.write_text(served.key("supplier").read_text())
    open_key.chmod(0o644)
    with pytest.raises(KeyFileRefused, match="mode 0644"):
        run("offer", pool, "--url", served.url, "--key", open_key)
