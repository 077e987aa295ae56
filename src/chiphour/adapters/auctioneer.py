"""AUCTIONEER: runs are announced, bids come in with money behind them, gates close, runs clear.

Takes   what members and the operator ask, a market whose ledger holds the money, a solver.
Gives   `Auctioneer`: `create`, `bid`, `tend` (what is due), `clear`, `cancel`, `explain`.
Keeps   no bid that counts without its collateral in the ledger, and no collateral kept for nothing:
        money moves first, then the bid is written, and what a stop left over is given back.
        What is cleared was written before any of it is paid, and is paid once, by run and item.
Source  docs/formulation/runs.md, sections 6 and 12; decision 0039.

    RequestMalformed
    └── GateRefused             (auction/gate.py) what may not be done as things stand
        └── RunUnknown          no run has this number
    MarketError
    ├── WishRefused             (door.py) money that is not there
    └── ClearingBusy            somebody else's solving is not done
"""

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol
from typing import TypeVar

from chiphour.adapters.auction_backed import oversold
from chiphour.adapters.auction_backed import unbacked
from chiphour.adapters.auction_file import Line
from chiphour.adapters.auction_file import write_file
from chiphour.adapters.auction_limits import earned
from chiphour.adapters.auction_limits import exposure_refusal
from chiphour.adapters.auction_limits import virtual_refusal_of
from chiphour.adapters.auction_plan import COLLATERAL_ITEM
from chiphour.adapters.auction_plan import award_plan
from chiphour.adapters.auction_plan import release_plan
from chiphour.adapters.auction_published import is_published
from chiphour.adapters.auction_published import publish
from chiphour.adapters.auction_run import GUARDED_FILE
from chiphour.adapters.auction_run import RESULT_FILE
from chiphour.adapters.auction_run import RUN_FILE
from chiphour.adapters.auction_run import SEALED_FILE
from chiphour.adapters.auction_run import SUMMARY_FILE
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auction_run import Posting
from chiphour.adapters.auction_run import Stage
from chiphour.adapters.auction_terms import check_place
from chiphour.adapters.auction_terms import created_line
from chiphour.adapters.auctions import Auctions
from chiphour.adapters.auctions import pools_of
from chiphour.adapters.cashier import free_microusd
from chiphour.adapters.door import WishRefused
from chiphour.adapters.door import check_taken
from chiphour.adapters.members import MEMBER
from chiphour.adapters.members import Members
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.award import Award
from chiphour.auction.bids import Bid
from chiphour.auction.clear import clear
from chiphour.auction.explain import explain
from chiphour.auction.gate import WITHDRAW
from chiphour.auction.gate import BidUnknown
from chiphour.auction.gate import Entry
from chiphour.auction.gate import GateRefused
from chiphour.auction.gate import Request
from chiphour.auction.gate import reserved_microusd
from chiphour.auction.gate import run_id
from chiphour.auction.guarding import to_json as to_guarded
from chiphour.auction.instance import Instance
from chiphour.auction.instance import bid_hash
from chiphour.auction.instance import canonical
from chiphour.auction.instance import read_run
from chiphour.auction.instance import to_json
from chiphour.auction.mitigation import Mitigated
from chiphour.auction.mitigation import cleared_with_guards
from chiphour.auction.obligations import obligations_of
from chiphour.auction.obligations import to_json as obligation_to_json
from chiphour.auction.pairs import Party
from chiphour.auction.positions import positions_after
from chiphour.auction.record import json_value
from chiphour.auction.result import to_json as result_to_json
from chiphour.auction.trades import trades
from chiphour.auction.workload import KIND as BUY_KIND
from chiphour.auction.workload import Workload
from chiphour.day import transfer_commands
from chiphour.exchange.compose import Rows
from chiphour.exchange.engine import Engine
from chiphour.exchange.reasons import Reason
from chiphour.observe.observation import MarketError
from chiphour.publish.auction_guards import guard_findings
from chiphour.publish.auction_guards import guard_summary
from chiphour.publish.auction_run import run_summary
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd

SOLVE_S_MAX = 60.0
EXPLAIN_S_MAX = 20.0  # A clearing does not wait for it, but may have to share the machine with it.
ROWS_EACH = 256  # Of one submission.
RETRY_NS = NS_PER_MINUTE  # After a run that could not be cleared or settled; it doubles ...
DOUBLINGS_MAX = 6  # ... to an hour: a run that no limit suffices for takes no more of the machine.
SALT_BYTES = 32
T = TypeVar("T")
log = logging.getLogger(__name__)


class RunUnknown(GateRefused):
    """No run has this number."""


class ClearingBusy(MarketError):
    """Somebody else's solving is not done: it may be asked again soon."""


class Floor(Protocol):
    """What the auctioneer needs of a market."""

    def submit(self, rows: Rows, private: bytes = b"") -> Rows:
        """Journal and apply commands; give their events, heard by all."""

    def ask(self, question: Callable[[Engine], T]) -> T:
        """Ask the exchange between two groups of commands."""

    def now_ns(self) -> int:
        """Give the market time."""


class Auctioneer:
    """Acts on the runs. Any thread may call; those that change something take turns."""

    def __init__(self, auctions: Auctions, floor: Floor, members: Members) -> None:
        """Begin; `auctions` and `members` must hear of all that `floor` does."""
        self.auctions = auctions
        self.floor = floor
        self._members = members
        self._solving = threading.Lock()
        self._explaining = threading.Lock()  # One of its own: whoever asks holds up no clearing.
        self._retry_ns: dict[int, int] = {}
        self._failed: dict[int, int] = {}

    # -- announcing ------------------------------------------------------------------------------

    def create(self, terms: Mapping[str, Any]) -> AuctionRun:
        """Announce a run; raises RequestMalformed, GateRefused."""
        with self.auctions.turn:
            line = created_line(terms, self.floor.now_ns(), secrets.token_hex(SALT_BYTES))
            number = check_place(self.auctions, line)
            return self.auctions.create(number, line)

    def run(self, number: int) -> AuctionRun:
        """Give a run; raises RunUnknown."""
        found = self.auctions.runs.get(number)
        if found is None:
            raise RunUnknown(f"run: expected one of /api/auction/runs, found {number}")
        return found

    # -- the gate --------------------------------------------------------------------------------

    def bid(
        self, account: int, action: str, number: int, bid_id: str, body: Mapping[str, Any]
    ) -> Entry:
        """Take a bid, its change or its withdrawal; give the entry.

        Raises RequestMalformed, GateRefused, and WishRefused where the account lacks the money:
        then nothing changes.
        """
        with self.auctions.turn:
            run = self.run(number)
            check_stage(run, Stage.OPEN)
            entry = run.gate.judge(Request(self.floor.now_ns(), action, account, bid_id, body))
            if entry.sequence > len(run.gate.entries):
                if action != WITHDRAW:
                    self._check_limits(run, entry)
                short = run.gate.owed_with_microusd(entry) - run.kept_microusd.get(account, 0)
                if short > 0:
                    self._check_free(account, short)
                    self._move(run, Posting(0, account, account, COLLATERAL_ACCOUNT, short))
                run.append(_entry_line(entry))
            self._give_back(run, account)
            return entry

    def validate(self, account: int, number: int, body: Mapping[str, Any]) -> tuple[str, int]:
        """Give the hash of a bid and what it must have behind it; nothing is stored.

        Raises RequestMalformed with the field at fault.
        """
        gate = self.run(number).gate
        named = body.get("id")
        bid_id = named if isinstance(named, str) else ""
        bid = gate.read(Request(0, "submit", account, bid_id, body))
        return bid_hash(bid, gate.empty.grid), reserved_microusd(bid, gate.empty)

    # -- what is due -----------------------------------------------------------------------------

    def tend(self) -> None:
        """Do all that is due now: close gates, clear, pay. A fault of one run holds up no other."""
        now_ns = self.floor.now_ns()
        for run in self.auctions.ranked():
            if run.is_done or self._retry_ns.get(run.run, 0) > now_ns:
                continue
            try:
                self._tend(run, now_ns)
            except ClearingBusy:  # It is no fault of this run: its turn comes next.
                continue
            except (MarketError, OSError) as fault:
                failed = self._failed[run.run] = self._failed.get(run.run, 0) + 1
                self._retry_ns[run.run] = now_ns + (RETRY_NS << min(failed - 1, DOUBLINGS_MAX))
                log.error("auction run %d: %s", run.run, fault)

    def recover(self) -> None:
        """Do what a stop left undone: postings of plans, collateral that nothing needs."""
        with self.auctions.turn:
            for run in self.auctions.ranked():
                try:
                    self._recover(run)
                except MarketError as fault:  # The market opens; it is tried again.
                    log.error("auction run %d: %s", run.run, fault)

    def clear(self, number: int) -> AuctionRun:
        """Clear a run whose gate has closed; what is cleared already is paid, if it is not yet.

        Raises GateRefused, ClearingFailed, SolverTimedOut, ClearingBusy.
        """
        run = self.run(number)
        self._close(run, self.floor.now_ns())
        if not self._solving.acquire(blocking=False):
            raise ClearingBusy("auction: expected a solver that is free, found it at work")
        try:
            if run.stage is Stage.CLOSED:
                self._clear(run)
        finally:
            self._solving.release()
        with self.auctions.turn:
            check_stage(run, Stage.CLEARED, Stage.SETTLED)
            self.post(run)
        return run

    def cancel(self, number: int) -> AuctionRun:
        """Call a run off that is not cleared: all collateral goes back. Raises GateRefused."""
        with self.auctions.turn:
            run = self.run(number)
            check_stage(run, Stage.OPEN, Stage.CLOSED, Stage.CANCELLED)
            if run.stage is not Stage.CANCELLED:
                plan = release_plan(run.kept_microusd, lambda _: 0, run.next_item(COLLATERAL_ITEM))
                run.append(
                    {"what": "cancelled", "time_ns": self.floor.now_ns(), "plan": _rows(plan)}
                )
            self.post(run)
            return run

    def explain(self, account: int, number: int, bid_id: str) -> Sequence[str]:
        """Give the sentences for a bid of an account; raises GateRefused, ClearingBusy."""
        run = self.run(number)
        check_stage(run, Stage.CLEARED, Stage.SETTLED)
        if all(entry.request.bid_id != bid_id for entry in run.gate.bids_of(account)):
            raise BidUnknown(f"bid: expected one of your own that stands, found {bid_id!r}")
        named = run_id(account, bid_id)
        for name, reason in run.refused:
            if name == named:
                return (f"{named} was left out of the run: {reason}",)
        if self._solving.locked() or not self._explaining.acquire(blocking=False):
            raise ClearingBusy("auction: expected a solver that is free, found it at work")
        try:
            with SolverProcess(EXPLAIN_S_MAX) as solver:
                return explain(run.instance, run.result, named, solver.within(EXPLAIN_S_MAX))
        finally:
            self._explaining.release()

    # -- money -----------------------------------------------------------------------------------

    def post(self, run: AuctionRun) -> None:
        """Bring the postings of a run's plan into the journal, those in before those out.

        Raises WishRefused where the ledger does not take one: the next time goes on from there.
        """
        due = run.due
        into = [each for each in due if each.target == AUCTION_ACCOUNT]
        out = [each for each in due if each.target != AUCTION_ACCOUNT]
        for postings in (into, out):
            for first in range(0, len(postings), ROWS_EACH):
                self._submit(run, postings[first : first + ROWS_EACH])

    def call(self, run: AuctionRun, account: int, short_microusd: int) -> None:
        """Reserve more of an account, as far as it has it."""
        self._move(run, Posting(0, account, account, COLLATERAL_ACCOUNT, short_microusd))

    def _move(self, run: AuctionRun, posting: Posting) -> None:
        """Write a posting with a number of its own, and bring it into the journal."""
        numbered = posting._replace(item=run.next_item(COLLATERAL_ITEM))
        run.append({"what": "posting", "posting": list(numbered)})
        self._submit(run, [numbered])

    def _submit(self, run: AuctionRun, postings: Sequence[Posting]) -> None:
        rows = transfer_commands([each.transfer(run.run) for each in postings])
        check_taken(self.floor.submit(rows))

    def _give_back(self, run: AuctionRun, account: int) -> None:
        """Give back what no bid of an account needs behind it in an open run."""
        over = run.kept_microusd.get(account, 0) - run.gate.owed_microusd(account)
        if over > 0:
            self._move(run, Posting(0, account, COLLATERAL_ACCOUNT, account, over))

    def _check_free(self, account: int, short_microusd: int) -> None:
        """Raise WishRefused for what an account has not got, before anything is written."""
        free = self._free_microusd(account)
        if free < short_microusd:
            reason = Reason.FUNDS_INSUFFICIENT
            raise WishRefused(
                f"bid: expected {text_from_microusd(short_microusd)} dollars more that may be "
                f"reserved, found {text_from_microusd(free)}: {reason.name}",
                reason,
            )

    def _free_microusd(self, account: int) -> int:
        """Give what an account may reserve now."""
        found = self.floor.ask(lambda engine: engine.account(account))
        return 0 if found is None else free_microusd(found)

    def _recover(self, run: AuctionRun) -> None:
        self.post(run)
        if run.stage in (Stage.CLEARED, Stage.SETTLED) and not is_published(run):
            self._publish(run)
        if run.stage in (Stage.OPEN, Stage.CLOSED):
            for account in sorted(run.kept_microusd):
                self._give_back(run, account)

    # -- clearing --------------------------------------------------------------------------------

    def _tend(self, run: AuctionRun, now_ns: int) -> None:
        if run.stage is Stage.OPEN and now_ns >= run.gate.terms.closes_ns:
            self._close(run, now_ns)
        if run.stage is Stage.CLOSED:
            self.clear(run.run)
        if run.due:
            with self.auctions.turn:
                self.post(run)

    def _close(self, run: AuctionRun, now_ns: int) -> None:
        """Close the gate of a run: its commitment stands from now on."""
        with self.auctions.turn:
            if run.stage is not Stage.OPEN:
                return
            closes_ns = run.gate.terms.closes_ns
            if now_ns < closes_ns:
                raise GateRefused(
                    f"run: expected its gate closed, as from {iso_from_ns(closes_ns)}, "
                    f"found {iso_from_ns(now_ns)}"
                )
            write_file(run.folder / SEALED_FILE, run.gate.sealed_json())
            commitment = run.gate.commitment()
            before = [list(each) for each in earned(self.auctions, run)]
            closed = {"what": "closed", "time_ns": now_ns, "commitment": commitment}
            run.append(closed | ({"earned": before} if before else {}))

    def _clear(self, run: AuctionRun) -> None:
        """Solve without the turn, then write and plan with it."""
        with self.auctions.turn:
            check_before(self.auctions, run)
            instance, refused = self._gathered(run)
            parties = self._party_of()
        with SolverProcess(SOLVE_S_MAX) as solver:
            cleared = cleared_with_guards(
                instance,
                run.gate.guards,
                run.cap_ticks,
                parties,
                lambda given: clear(given, solver.within(SOLVE_S_MAX)),
            )
        with self.auctions.turn:
            if run.stage is Stage.CLOSED:
                self._write(run, cleared, refused)

    def _gathered(self, run: AuctionRun) -> tuple[Instance, list[tuple[str, str]]]:
        """Read the sealed run; what cannot be read or is not backed is left out, with why."""
        sealed = run.gate.sealed()
        instance, unread = read_run(sealed)
        refused = [(each.id, each.reason) for each in unread]
        offered = self._unfit(run, instance.bids)
        if offered:
            left = [bid for bid in sealed["bids"] if bid.get("id") not in offered]
            instance, unread = read_run({**sealed, "bids": left})
            refused = [(each.id, each.reason) for each in unread] + sorted(offered.items())
        return instance, refused

    def _write(
        self, run: AuctionRun, cleared: Mitigated, refused: Sequence[tuple[str, str]]
    ) -> None:
        """Write the files, then the line with the plan: from here on it is cleared."""
        instance, result = cleared.instance, cleared.result
        self._check_sponsor(result.award)
        refused = [*refused, *cleared.refused]
        body = result_to_json(instance, result)
        guards = guard_summary(cleared, run.grid.cap_ticks, run.earned)
        summary = run_summary(instance, result, len(refused), guards)
        write_file(run.folder / GUARDED_FILE, to_guarded(cleared.applied, guard_findings(cleared)))
        write_file(run.folder / RUN_FILE, to_json(instance))
        write_file(run.folder / RESULT_FILE, body)
        write_file(run.folder / SUMMARY_FILE, canonical(summary))
        traded = trades(instance, result)
        held = self.auctions.open_positions(traded)
        award = hashlib.sha256(body).hexdigest()
        obligations: list[Any] = []
        if run.delivers:
            own = [p for p in held if p.product in run.grid.product_numbers]
            own = [p for p in own if run.from_ns <= p.hour_ns < run.to_ns]
            pools = self.auctions.pools() | pools_of(instance, result)
            pools |= {(run.gate.empty.rent_account, name): "arc" for name in _products(own)}
            obligations = [
                json_value(obligation_to_json(each), "obligation")
                for each in obligations_of(award, own, pools, run.grid.slot_minutes)
            ]
        accounts = sorted({*run.kept_microusd, *(part.account for part in result.award.parts)})
        kept = {
            account: self.auctions.collateral_microusd(account) + run.kept_microusd.get(account, 0)
            for account in accounts
        }
        ahead = self.auctions.paid_ahead_microusd(held, traded)
        plan = award_plan(
            result.transfers,
            kept,
            lambda account: (
                self.auctions.needed_microusd(account, held, run) + ahead.get(account, 0)
            ),
            run.next_item(COLLATERAL_ITEM),
            accounts,
        )
        run.append(
            {
                "what": "cleared",
                "time_ns": self.floor.now_ns(),
                "award": award,
                "refused": [list(each) for each in refused],
                "obligations": obligations,
                "plan": _rows(plan),
            }
        )
        self._publish(run)

    def _check_sponsor(self, award: Award) -> None:
        """Raise WishRefused where the sponsor cannot pay: before anything is written.

        The run stays closed. It is tried again, or called off.
        """
        if award.sponsor_account is None or not award.sponsor_microusd:
            return
        free = self._free_microusd(award.sponsor_account)
        if free < award.sponsor_microusd:
            reason = Reason.FUNDS_INSUFFICIENT
            expected = f"{text_from_microusd(award.sponsor_microusd)} dollars in account"
            raise WishRefused(
                f"sponsor: expected {expected} {award.sponsor_account}, found "
                f"{text_from_microusd(free)}: {reason.name}",
                reason,
            )

    def _publish(self, run: AuctionRun) -> None:
        """Hand on prices and sales, to the index and the forward curve."""
        before = positions_after(self.auctions.trades(), run.run - 1)
        parties = {
            each.account: Party(each.name, str(each.group), each.label != MEMBER)
            for each in self._members.all()
        }
        publish(run, list(before), parties)

    def _check_limits(self, run: AuctionRun, entry: Entry) -> None:
        """Raise GateRefused for a bid that may not stand beside its account's others."""
        request, gate = entry.request, run.gate
        if request.body["kind"] != BUY_KIND:
            bids = [gate.read(request), *gate.beside(entry)]
            if reason := self._unfit(run, bids).get(run_id(request.account, request.bid_id)):
                raise GateRefused(f"bid: {reason}")
            return
        if gate.guards is None or not gate.guards.exposure:
            return
        money = run.kept_microusd.get(request.account, 0) + self._free_microusd(request.account)
        held, wanted = self.auctions.open_positions(), gate.open_with_hundredths(entry)
        if reason := exposure_refusal(run, request.account, wanted, held, money):
            raise GateRefused(f"bid: {reason}")

    def _unfit(self, run: AuctionRun, bids: Sequence[Bid]) -> dict[str, str]:
        """Give the bids that nothing backs, or that bet on what they move, by id, with why."""
        if all(isinstance(bid, Workload) for bid in bids):
            return {}
        held = self.auctions.open_positions()
        return (
            virtual_refusal_of(run, bids, held, self._party_of())
            | oversold(bids, self.auctions.cleared(), run)
            | unbacked(bids, held, run)
        )

    def _party_of(self) -> dict[int, str]:
        """Give who controls each account: one name for all accounts of a member."""
        return {each.account: f"member {each.group}" for each in self._members.all()}


def check_stage(run: AuctionRun, *stages: Stage) -> None:
    """Raise GateRefused unless a run is at one of these stages."""
    if run.stage not in stages:
        raise GateRefused(f"run: expected one {' or '.join(stages)}, found it {run.stage}")


def check_before(auctions: Auctions, run: AuctionRun) -> None:
    """Raise GateRefused while a run before this one, of the same hours, is not cleared."""
    for other in auctions.ranked():
        if (
            other.run < run.run
            and other.overlaps(run)
            and other.stage
            in (
                Stage.OPEN,
                Stage.CLOSED,
            )
        ):
            raise GateRefused(f"run: expected run {other.run} cleared before it, found it not")


def _entry_line(entry: Entry) -> Line:
    request = entry.request
    return {
        "what": "entry",
        "sequence": entry.sequence,
        "time_ns": request.time_ns,
        "action": request.action,
        "account": request.account,
        "bid": request.bid_id,
        "body": dict(request.body),
        "hash": entry.hash,
        "reserved_microusd": entry.reserved_microusd,
    }


def _rows(plan: Iterable[Posting]) -> list[list[int]]:
    return [list(posting) for posting in plan]


def _products(held: Iterable[Any]) -> set[str]:
    return {position.product for position in held}
