"""AUCTION_HOUSE: all that runs of the auction need of a market, and what is due of them.

Takes   the runs of a data folder, the market that holds their money, its members.
Gives   `AuctionHouse`: its auctioneer, its deliverer; `tend`, a task of the calendar.
Keeps   what a stop left undone finished before anything else is done; a fault in clearing holds up
        no delivery.
Source  Decisions 0033, 0039 and 0046.
"""

from chiphour.adapters.auction_delivery import Deliverer
from chiphour.adapters.auctioneer import Auctioneer
from chiphour.adapters.auctioneer import Floor
from chiphour.adapters.auctions import Auctions
from chiphour.adapters.members import Members


class AuctionHouse:
    """Clears and settles the runs of one market. Any thread may call."""

    def __init__(self, auctions: Auctions, floor: Floor, members: Members) -> None:
        """Begin, and do what a stop left undone; all three heard the market from its beginning."""
        self.auctioneer = Auctioneer(auctions, floor, members)
        self.deliverer = Deliverer(self.auctioneer)
        self.auctioneer.recover()

    def tend(self) -> None:
        """Close, clear and settle what is due now; doing it again changes nothing."""
        try:
            self.auctioneer.tend()
        finally:
            self.deliverer.tend()
