"""TEST CURVE: `chiphour curve` on the shipped recordings.

Takes   a folder of its own, filled once.
Gives   what is printed.
Keeps   a series that says too little without a price, in words and in JSON.
Source  Decision 0045.
"""

import json

import pytest

from chiphour.adapters.fixings import NothingRecorded
from chiphour.cli.curve import curve

pytestmark = pytest.mark.suite


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("curve")


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.long
def test_every_listed_contract_has_a_price_or_a_reason(data, capsys):
    curve("h100-sxm-od", less="h200-sxm-od", data=data, as_json=True)
    model, *contracts = lines(capsys)
    assert (model["own_reason"], model["series_together"]) == ("FEW_MOVES", 11)
    assert model["parameters"]["trend"]["error"] > 0
    assert {each["contract"].partition("_")[0] for each in contracts} == {
        "H100SXMOD",
        "H100SXMODAVG",
        "H100SXMODH200SXMOD",
    }
    for each in contracts:
        assert (each["price_usd"] is None) == bool(each["reason"])
        if each["price_usd"]:
            assert float(each["low_usd"]) < float(each["price_usd"]) < float(each["high_usd"])


@pytest.mark.long
def test_too_little_data_is_said(data, capsys):
    curve("rtx4090-spot", data=data, as_json=False)
    assert "not enough data: SHORT_SPAN" in capsys.readouterr().out
    curve("rtx4090-spot", data=data, as_json=True)
    model, *contracts = lines(capsys)
    assert model["parameters"] is None and model["reason"] == "SHORT_SPAN"
    assert {each["reason"] for each in contracts} == {"SHORT_SPAN"}


@pytest.mark.long
def test_what_cannot_be_priced_is_refused_in_one_line(data):
    with pytest.raises(NothingRecorded, match="expected a series that was fixed"):
        curve("t4-od", data=data)
    with pytest.raises(NothingRecorded, match="expected two series"):
        curve("h100-sxm-od", less="CHR.H100.SXM.OD", data=data)
