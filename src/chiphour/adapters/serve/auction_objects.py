"""AUCTION_OBJECTS: runs of the auction as the shapes that answer.

Takes   runs, the market time, who asks.
Gives   `shapes_auction`.
Keeps   others' bids out of every answer before they are disclosed.
Source  docs/formulation/runs.md, section 12; decision 0039.
"""

import json
from typing import Any

from chiphour.adapters.auction_run import RESULT_FILE
from chiphour.adapters.auction_run import SUMMARY_FILE
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auction_run import Stage
from chiphour.adapters.serve import shapes_auction as shapes
from chiphour.auction.gate import Entry
from chiphour.auction.gate import run_id
from chiphour.auction.guard_rules import guard_fields
from chiphour.auction.obligations import to_json as obligation_to_json
from chiphour.auction.rules import to_json as rules_to_json
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd


def run_row(run: AuctionRun, now_ns: int) -> shapes.RunRow:
    """Give a run as everybody may see it."""
    terms, empty = run.gate.terms, run.gate.empty
    return shapes.RunRow(
        run=run.run,
        kind=empty.kind,
        pricing=empty.pricing,
        state=run.state_at(now_ns),
        opens=iso_from_ns(terms.opens_ns),
        closes=iso_from_ns(terms.closes_ns),
        discloses=iso_from_ns(terms.discloses_ns),
        delivers=run.delivers,
        delivery_from=run.grid.iso(0),
        step_minutes=run.grid.step_minutes,
        intervals=run.grid.intervals,
        products=[product.id for product in run.grid.products],
        commitment=run.commitment or None,
        final=iso_from_ns(run.final_ns) if run.final_ns else None,
    )


def run_view(run: AuctionRun, now_ns: int, account: int | None) -> shapes.RunView:
    """Give a run with its terms, its outcome, and what an account has in it."""
    return shapes.RunView(
        row=run_row(run, now_ns),
        settings={**run.gate.terms.settings},
        rules=json.loads(rules_to_json(run.rules)),
        guards=None if run.gate.guards is None else guard_fields(run.gate.guards),
        summary=summary_of(run),
        own=None if account is None else _own(run, now_ns, account),
        time=iso_from_ns(now_ns),
    )


def summary_of(run: AuctionRun) -> dict[str, Any] | None:
    """Give the outcome of a cleared run, or None."""
    if run.stage not in (Stage.CLEARED, Stage.SETTLED):
        return None
    found: dict[str, Any] = json.loads((run.folder / SUMMARY_FILE).read_bytes())
    return found


def taken(run: AuctionRun, entry: Entry) -> shapes.Taken:
    """Give what became of a bid."""
    return shapes.Taken(
        run=run.run,
        bid=entry.request.bid_id,
        time=iso_from_ns(entry.request.time_ns),
        hash=entry.hash or None,
        reserved_usd=text_from_microusd(entry.reserved_microusd),
    )


def _own(run: AuctionRun, now_ns: int, account: int) -> shapes.Own:
    left_out = dict(run.refused)
    return shapes.Own(
        account=account,
        collateral_usd=text_from_microusd(run.kept_microusd.get(account, 0)),
        bids=[_own_bid(entry, left_out) for entry in run.gate.bids_of(account)],
        awards=_awards(run, account),
        obligations=[
            shapes.Owed(name, _state(run, name, now_ns), json.loads(obligation_to_json(owed)))
            for name, case in run.cases.items()
            if account in ((owed := case.obligation).supplier, owed.buyer)
        ],
    )


def _own_bid(entry: Entry, left_out: dict[str, str]) -> shapes.OwnBid:
    asked = entry.request
    named = run_id(asked.account, asked.bid_id)
    return shapes.OwnBid(
        bid=asked.bid_id,
        id_in_run=named,
        time=iso_from_ns(asked.time_ns),
        hash=entry.hash,
        reserved_usd=text_from_microusd(entry.reserved_microusd),
        left_out=left_out.get(named),
        body={**asked.body},
    )


def _awards(run: AuctionRun, account: int) -> list[dict[str, Any]]:
    if run.stage not in (Stage.CLEARED, Stage.SETTLED):
        return []
    awards = json.loads((run.folder / RESULT_FILE).read_bytes())["awards"]
    return [award for award in awards if award["account"] == account]


def _state(run: AuctionRun, name: str, now_ns: int) -> str:
    case = run.case_at(name, now_ns)
    assert case is not None
    return str(case.state)
