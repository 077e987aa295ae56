"""AUCTION_RUN: one run of the auction as its lines made it: gate, award, delivery, money.

Takes   the lines of a run (auction_file.py), one after another, live or at start.
Gives   `AuctionRun`: the stage it is at, its gate, its result and trades, its cases, the postings
        that it asks of the ledger, and which of them the journal holds.
Keeps   one path for live and restart: `take` is the only way in which a run changes.
Source  docs/formulation/runs.md, section 12; decision 0039.

    announced ─▶ open ─▶ closed ─▶ cleared ─▶ settled        any before cleared ─▶ cancelled
       (time)    (time)   closed    cleared    settled            cancelled
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.auction_file import AuctionDamaged
from chiphour.adapters.auction_file import AuctionFile
from chiphour.adapters.auction_file import Line
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.delivery import Case
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import disputed
from chiphour.auction.delivery import opened
from chiphour.auction.delivery import probed
from chiphour.auction.delivery import submitted
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import Entry
from chiphour.auction.gate import Gate
from chiphour.auction.gate import Request
from chiphour.auction.gate import Terms
from chiphour.auction.grid import Grid
from chiphour.auction.guard_rules import ProductEarned
from chiphour.auction.guard_rules import run_cap_ticks
from chiphour.auction.guards import CorrectionRule
from chiphour.auction.guards import final_ns
from chiphour.auction.instance import Instance
from chiphour.auction.instance import canonical
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.meter import from_json as reading_from_json
from chiphour.auction.obligations import Obligation
from chiphour.auction.obligations import from_json as obligation_from_json
from chiphour.auction.positions import Trade
from chiphour.auction.result import Result
from chiphour.auction.result import from_json as result_from_json
from chiphour.auction.rules import Rules
from chiphour.auction.rules import from_json as rules_from_json
from chiphour.auction.trades import trades
from chiphour.ledger.transfer import Transfer

LINES_FILE, SEALED_FILE = "lines.jsonl", "sealed.json"
RUN_FILE, RESULT_FILE, SUMMARY_FILE = "run.json", "result.json", "summary.json"
GUARDED_FILE = "guarded.json"
METER_ACCOUNT = AUCTION_ACCOUNT  # Who reads the market's own meter.
SUPPLIER, BUYER, MARKET = "supplier", "buyer", "market"
UNREADABLE = (AttributeError, KeyError, ValueError, TypeError, RequestMalformed)
_ADMIT = {SUPPLIER: submitted, BUYER: disputed, MARKET: probed}


class Stage(StrEnum):
    """Where a run stands by what was written; time alone opens it."""

    OPEN = "open"
    CLOSED = "closed"
    CLEARED = "cleared"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class Posting(NamedTuple):
    """A transfer that a run asks of the ledger, on behalf of an account."""

    item: int
    account: int
    source: int
    target: int
    amount_microusd: int

    @property
    def kept_microusd(self) -> int:
        """Give what it adds to the account's collateral; below zero what it takes."""
        if self.target == COLLATERAL_ACCOUNT:
            return self.amount_microusd
        return -self.amount_microusd if self.source == COLLATERAL_ACCOUNT else 0

    def transfer(self, run: int) -> Transfer:
        """Give the transfer, with its audit key."""
        return Transfer(self.source, self.target, self.amount_microusd, run, self.item)


class AuctionRun:
    """One run. Everything that it knows came by `take`, or from the journal by `paid`."""

    def __init__(self, folder: Path) -> None:
        """Open a run's folder and take its lines; raises AuctionDamaged."""
        self.folder = folder
        self._file = AuctionFile(folder / LINES_FILE)
        self.stage = Stage.OPEN
        self.postings: dict[int, Posting] = {}
        self.plan: list[int] = []  # Items that must reach the journal, in this order.
        self._planned: set[int] = set()  # The same.
        self.posted: set[int] = set()  # Items that the journal holds.
        self.kept_microusd: dict[int, int] = defaultdict(int)  # Collateral, by account, ...
        self.due_microusd: dict[int, int] = defaultdict(int)  # ... and what the plan still adds.
        self.commitment = ""
        self.earned: tuple[ProductEarned, ...] = ()  # Of its products before it, at closure.
        self.closed_ns = self.cleared_ns = self.settled_ns = 0
        self.cases: dict[str, Case] = {}
        self.passed: tuple[Obligation, ...] = ()  # Those of the rent account: nobody meters an arc.
        self.refused: tuple[tuple[str, str], ...] = ()
        self.settlement: Line = {}
        try:
            for line in self._file.lines:
                self.take(line)
        except BaseException as fault:
            self._file.close()
            if isinstance(fault, UNREADABLE):
                raise AuctionDamaged(f"{self._file.path}: expected lines of a run") from fault
            raise

    def append(self, line: Line) -> None:
        """Write a line, then take it."""
        self.take(self._file.append(line))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def take(self, line: Line) -> None:
        """Change as a line says."""
        getattr(self, f"_take_{line['what']}")(line)

    def paid(self, items: Iterable[int]) -> None:
        """Hear that the journal holds these items."""
        for item in items:
            posting = self.postings.get(item)
            if posting is not None and item not in self.posted:
                self.posted.add(item)
                self.kept_microusd[posting.account] += posting.kept_microusd
                if item in self._planned:
                    self.due_microusd[posting.account] -= posting.kept_microusd

    # -- what it is ------------------------------------------------------------------------------

    @property
    def run(self) -> int:
        """Give its number."""
        return self.gate.empty.run

    @property
    def grid(self) -> Grid:
        """Give what is traded in it."""
        return self.gate.empty.grid

    @property
    def cap_ticks(self) -> int:
        """Give its cap, which what its products earned before it may have lowered (eq. 16)."""
        return run_cap_ticks(self.grid.cap_ticks, self.earned)

    @property
    def final_ns(self) -> int:
        """Give from when it may no longer be corrected (eq. 12), or 0 before it is cleared."""
        guards = self.gate.guards
        rule = CorrectionRule() if guards is None else guards.correction
        return final_ns(rule, self.cleared_ns) if self.cleared_ns else 0

    @property
    def from_ns(self) -> int:
        """Give when its delivery begins."""
        return self.grid.opens_ns

    @property
    def to_ns(self) -> int:
        """Give when its delivery has ended."""
        return self.grid.ends_ns

    @property
    def is_done(self) -> bool:
        """Tell whether nothing can come of it any more."""
        ended = self.stage is Stage.CANCELLED or self.stage is Stage.SETTLED
        return (ended or (self.stage is Stage.CLEARED and not self.delivers)) and not self.due

    @property
    def due(self) -> list[Posting]:
        """Give the postings of its plan that the journal does not hold, in order."""
        return [self.postings[item] for item in self.plan if item not in self.posted]

    def state_at(self, time_ns: int) -> str:
        """Give its stage in a word, with what time alone does to it."""
        if self.stage is Stage.OPEN and time_ns < self.gate.terms.opens_ns:
            return "announced"
        is_shut = self.stage is Stage.OPEN and time_ns >= self.gate.terms.closes_ns
        return str(Stage.CLOSED if is_shut else self.stage)

    def overlaps(self, other: "AuctionRun") -> bool:
        """Tell whether both trade a product at one time."""
        together = self.from_ns < other.to_ns and other.from_ns < self.to_ns
        return together and bool(self.grid.product_numbers.keys() & other.grid.product_numbers)

    @cached_property
    def instance(self) -> Instance:
        """Give the run as it was cleared."""
        return instance_from_json((self.folder / RUN_FILE).read_bytes())

    @cached_property
    def result(self) -> Result:
        """Give its result; raises AuctionDamaged where it is not what was cleared."""
        body = (self.folder / RESULT_FILE).read_bytes()
        if hashlib.sha256(body).hexdigest() != self.award:
            raise AuctionDamaged(f"{self.folder / RESULT_FILE}: expected the hash {self.award}")
        return result_from_json(self.instance, body)

    @cached_property
    def trades(self) -> tuple[Trade, ...]:
        """Give what it changed."""
        return trades(self.instance, self.result)

    def left_microusd(self, account: int) -> int:
        """Give the collateral of an account once the plan is in the journal."""
        return self.kept_microusd.get(account, 0) + self.due_microusd.get(account, 0)

    def next_item(self, least: int) -> int:
        """Give an item that no posting has, from a number on."""
        return max([least, *(item + 1 for item in self.postings if item >= least)])

    def case_at(self, obligation: str, time_ns: int) -> Case | None:
        """Give a case as it stands at a time, or None."""
        case = self.cases.get(obligation)
        return None if case is None else advanced(case, time_ns)

    # -- what each line does ---------------------------------------------------------------------

    def _take_created(self, line: Line) -> None:
        terms = Terms(
            line["settings"], line["opens_ns"], line["closes_ns"], line["discloses_ns"],
            line["salt"], line.get("guards"),
        )  # fmt: skip
        self.gate = Gate(terms, from_fields(terms.settings))
        self.delivers: bool = line["delivers"]
        self.rules: Rules = rules_from_json(canonical(line["rules"]))

    def _take_posting(self, line: Line) -> None:
        posting = Posting(*line["posting"])
        self.postings[posting.item] = posting

    def _take_entry(self, line: Line) -> None:
        asked = Request(line["time_ns"], line["action"], line["account"], line["bid"], line["body"])
        self.gate.add(Entry(line["sequence"], asked, line["hash"], line["reserved_microusd"]))

    def _take_closed(self, line: Line) -> None:
        self.commitment, self.closed_ns = line["commitment"], line["time_ns"]
        self.earned = tuple(ProductEarned(*row) for row in line.get("earned", ()))
        self.stage = Stage.CLOSED
        if self.gate.commitment() != self.commitment:
            raise AuctionDamaged(f"{self.folder}: expected bids of the hash {self.commitment}")

    def _take_cancelled(self, line: Line) -> None:
        self.stage = Stage.CANCELLED
        self._take_plan(line)

    def _take_cleared(self, line: Line) -> None:
        self.award, self.cleared_ns = line["award"], line["time_ns"]
        self.refused = tuple((name, why) for name, why in line["refused"])
        self.stage = Stage.CLEARED
        self._take_plan(line)
        owed = [obligation_from_json(canonical(each)) for each in line["obligations"]]
        rent = self.gate.empty.rent_account
        self.passed = tuple(each for each in owed if each.supplier == rent)
        self.cases = {
            each.hash: opened(each, self.rules.window, METER_ACCOUNT)
            for each in owed
            if each.supplier != rent
        }

    def _take_reading(self, line: Line) -> None:
        signed = reading_from_json(canonical(line["reading"]))
        case = self.cases[signed.reading.obligation]
        self.cases[signed.reading.obligation] = _ADMIT[line["by"]](case, signed, line["time_ns"])

    def _take_settled(self, line: Line) -> None:
        self.settlement, self.settled_ns = line, line["time_ns"]
        self.stage = Stage.SETTLED
        self._take_plan(line)

    def _take_plan(self, line: Line) -> None:
        for row in line["plan"]:
            posting = Posting(*row)
            self.postings[posting.item] = posting
            self.plan.append(posting.item)
            self._planned.add(posting.item)
            self.due_microusd[posting.account] += posting.kept_microusd
