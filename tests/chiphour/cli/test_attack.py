"""TEST ATTACK: the command `attack` as a user runs it, on the shipped recordings.

Takes   words on the command line, a fresh data folder for the module.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   a day without a fix in plain words, a wrong series on one line.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

import json
from pathlib import Path

import pytest

from chiphour.cli.attack import _rows
from chiphour.index.attack import NO_PURCHASE
from chiphour.index.attack import AttackCost
from chiphour.index.attack import Capture
from chiphour.index.attack import Move
from chiphour.index.attack import Notional
from chiphour.index.attack import Rent
from chiphour.index.attack_capture import Shift
from chiphour.index.attack_capture import Silence
from chiphour.index.attack_listings import Listings


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.mark.long
def test_a_rate_card_series_is_priced_by_its_members(run, data, capsys):
    words = ("attack", "h100-sxm-od", "2026-07-21", "--source", "gpurentalprices", "--data", data)
    assert run(*words) == 0
    shown = capsys.readouterr().out
    assert "CHR.H100.SXM.OD on 2026-07-21: $3.1700 from 7 members" in shown
    assert "4 of 7" in shown
    assert run(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["fix_usd"], found["breakdown"], found["up"]["reason"]) == ("3.1700", 4, "NO_BOOK")


def test_a_day_without_a_fix_says_so(run, data, capsys):
    assert run("attack", "mi250-od", "2026-07-21", "--data", data) == 0
    shown = capsys.readouterr().out
    assert (
        shown
        == "CHR.MI250.OD has no fix on 2026-07-21: 0 members had a price. Nothing to attack.\n"
    )


def test_an_unknown_series_is_one_line(run, data, capsys):
    assert run("attack", "h100-pcie", "2026-07-21", "--data", data) == 1
    assert "CHR.H100.PCIE.OD" in capsys.readouterr().err


def test_a_purchase_is_told_in_dollars_and_machines():
    rent = Rent(580_400_000_000, 100, 130, ("hyperbolic", "vast"), 10_400, False)
    held = rent._replace(cost_nanousd=25 * rent.cost_nanousd, least=True)
    shift = Shift(25_000, False, ("vast",), (1,))
    down = shift._replace(shift_ppm=-30_000)
    wild = shift._replace(unbounded=True)
    found = AttackCost(
        series="CHR.H100.SXM.SPOT",
        strike_ns=0,
        parameter_set="v2026_1",
        parameters_sha256="",
        source="",
        fix_ticks=20_000,
        members=5,
        move_ppm=10_000,
        up=Move(rent, 575 * 10**9, held, held.cost_nanousd, "", Listings("vast", 40, 2)),
        down=Move(None, 99 * 10**9, None, 990 * 10**9, "OPEN", None),
        captured=(
            Capture(1, shift, down, Silence(shift, down, "B", 0)),
            Capture(2, shift, down, Silence(shift, down, "C", 2)),
            Capture(3, wild, wild, Silence(None, None, "", 10)),
        ),
        breakdown=3,
        most_heard="vast",
        most_heard_ppm=500_000,
        notional=Notional(58_000 * 10**9, 1_740_000 * 10**9, None, None),
    )
    rows = dict(_rows(found))
    at = "100 machines, 130 GPUs at hyperbolic and vast; moves it +1.04 %"
    assert rows["rent +1 %, for an hour"] == f"$581: {at}; a cheaper way costs at least $575"
    assert rows["rent +1 %, as long as carried"] == f"$14,510: {at}; the least"
    assert rows["false listings +1 %"] == "40 at vast, of 2 hosts at least"
    assert rows["rent -1 %"] == f"nothing to buy: {NO_PURCHASE['OPEN']}; at least $99"
    assert rows["false listings -1 %"] == "none suffice, in any one book"
    assert rows["one member captured"] == "+2.5 %, -3 %"
    assert rows["two members silent"].endswith("grade C at worst; no fix in 2 cases")
    assert rows["three members captured"] == "without bound, without bound"
    assert rows["three members silent"] == "no fix"
    assert rows["most heard"] == "vast: 50 % of the fix's sensitivity"
    assert rows["safe notional, rented for an hour"] == "$58,000; $1,740,000 on an average of 30"
    assert rows["safe notional, as long as carried"].startswith("not found")
