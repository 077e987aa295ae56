"""AUCTIONED: a market with an auction house in it, whose clock is the test's.

Takes   a data folder.
Gives   `House`: a real market over a real journal, two members with money, the auctioneer and the
        deliverer; runs announced, bids, readings signed by the members' meters.
Keeps   a stop as hard as asked: `reopened` begins from the files and the journal alone.
Source  docs/formulation/runs.md, section 12.
"""

from contextlib import ExitStack
from contextlib import closing

from chiphour.adapters.auction_delivery import Deliverer
from chiphour.adapters.auctioneer import Auctioneer
from chiphour.adapters.auctions import Auctions
from chiphour.adapters.market import Market
from chiphour.adapters.members import Members
from chiphour.adapters.members import name_bytes
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.gate import SUBMIT
from chiphour.auction.meter import Count
from chiphour.auction.meter import Reading
from chiphour.auction.meter import Signed
from chiphour.auction.meter import to_json as reading_to_json
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import OPENS_NS
from gated import SELLER
from gated import SHUT_NS
from gated import settings_of
from metered import key_of

PAID_MICROUSD = 1_000 * 10**6
MEMBERS = (SELLER, BUYER, 102)
WINDOW = {
    "reading_hours": 1,
    "dispute_hours": 1,
    "probe_hours": 1,
    "correction_hours": 1,
    "tolerance_ppm": 0,
}


def terms_of(settings, delivers=True, closes_ns=SHUT_NS, rules=None, **more):
    """Give what an operator says of a run; `more`, such as its guard rails, is added."""
    return {
        "settings": settings,
        "opens": iso_from_ns(OPENS_NS),
        "closes": iso_from_ns(closes_ns),
        "discloses": iso_from_ns(closes_ns + 3 * NS_PER_HOUR),
        "delivers": delivers,
        "rules": rules or rules_of(),
    } | more


def rules_of(penalty_ppm=100_000):
    """Give rules whose disputes are over within hours."""
    return {
        "schema": "chiphour.auction.rules/1",
        "tiers": [
            {"name": name, "rank": rank, "interruption_ppm": pi, "overcommit_ppm": 1_000_000}
            for rank, (name, pi) in enumerate((("gang", 0), ("on-demand", 0), ("spot", 100_000)))
        ],
        "penalty": {"rate_ppm": penalty_ppm, "target_account": None},
        "collateral": {
            "outage_ppm": 100_000,
            "penalty_ppm": 100_000,
            "mover_ppm": 200_000,
            "virtual_ppm": 100_000,
        },
        "stresses": [{"product": "H100/node8/us", "low": "0", "high": "3"}],
        "window": WINDOW,
    }


class House:
    """A market with its auction house. Use it as a context."""

    def __init__(self, folder, now_ns=OPENS_NS):
        self.folder, self.time_ns = folder, now_ns
        self._stack = ExitStack()
        self._open()
        if self.market.sequence == 0:
            for account in MEMBERS:
                paid = {"account": account, "amount_microusd": PAID_MICROUSD}
                rows = [command(Kind.OPEN_ACCOUNT, account=account), command(Kind.DEPOSIT, **paid)]
                self.market.submit(commands(rows), name_bytes(account, f"m{account}"))

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self._stack.close()

    def _open(self):
        self.auctions = self._stack.enter_context(closing(Auctions(self.folder)))
        self.members = Members()

        def hear(told):
            self.members.hear(told)
            self.auctions.hear(told)

        self.market = self._stack.enter_context(Market(self.folder, demonstration=False, hear=hear))
        self.market.runs_by(lambda: self.time_ns)
        self.auctioneer = Auctioneer(self.auctions, self.market, self.members)
        self.deliverer = Deliverer(self.auctioneer)

    def reopened(self):
        """Stop, and begin again from what is on disk."""
        self._stack.close()
        self._open()
        self.auctioneer.recover()
        return self

    def cash(self, account):
        return self.market.cash_microusd()[account]

    def collateral(self):
        return self.cash(COLLATERAL_ACCOUNT)

    def announce(self, **more):
        terms = {
            name: more.pop(name)
            for name in ("delivers", "closes_ns", "rules", "guards", "scarcity")
            if name in more
        }
        return self.auctioneer.create(terms_of(settings_of(**more), **terms))

    def bid(self, account, body, run=7, action=SUBMIT):
        return self.auctioneer.bid(account, action, run, body["id"], body)

    def clear(self, run=7, at_ns=SHUT_NS):
        self.time_ns = max(self.time_ns, at_ns)
        return self.auctioneer.clear(run)

    def meters(self):
        for account in (*MEMBERS, 2):
            public = key_of(account).public_key().public_bytes_raw().hex()
            self.deliverer.set_meter(account, public)

    def reading(self, account, case, chips, hours=(0, HOURS)):
        """Sign that so many chips served in some hours of an obligation."""
        from_ns = case.obligation.from_ns + hours[0] * NS_PER_HOUR
        counts = (Count(chips, (hours[1] - hours[0]) * NS_PER_HOUR // NS_PER_SECOND),)
        read = Reading(account, case.obligation.hash, from_ns, counts, None)
        return reading_to_json(Signed(read, key_of(account).sign(read.message)))

    def final_ns(self):
        return FROM_NS + (HOURS + 5) * NS_PER_HOUR
