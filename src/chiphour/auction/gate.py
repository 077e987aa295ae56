"""GATE: bids come in, change and are withdrawn until the gate closes; then nothing changes.

Takes   the terms of a run, and what members ask of it, one after another, with a time.
Gives   `Gate`, a fold of `Entry`s: the bids that stand, what each account must have reserved; the
        sealed run and the commitment that is published at closure.
Keeps   bids sealed: of others a member learns nothing before the run is cleared, not even which
        ids they use, nor by what is refused: what a bid is answered depends on no other account's.
        A request that is refused changes nothing; the same one again changes nothing.
Source  docs/formulation/runs.md, section 12; decision 0039.

A member's ids are its own: in the sealed run a bid's id is `ACCOUNT.ID`. The commitment is salted:
who guesses at a run of few bids cannot try its guess on the hash.

    RequestMalformed        a bid that cannot be read
    └── GateRefused         what may not be done: too early, too late, too many
        └── BidUnknown      a bid that does not stand, or is another's
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from typing import NamedTuple

from chiphour.auction.bids import Bid
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.fields import NAME
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.guard_rules import GuardRules
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.held import Context
from chiphour.auction.held import Offered
from chiphour.auction.instance import BIDS_MAX
from chiphour.auction.instance import POOL_KINDS
from chiphour.auction.instance import Instance
from chiphour.auction.instance import bid_hash
from chiphour.auction.instance import canonical
from chiphour.auction.instance import read_bid
from chiphour.auction.pool import Pool
from chiphour.auction.workload import KIND as BUY_KIND
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import iso_from_ns

SUBMIT, AMEND, WITHDRAW = "submit", "amend", "withdraw"
ACTIONS = (SUBMIT, AMEND, WITHDRAW)
MEMBER_KINDS = (BUY_KIND, *POOL_KINDS, "virtual")  # A reserve curve is the operator's alone.
BIDS_EACH_MAX = 500  # Of one account that stand at once, ...
ENTRIES_EACH_MAX = 10_000  # ... its entries in all, ...
BYTES_EACH_MAX = 16 << 20  # ... and their bids as they are written: all are kept, in memory too.
ID_LENGTH_MAX = 48  # Of a member's own: its account's number comes before it.
SUPPLY_MARGIN_PPM = 100_000  # Of what a pool may earn at its dearest block: see reserved_microusd.


class GateRefused(RequestMalformed):
    """What a member asked of a run that it may not have: too early, too late, too many."""


class BidUnknown(GateRefused):
    """A bid that does not stand, or is another's."""


class Terms(NamedTuple):
    """When a run's gate opens and closes, and when what was sealed is disclosed, in UTC ns.

    `settings`: the run as `instance.run_fields` writes it, its bids those of the operator.
    `guards`: its guard rails as `guard_rules` writes them, or None; they are sealed with the bids.
    """

    settings: Mapping[str, Any]
    opens_ns: int
    closes_ns: int
    discloses_ns: int
    salt: str
    guards: Mapping[str, Any] | None = None


class Request(NamedTuple):
    """What a member asks at a time. `body` is the bid as it was sent, or {} to withdraw it."""

    time_ns: int
    action: str
    account: int
    bid_id: str
    body: Mapping[str, Any]


class Entry(NamedTuple):
    """One accepted request, and what it did: the hash that the bid has in the run, or "".

    `reserved_microusd` is what this bid alone must have behind it.
    """

    sequence: int
    request: Request
    hash: str
    reserved_microusd: int


class Gate:
    """The door of one run: a fold of entries. `judge` decides, `add` changes."""

    def __init__(self, terms: Terms, empty: Instance) -> None:
        """Begin without members' bids; `empty` is the run as the terms alone make it."""
        self.terms = terms
        self.empty = empty
        self.guards: GuardRules | None = None
        if terms.guards is not None:
            self.guards = read_guards(terms.guards, "guards", empty.grid)
        self.entries: list[Entry] = []
        self._standing: dict[int, dict[str, Entry]] = defaultdict(dict)
        self._counts: dict[int, int] = defaultdict(int)
        self._bytes: dict[int, int] = defaultdict(int)
        self._bids: dict[str, Bid] = {}  # Those that stand, as far as they were read again.
        self._open: dict[str, int] = {}  # What those that stand could buy, as far as asked.

    def judge(self, request: Request) -> Entry:
        """Give the entry that a request makes, or the one it made before; changes nothing.

        Raises GateRefused, or RequestMalformed with the field at fault.
        """
        now = self._standing.get(request.account, {}).get(request.bid_id)
        if now and request.action != WITHDRAW and now.request.body == request.body:
            return now
        self._refuse(request, now)
        if request.action == WITHDRAW:
            return Entry(len(self.entries) + 1, request._replace(body={}), "", 0)
        bid = self.read(request)
        hashed, reserved = bid_hash(bid, self.empty.grid), reserved_microusd(bid, self.empty)
        return Entry(len(self.entries) + 1, request, hashed, reserved)

    def add(self, entry: Entry) -> None:
        """Take an entry that `judge` gave; one that is there already changes nothing."""
        if entry.sequence <= len(self.entries):
            return
        assert entry.sequence == len(self.entries) + 1
        request = entry.request
        self.entries.append(entry)
        self._counts[request.account] += 1
        self._bytes[request.account] += len(canonical(request.body))
        named = run_id(request.account, request.bid_id)
        self._bids.pop(named, None)
        self._open.pop(named, None)
        if request.action == WITHDRAW:
            del self._standing[request.account][request.bid_id]
        else:
            self._standing[request.account][request.bid_id] = entry

    def owed_microusd(self, account: int) -> int:
        """Give what an account must have reserved for all of its bids that stand."""
        return sum(entry.reserved_microusd for entry in self.bids_of(account))

    def owed_with_microusd(self, entry: Entry) -> int:
        """Give what its account must have reserved once an entry is taken."""
        request = entry.request
        now = self._standing.get(request.account, {}).get(request.bid_id)
        before = 0 if now is None else now.reserved_microusd
        return self.owed_microusd(request.account) - before + entry.reserved_microusd

    def bids_of(self, account: int) -> tuple[Entry, ...]:
        """Give an account's own bids that stand; nobody learns another's before clearing."""
        return tuple(self._standing.get(account, {}).values())

    def beside(self, entry: Entry) -> list[Bid]:
        """Give what an account's other bids that stand offer or bet; what they buy is not read.

        Each is read once, however many entries come: a member could hold up the door else.
        """
        found = []
        for other in self.bids_of(entry.request.account):
            request = other.request
            if request.bid_id != entry.request.bid_id and request.body["kind"] != BUY_KIND:
                named = run_id(request.account, request.bid_id)
                if named not in self._bids:
                    self._bids[named] = self.read(request)
                found.append(self._bids[named])
        return found

    def open_with_hundredths(self, entry: Entry) -> int:
        """Give the most chip-hours that an account's bids could buy once an entry is taken."""
        total = self._open_hundredths(entry.request)
        for other in self.bids_of(entry.request.account):
            request = other.request
            if request.bid_id != entry.request.bid_id:
                named = run_id(request.account, request.bid_id)
                if named not in self._open:
                    self._open[named] = self._open_hundredths(request)
                total += self._open[named]
        return total

    @property
    def accounts(self) -> tuple[int, ...]:
        """Give the accounts that ever bid, in order."""
        return tuple(sorted(self._counts))

    @property
    def bids(self) -> int:
        """Count the bids that stand."""
        return sum(map(len, self._standing.values()))

    def sealed(self) -> dict[str, Any]:
        """Give the run with all bids that stand, as `instance.read_run` takes it."""
        bids = [
            _in_run(entry.request)
            for account in self.accounts
            for _, entry in sorted(self._standing[account].items())
        ]
        settings = self.terms.settings
        return {**settings, "bids": [*settings["bids"], *bids]}

    def sealed_json(self) -> bytes:
        """Write what the commitment is the hash of: the sealed run, its guard rails, its salt."""
        return sealed_json(self.sealed(), self.terms.salt, self.terms.guards)

    def commitment(self) -> str:
        """Give the SHA-256 of the sealed run: published at closure, proved at disclosure."""
        return hashlib.sha256(self.sealed_json()).hexdigest()

    def read(self, request: Request) -> Bid:
        """Read a request's bid beside pools that would do for it; raises RequestMalformed.

        Whether there is such a pool is told when the run is cleared: a refusal now would tell what
        others offer, and a few of them how much.
        """
        fields = Fields(request.body, "bid")
        kind, named, account = (fields.peek(name) for name in ("kind", "id", "account"))
        if kind not in MEMBER_KINDS:
            raise fields.refuse("kind", " or ".join(sorted(MEMBER_KINDS)), kind)
        if named != request.bid_id or len(request.bid_id) > ID_LENGTH_MAX:
            expected = f"{request.bid_id!r}, of at most {ID_LENGTH_MAX} characters"
            raise fields.refuse("id", expected, named)
        if not NAME.fullmatch(request.bid_id):  # No address leads to one that is "" or "..".
            expected = "a name of letters, digits and . _ : -, a letter or digit first"
            raise fields.refuse("id", expected, named)
        if account is not None and account != request.account:
            raise fields.refuse("account", f"{request.account}, or none", account)
        context = supposed(self.empty.grid, request.body)
        return read_bid(_in_run(request), "bid", context, self.empty.kind)

    def _open_hundredths(self, request: Request) -> int:
        if request.body["kind"] != BUY_KIND:
            return 0
        bid = self.read(request)
        assert isinstance(bid, Workload)
        return bid.open_hundredths(supposed(self.empty.grid, request.body))

    def _refuse(self, request: Request, now: Entry | None) -> None:
        """Raise on the first reason to refuse, in this order."""
        time_ns, action, account, bid_id, _ = request
        if action not in ACTIONS:
            raise GateRefused(f"action: expected {', '.join(ACTIONS)}, found {action!r}")
        if time_ns < self.terms.opens_ns:
            raise _untimely("from its opening on", self.terms.opens_ns, time_ns)
        if time_ns >= self.terms.closes_ns:
            raise _untimely("before its gate closes", self.terms.closes_ns, time_ns)
        if action != SUBMIT and now is None:
            raise BidUnknown(f"bid: expected one of your own that stands, found {bid_id!r}")
        if action == SUBMIT and now is not None:
            raise GateRefused(
                f"bid: expected an id that you do not use, found {bid_id!r}: amend it"
            )
        if now is None and self.bids >= BIDS_MAX:
            raise GateRefused(f"run: expected at most {BIDS_MAX} bids, found as many")
        if now is None and len(self.bids_of(account)) >= BIDS_EACH_MAX:
            raise GateRefused(f"run: expected at most {BIDS_EACH_MAX} bids of yours, found as many")
        if self._counts[account] >= ENTRIES_EACH_MAX and action != WITHDRAW:
            raise GateRefused(
                f"run: expected at most {ENTRIES_EACH_MAX} requests of yours, found as many"
            )
        if self._bytes[account] >= BYTES_EACH_MAX and action != WITHDRAW:
            raise GateRefused(
                f"run: expected at most {BYTES_EACH_MAX} bytes of bids of yours, found as many"
            )


def run_id(account: int, bid_id: str) -> str:
    """Give the id that a member's bid has in the sealed run."""
    return f"{account}.{bid_id}"


def supposed(grid: Grid, body: Mapping[str, Any]) -> Context:
    """Give a context with one pool of each product, as large as can be, that stocks what is needed.

    It depends on nothing but the run's terms and the bid itself.
    """
    tiers, stock = frozenset(tier.name for tier in grid.tiers), frozenset(_needs(body))
    offers = (Offered(id, tiers, stock, QUANTITY_HUNDREDTHS_MAX) for id in grid.product_numbers)
    return Context(grid, {offered.product: offered for offered in offers})


def _needs(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of side resources in a bid that nobody has read yet."""
    for mode in _objects(body.get("modes")):
        for row in (mode, *_objects(mode.get("perf"))):
            needs = row.get("needs")
            yield from needs if isinstance(needs, dict) else ()


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))


def sealed_json(
    sealed: Mapping[str, Any], salt: str, guards: Mapping[str, Any] | None = None
) -> bytes:
    """Write a sealed run with its salt and its guard rails, where it has any, canonically."""
    return canonical({"salt": salt, "run": sealed} | ({"guards": guards} if guards else {}))


def reserved_microusd(bid: Bid, run: Instance) -> int:
    """Give what a bid must have behind it, in micro-dollars, rounded up.

    A buyer: the most that it may pay, which is what it declares, or its limit of spending. A
    virtual: what the run may cost it and what its closing may, at floor or cap, the worst there is.
    A pool: a tenth of what its chips could earn at its dearest block, which it forfeits when it
    fails, and what it would pay at a price below zero.
    """
    grid = run.grid
    if isinstance(bid, Workload):
        most = _up(bid.declared_usd(grid) * MICROUSD_PER_USD)
        return most if bid.spend_microusd is None else min(most, bid.spend_microusd)
    if isinstance(bid, Virtual):
        each = sum(chips * _worst_ticks(bid, price, run) for chips, price in bid.curve)
        windows = len(bid.intervals)
        return _up(Fraction(each * windows * grid.step_minutes, MINUTES_PER_HOUR))
    if isinstance(bid, Pool):
        prices = [block.price_ticks for block in bid.blocks]
        hours = Fraction(sum(bid.inventory_hundredths) * grid.step_minutes, MINUTES_PER_HOUR)
        margin = Fraction(max(*prices, 0) * SUPPLY_MARGIN_PPM, PPM)
        return _up(hours * (margin + max(0, -min(prices))))
    return 0


def _worst_ticks(bid: Virtual, price_ticks: int, run: Instance) -> int:
    """Give what a virtual chip-hour can cost at most: in the run, and when it is closed."""
    price_ticks = min(price_ticks, run.grid.cap_ticks)
    if bid.side == BUY:
        return max(price_ticks, 0) + max(-run.grid.floor_ticks, 0)
    return max(-price_ticks, 0) + max(run.grid.cap_ticks, 0)


def _up(amount: Fraction) -> int:
    return div_ceil(amount.numerator, amount.denominator)


def _in_run(request: Request) -> dict[str, Any]:
    """Give a member's bid as it stands in the sealed run."""
    named = run_id(request.account, request.bid_id)
    return {**request.body, "id": named, "account": request.account}


def _untimely(when: str, limit_ns: int, time_ns: int) -> GateRefused:
    expected = f"a request {when} at {iso_from_ns(limit_ns)}"
    return GateRefused(f"run: expected {expected}, found {iso_from_ns(time_ns)}")
