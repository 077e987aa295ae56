"""AUCTIONS: the runs of the auction in a data folder, and what the journal says of their money.

Takes   a folder, read at start; `Told`, from the market's first frame on.
Gives   `Auctions`: the runs by number; positions, prices and collateral over all of them; the
        public keys of meters.
Keeps   the journal as the only truth about money: what a run asked for counts when the journal
        holds it, by run and item. A restart from the same files and journal is the same.
Source  docs/formulation/runs.md; decision 0039.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from chiphour.adapters.auction_file import AuctionFile
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auction_run import Stage
from chiphour.adapters.commit import Told
from chiphour.auction.collateral import Stress
from chiphour.auction.collateral import paid_ahead_microusd
from chiphour.auction.collateral import required_microusd
from chiphour.auction.instance import Instance
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import positions_after
from chiphour.auction.result import Result
from chiphour.auction.slots import times_of
from chiphour.auction.term import RunPrice
from chiphour.auction.term import paths
from chiphour.auction.term import run_prices
from chiphour.exchange import events as e

FOLDER = "auctions"
METERS_FILE = "meters.jsonl"
CLEARED = (Stage.CLEARED, Stage.SETTLED)


class Auctions:
    """All runs. It hears from the market's beginning; one auctioneer changes it."""

    def __init__(self, folder: Path) -> None:
        """Read the runs of a data folder; raises AuctionDamaged."""
        self.folder = folder / FOLDER
        self.runs: dict[int, AuctionRun] = {}
        self.turn = threading.RLock()  # Between what is decided and what is written.
        self._hearing = threading.Lock()  # Whoever has the turn waits for the journal meanwhile.
        self._items: dict[int, set[int]] = defaultdict(set)
        self._meters = AuctionFile(self.folder / METERS_FILE)
        self._keys = {row["account"]: row["key"] for row in self._meters.lines}
        try:
            for place in sorted(self.folder.iterdir()):
                if place.is_dir() and any(place.iterdir()):
                    self._open(place)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        self._meters.close()
        for run in self.runs.values():
            run.close()

    def hear(self, told: Told) -> None:
        """Hear a frame: which items of which run the journal holds."""
        events = told.events
        if not len(events):
            return
        moved = events[events[:, e.KIND] == e.Kind.TRANSFERRED]
        moved = moved[moved[:, e.RUN] > 0]
        for number, item in moved[:, (e.RUN, e.ITEM)].tolist():
            with self._hearing:
                self._items[number].add(item)
                if number in self.runs:
                    self.runs[number].paid([item])

    def is_known(self, number: int) -> bool:
        """Tell whether a number was used by any run, or any transfer of one."""
        return number in self.runs or number in self._items

    def create(self, number: int, line: dict[str, object]) -> AuctionRun:
        """Make the folder of a new run, with its first line."""
        run = AuctionRun(self.folder / str(number))
        run.append(line)
        self.runs[number] = run
        return run

    def ranked(self) -> list[AuctionRun]:
        """Give the runs by number."""
        return [self.runs[number] for number in sorted(self.runs)]

    def cleared(self) -> Iterator[AuctionRun]:
        """Yield the runs that are cleared, by number."""
        return (run for run in self.ranked() if run.stage in CLEARED)

    # -- what holds over all runs ----------------------------------------------------------------

    def trades(self) -> list[Trade]:
        """Give all that was traded."""
        return [trade for run in self.cleared() for trade in run.trades]

    def open_positions(self, more: tuple[Trade, ...] = ()) -> list[Position]:
        """Give the positions that are not settled; `more` are trades of a run being cleared."""
        over = {
            (product, hour)
            for run in self.cleared()
            if run.stage is Stage.SETTLED
            for product in run.grid.product_numbers
            for hour in times_of(run.grid)
        }
        held = positions_after([*self.trades(), *more])
        return [each for each in held if (each.product, each.hour_ns) not in over]

    def collateral_microusd(self, account: int) -> int:
        """Give what an account has behind its positions, over all cleared runs.

        What a run has planned is taken already, though the journal may not hold it yet: it is no
        other run's to give back.
        """
        return sum(run.left_microusd(account) for run in self._after_gate())

    def holders(self) -> set[int]:
        """Give the accounts that have collateral behind positions."""
        return {
            account
            for run in self._after_gate()
            for account in run.kept_microusd
            if run.left_microusd(account)
        }

    def needed_microusd(self, account: int, held: list[Position], rules_of: AuctionRun) -> int:
        """Give what an account needs for open positions (equation 12), by a run's rules."""
        stresses: dict[str, Stress] = {}
        for run in [*self.cleared(), rules_of]:
            stresses |= run.rules.stress_of
        own = [each for each in held if each.account == account]
        return required_microusd(account, own, stresses, rules_of.rules.collateral)

    def paid_ahead_microusd(
        self, held: list[Position], more: tuple[Trade, ...] = ()
    ) -> dict[int, int]:
        """Give what accounts were paid for sales among open positions; `more` as there."""
        return paid_ahead_microusd(held, (*self.trades(), *more))

    def prices(self) -> list[RunPrice]:
        """Give every published price of every run."""
        return [
            price
            for run in self.cleared()
            for price in run_prices(
                run.trades, run.gate.empty.kind, run.cleared_ns, run.grid.slot_minutes
            )
        ]

    def last_prices(self, run: int) -> dict[Slot, int]:
        """Give the last price of every slot by the runs up to a number: that of delivery."""
        return {slot: price.price_ticks for slot, price in self.last_priced(run).items()}

    def last_priced(self, run: int) -> dict[Slot, RunPrice]:
        """Give what the last of the runs up to a number that priced a slot said of it."""
        known = [price for price in self.prices() if price.run <= run]
        return {path.slot: path.prices[-1] for path in paths(known)}

    def pools(self) -> dict[tuple[int, str], str]:
        """Give the pool from which each account delivers a product, by the last run."""
        found: dict[tuple[int, str], str] = {}
        for run in self.cleared():
            found |= pools_of(run.instance, run.result)
        return found

    # -- meters ----------------------------------------------------------------------------------

    def meter_keys(self) -> dict[int, bytes]:
        """Give the public key of each account's meter."""
        return {account: bytes.fromhex(key) for account, key in self._keys.items()}

    def set_meter(self, account: int, key: str) -> None:
        """Keep the public key of a meter, 64 hexadecimal digits."""
        if self._keys.get(account) != key:
            self._meters.append({"what": "meter", "account": account, "key": key})
            self._keys[account] = key

    def _after_gate(self) -> list[AuctionRun]:
        return [run for run in self.runs.values() if run.stage in (*CLEARED, Stage.CANCELLED)]

    def _open(self, place: Path) -> None:
        run = AuctionRun(place)
        if hasattr(run, "gate"):
            self.runs[run.run] = run
        else:  # It stopped before its first line: it never was.
            run.close()


def pools_of(instance: Instance, result: Result) -> dict[tuple[int, str], str]:
    """Give the pool from which an account delivers a product: of several the first by id."""
    offered = instance.context.pools
    found: dict[tuple[int, str], str] = {}
    for part in sorted(result.award.parts):
        if part.id in offered:
            found.setdefault((part.account, offered[part.id].product), part.id)
    return found
