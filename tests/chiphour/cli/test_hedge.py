"""TEST HEDGE: the command `hedge` as a user runs it, on the example and the shipped recordings.

Takes   words on the command line, a folder with the shipped recordings.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   each bad exposure on one line of standard error; nothing sent unasked.
Source  docs/how-to/hedge.md; decision 0044.
"""

import json

import pytest


def test_the_example_prints_its_figures_and_the_hedge(run, capsys):
    assert run("hedge", "--example", "seed004", "--today", "2026-08-13") == 0
    shown = capsys.readouterr().out
    assert "50,000 GPU-hours at $3.00" in shown
    assert "$150,000" in shown
    assert "At $4.50 they cost $225,000: $75,000 more, 50 %." in shown
    assert "H100SXMODAVG_USDC-30SEP26" in shown


def test_the_example_as_json_adds_up_by_hand(run, capsys):
    """Ten of twelve months are listed: 41,668 lots; the spike is taken off these alone."""
    assert run("hedge", "--example", "seed004", "--today", "2026-08-13", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    lots = sum(50_000 // 12 + (place < 50_000 % 12) for place in range(10))
    fees = lots * 3 * 0.0005
    spike = found["scenarios"][-1]
    assert found["locked"]["lots"] == lots == 41_668
    assert float(spike["unhedged_usd"]) - float(found["cost_usd"]) == 75_000
    assert float(spike["futures_usd"]) == pytest.approx(lots * 1.5 - fees)
    assert float(found["margin"]["initial_usd"]) == pytest.approx(lots * 3 * 0.1)


def test_an_exposure_file_and_its_orders(run, tmp_path, capsys):
    exposure, orders = tmp_path / "exposure.csv", tmp_path / "orders.jsonl"
    exposure.write_text("month,hours\n2026-09,20000\n2026-10,30000\n")
    words = ("--price", "3.00", "--today", "2026-08-13", "--orders", orders, "--json")
    assert run("hedge", exposure, *words) == 0
    found = json.loads(capsys.readouterr().out)
    rows = [json.loads(line) for line in orders.read_text().splitlines()]
    assert [row["params"]["amount"] for row in rows] == [20_000, 30_000]
    assert [row["params"] for row in rows] == [each["params"] for each in found["orders"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-08", "--hours", 5), "expected 2026-09 or later, as today is 2026-08-13"),
        (("--from", "2026-09", "--hours", -5), "hours"),
        (("--from", "2026-09", "--hours", 5, "--price", "0"), "expected a price above 0"),
        (("--from", "2026-09", "--hours", 5, "--series", "h1000"), "found 'h1000'"),
        (("--from", "2026-09", "--hours", 5, "--ratio", "3"), "ratio: expected 0 to 2, found 3"),
        ((), "expected EXPOSURE, or --from MONTH and --hours"),
        (("--example", "seed005"), "--example: expected seed004"),
        (("--example", "seed004", "--send"), "--send: expected --url and --key"),
        (("--from", "2026-09", "--to", "2030-09", "--hours", 5), "length <= 36"),
    ],
)
def test_a_bad_exposure_is_one_line(run, capsys, words, said):
    price = () if "--price" in words else ("--price", "3.00")
    assert run("hedge", *words, *price, "--today", "2026-08-13") == 1
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.long
@pytest.mark.suite
def test_recorded_days_are_hedged_and_judged(run, recorded, capsys):
    """On the shipped recordings: the fix, a venue's basis, and a back-test that finds nothing."""
    words = ("--from", "2026-09", "--hours", 1000, "--venue", "verda", "--data", recorded, "--json")
    assert run("hedge", *words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["price_usd"], found["venue_price_usd"]) == ("3.225000", "3.250000")
    assert found["ratio"]["source"] == "assumed"
    assert found["distribution"] is None and "not enough data" in found["distribution_reason"]
    assert run("hedge", "--backtest", "--data", recorded, "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    pooled = rows[-1]["backtest"]["effectiveness"]
    assert pooled["low"] <= pooled["value"] <= 0.01
    assert run("hedge", "--backtest", "--series", "h100-sxm-od", "--data", recorded) == 0
    assert "verda" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.suite
def test_a_chip_without_a_fix_and_a_day_before_all_are_one_line(run, recorded, capsys):
    words = ("hedge", "--from", "2026-09", "--hours", 5, "--data", recorded)
    assert run(*words, "--series", "mi250-od") == 1
    assert "found none: NO_DATA, 0 in its panel" in capsys.readouterr().err
    assert run(*words, "--today", "2026-07-01") == 1
    assert "expected a fix of CHR.H100.SXM.OD, found none" in capsys.readouterr().err
