"""AUCTION_TABLES: the outcome of a run on a terminal of any width, and as one JSON object.

Takes   the example of scarce reserve; a run with a bid that is refused.
Gives   what is printed.
Keeps   figures those of the result.
Source  Decision 0038.
"""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from chiphour.auction.clear import clear
from chiphour.auction.instance import read_run
from chiphour.auction.solve import solve
from chiphour.cli.auction_tables import show
from chiphour.cli.auction_tables import summary

RUN = Path(__file__).resolve().parents[3] / "examples" / "scarcity" / "run.json"


@pytest.fixture(scope="module")
def outcome():
    fields = json.loads(RUN.read_bytes())
    fields["bids"].append({"kind": "buy", "id": "odd", "account": 10, "modes": []})
    instance, refused = read_run(fields)
    return instance, clear(instance, solve), refused


def printed(outcome, width):
    text = io.StringIO()
    show(Console(file=text, width=width), *outcome)
    return text.getvalue()


def test_prices_awards_reasons_and_proof_are_printed(outcome):
    text = printed(outcome, 140)
    assert "Awards" in text
    assert "Reserve in us-east is short" in text
    assert "refused: run.bids" in text
    assert "certified, without the solver" in " ".join(text.split())


def test_a_narrow_terminal_loses_no_bid(outcome):
    _, result, _ = outcome
    text = "".join(printed(outcome, 60).split())
    for part in result.award.parts:
        if not part.held.is_empty:
            assert part.id[:6] in text


def test_the_summary_is_one_json_object_with_the_results_figures(outcome):
    instance, result, refused = outcome
    told = json.loads(json.dumps(summary(instance, result, refused)))
    assert told["root"] == result.root
    assert told["transfers"] == len(result.transfers)
    assert [one["id"] for one in told["refused"]] == ["odd"]
    assert told["bids"] + told["offers"] == len(instance.bids)
    assert 0 <= float(told["certified_gap"]) < 0.01


def test_what_a_refused_bid_says_is_shown_as_it_is():
    """Words that a terminal would take for orders, of colour or to itself, are only words."""
    fields = json.loads(RUN.read_bytes())
    fields["bids"].append({"kind": "[/bold]", "id": "\x1b[2J", "account": 10})
    instance, refused = read_run(fields)
    (one,) = refused
    assert one.id == f"#{len(fields['bids']) - 1}"
    text = printed((instance, clear(instance, solve), refused), 200)
    assert "[/bold]" in text
    assert "\x1b" not in text
