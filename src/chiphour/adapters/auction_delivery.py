"""AUCTION_DELIVERY: readings come in, cases become final, delivery is settled, receipts are given.

Takes   signed readings, with who sent them; public keys of meters; the market time.
Gives   `Deliverer`: `set_meter`, `read`, `tend` (what is due), `settle`, `receipts`.
Keeps   a reading believed for its signature alone, and only by whose it is. What an account owes is
        reserved before it is planned: what is planned can be paid. A settlement is written before
        any of it is paid, and is paid once.
Source  docs/formulation/runs.md, sections 3, 4, 8 and 9, equations 4 to 9 and 17 to 22.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from chiphour.adapters.auction_plan import COLLATERAL_ITEM
from chiphour.adapters.auction_plan import settlement_plan
from chiphour.adapters.auction_run import BUYER
from chiphour.adapters.auction_run import MARKET
from chiphour.adapters.auction_run import METER_ACCOUNT
from chiphour.adapters.auction_run import SUPPLIER
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auction_run import Stage
from chiphour.adapters.auctioneer import RETRY_NS
from chiphour.adapters.auctioneer import Auctioneer
from chiphour.adapters.auctioneer import check_stage
from chiphour.adapters.cashier import free_microusd
from chiphour.adapters.door import WishRefused
from chiphour.auction.award import GUARANTEE_ACCOUNT
from chiphour.auction.delivery import Case
from chiphour.auction.delivery import State
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import disputed
from chiphour.auction.delivery import probed
from chiphour.auction.delivery import submitted
from chiphour.auction.delivery import to_json as case_to_json
from chiphour.auction.fields import ACCOUNT_MEMBER_LEAST
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import GateRefused
from chiphour.auction.meter import Signed
from chiphour.auction.meter import check_signature
from chiphour.auction.meter import from_json as reading_from_json
from chiphour.auction.meter import is_known
from chiphour.auction.meter import to_json as reading_to_json
from chiphour.auction.obligations import Obligation
from chiphour.auction.positions import Position
from chiphour.auction.receipt import receipt
from chiphour.auction.receipt import terms
from chiphour.auction.record import json_value
from chiphour.auction.settle import Payment
from chiphour.auction.settle import cover_defaults
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import totals_microusd
from chiphour.auction.shortfall import Delivery
from chiphour.auction.shortfall import cut_penalties
from chiphour.auction.shortfall import metered_of
from chiphour.auction.shortfall import penalties
from chiphour.auction.shortfall import sure_totals_microusd
from chiphour.exchange.engine import Account
from chiphour.index.note import ED25519
from chiphour.index.note import VerifierKey
from chiphour.index.note import is_signed_by
from chiphour.observe.observation import MarketError
from chiphour.units import text_from_microusd

PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")
CALLS_MAX = 3  # How often an account is asked for what it lacks, should it move meanwhile.
log = logging.getLogger(__name__)


class Settled(NamedTuple):
    """A receipt, and all that it can be worked out again from."""

    obligation: str
    receipt: bytes
    case: bytes
    keys: dict[int, str]


class Deliverer:
    """Takes what was delivered and settles it. Any thread may call."""

    def __init__(self, auctioneer: Auctioneer) -> None:
        """Begin; it changes the auctioneer's runs, in turn with it."""
        self._auctioneer = auctioneer
        self._auctions = auctioneer.auctions
        self._floor = auctioneer.floor
        self._retry_ns: dict[int, int] = {}

    def set_meter(self, account: int, key: str) -> None:
        """Keep the public key with which an account's readings are signed, in hexadecimal.

        Raises RequestMalformed for another text, GateRefused while a case has readings by the key
        that it would replace.
        """
        if not PUBLIC_KEY.fullmatch(key):
            raise RequestMalformed("ed25519: expected 64 hexadecimal digits in lower case")
        with self._auctions.turn:
            known = self._auctions.meter_keys().get(account)
            if known and known.hex() != key and self._has_read(account):
                raise GateRefused(
                    "ed25519: expected the key of the readings of cases that are not settled, "
                    "found another"
                )
            self._auctions.set_meter(account, key)

    def read(self, account: int, number: int, body: bytes, role: str) -> Case:
        """Take a reading: the supplier's, the buyer's that disputes one, or the market's.

        Gives the case after it. Raises RequestMalformed for one that is late, unfit or not signed
        by the account's meter.
        """
        signed = reading_from_json(body)
        with self._auctions.turn:
            run = self._auctioneer.run(number)
            check_stage(run, Stage.CLEARED, Stage.SETTLED)
            now_ns = self._floor.now_ns()
            case = run.case_at(signed.reading.obligation, now_ns)
            if case is None or account not in (*_parties(case), METER_ACCOUNT):
                raise RequestMalformed(
                    "reading.obligation: expected the hash of one of your obligations in this run, "
                    "found another"
                )
            if signed.reading.account != account:
                raise RequestMalformed(
                    f"reading.account: expected {account}, found {signed.reading.account}"
                )
            check_signature(signed, self._auctions.meter_keys(), verify)
            admitted = _admitted(case, signed, role, now_ns)
            if not is_known(_readings(case, role), signed.reading):
                reading = json_value(reading_to_json(signed), "reading")
                run.append({"what": "reading", "by": role, "time_ns": now_ns, "reading": reading})
            return admitted

    def tend(self) -> None:
        """Settle every delivery whose cases are all final; a fault of one holds up no other."""
        now_ns = self._floor.now_ns()
        for run in self._auctions.ranked():
            if not self.is_due(run, now_ns) or self._retry_ns.get(run.run, 0) > now_ns:
                continue
            try:
                self.settle(run.run)
            except (MarketError, OSError) as fault:
                self._retry_ns[run.run] = now_ns + RETRY_NS
                log.error("auction run %d: %s", run.run, fault)

    def is_due(self, run: AuctionRun, now_ns: int) -> bool:
        """Tell whether a run's delivery can be settled, or what was planned is not all paid."""
        if run.stage is Stage.SETTLED:
            return bool(run.due)
        waits = run.stage is not Stage.CLEARED or not run.delivers or now_ns < run.to_ns
        return not waits and all(
            advanced(case, now_ns).state is State.FINAL for case in run.cases.values()
        )

    def settle(self, number: int) -> AuctionRun:
        """Settle the delivery of a run, once; raises GateRefused before its cases are final."""
        with self._auctions.turn:
            run = self._auctioneer.run(number)
            check_stage(run, Stage.CLEARED, Stage.SETTLED)
            if run.stage is Stage.CLEARED:
                now_ns = self._floor.now_ns()
                if not self.is_due(run, now_ns):
                    raise GateRefused("run: expected a delivery whose cases are all final")
                self._auctioneer.post(run)
                self._settle(run, now_ns)
            self._auctioneer.post(run)
            return run

    def receipts(self, number: int, account: int | None) -> list[Settled]:
        """Give the receipts of an account's obligations, or of all; none before settlement."""
        with self._auctions.turn:
            run = self._auctioneer.run(number)
            if run.stage is not Stage.SETTLED:
                return []
            prices = self._auctions.last_prices(run.run)
            keys = {int(each): key for each, key in run.settlement["keys"].items()}
            found = []
            for name, case in run.cases.items():
                final, parties = advanced(case, run.settled_ns), _parties(case)
                if account is not None and account not in parties:
                    continue
                by = terms(run.rules.tiers, final, prices, run.rules.penalty)
                signers = (*parties, METER_ACCOUNT)
                shown = {each: keys[each] for each in signers if each in keys}
                found.append(Settled(name, receipt(final, by), case_to_json(final), shown))
            return found

    def _settle(self, run: AuctionRun, now_ns: int) -> None:
        """Plan a settlement and write it: who pays what, who defaulted, what goes back."""
        held = self._auctions.open_positions()
        own = [each for each in held if _is_delivered(each, run)]
        payments = self._payments(run, own, now_ns)
        self._collect(run, payments)
        kept = {each: self._auctions.collateral_microusd(each) for each in self._accounts(payments)}
        payments = cut_penalties(payments, kept)
        fund_microusd = self._cash_microusd(GUARANTEE_ACCOUNT)
        covering, defaults = cover_defaults(
            run.run, payments, kept, GUARANTEE_ACCOUNT, fund_microusd
        )
        left = [each for each in held if not _is_delivered(each, run)]
        ahead = self._auctions.paid_ahead_microusd(left)
        plan = settlement_plan(
            (*payments, *covering),
            run.run,
            kept,
            lambda account: (
                self._auctions.needed_microusd(account, left, run) + ahead.get(account, 0)
            ),
            run.next_item(COLLATERAL_ITEM),
        )
        totals = totals_microusd((*payments, *covering))
        run.append(
            {
                "what": "settled",
                "time_ns": now_ns,
                "plan": [list(each) for each in plan],
                "totals": {str(each): text_from_microusd(due) for each, due in totals.items()},
                "defaults": [list(each) for each in defaults],
                "keys": {str(a): key.hex() for a, key in self._auctions.meter_keys().items()},
            }
        )

    def _payments(self, run: AuctionRun, own: list[Position], now_ns: int) -> tuple[Payment, ...]:
        """Give what delivery and what was not delivered cost (equations 4 and 8)."""
        owed = [row for case in run.cases.values() for row in deliveries(advanced(case, now_ns))]
        owed += [row for each in run.passed for row in _passed(each)]
        tiers, prices = run.rules.tiers, self._auctions.last_prices(run.run)
        metered = metered_of(owed, tiers)
        due = settle_delivery(run.run, own, metered, prices)
        return (*due, *penalties(run.run, owed, tiers, prices, run.rules.penalty))

    def _collect(self, run: AuctionRun, payments: tuple[Payment, ...]) -> None:
        """Reserve what members owe beyond their collateral, as far as they have it."""
        for account, total in sure_totals_microusd(payments).items():
            if account < ACCOUNT_MEMBER_LEAST:
                continue
            for _ in range(CALLS_MAX):
                short = -total - self._auctions.collateral_microusd(account)
                short = min(short, self._free_microusd(account))
                if short <= 0:
                    break
                with suppress(WishRefused):  # It moved meanwhile: ask for what there is now.
                    self._auctioneer.call(run, account, short)

    def _accounts(self, payments: tuple[Payment, ...]) -> list[int]:
        """Give the members that pay or have collateral: others of the market's are never short."""
        payers = {each for each, total in sure_totals_microusd(payments).items() if total < 0}
        members = {each for each in payers if each >= ACCOUNT_MEMBER_LEAST}
        return sorted(members | self._auctions.holders())

    def _free_microusd(self, account: int) -> int:
        found: Account | None = self._floor.ask(lambda engine: engine.account(account))
        return 0 if found is None else free_microusd(found)

    def _cash_microusd(self, account: int) -> int:
        rows = self._floor.ask(lambda engine: engine.sections().accounts)
        return sum(int(row[2]) for row in rows.tolist() if row[0] == account)

    def _has_read(self, account: int) -> bool:
        """Tell whether a case that is not settled has readings of an account."""
        return any(
            signed.reading.account == account
            for run in self._auctions.cleared()
            if run.stage is Stage.CLEARED
            for case in run.cases.values()
            for signed in (*case.readings, *case.counters, *case.probes)
        )


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature is the key's, by Ed25519."""
    return is_signed_by(VerifierKey("meter", ED25519, key), message, signature)


def _admitted(case: Case, signed: Signed, role: str, now_ns: int) -> Case:
    """Give the case with a reading of one side; raises RequestMalformed."""
    owed = case.obligation
    sides = {
        SUPPLIER: (owed.supplier, submitted),
        BUYER: (owed.buyer, disputed),
        MARKET: (case.meter_account, probed),
    }
    account, admit = sides[role]
    if signed.reading.account != account:
        raise RequestMalformed(f"reading: expected one of the {role}, found another side's")
    return admit(case, signed, now_ns)


def _readings(case: Case, role: str) -> tuple[Signed, ...]:
    return {SUPPLIER: case.readings, BUYER: case.counters, MARKET: case.probes}[role]


def _parties(case: Case) -> tuple[int, int]:
    return case.obligation.supplier, case.obligation.buyer


def _passed(owed: Obligation) -> Iterator[Delivery]:
    """Yield what came over an arc: as much as was sent at its other end, where it is metered."""
    for hour, awarded in enumerate(owed.awarded_hundredths):
        yield Delivery(owed.hash, owed.supplier, owed.buyer, *owed.slot(hour), awarded, awarded)


def _is_delivered(position: Position, run: AuctionRun) -> bool:
    """Tell whether a position is of the hours and products that a run delivers."""
    is_its = position.product in run.grid.product_numbers
    return is_its and run.from_ns <= position.hour_ns < run.to_ns
