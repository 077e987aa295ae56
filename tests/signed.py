"""SIGNED: fixes of a small market in a real log, as a publisher would send them.

Takes   a folder.
Gives   a log with a batch and the fixes made from it; the signed object of one.
Keeps   one way to make what many tests of proofs need.
Source  Decision 0020.
"""

from datetime import date
from pathlib import Path

from chiphour.adapters.log import Log
from chiphour.adapters.signing import Signer
from chiphour.index.batch import batch_root
from chiphour.index.fixing import Fixing
from chiphour.index.leaves import batch_leaf
from chiphour.index.leaves import fix_leaf
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import as_final
from chiphour.index.v2026_1 import fix_one
from chiphour.observe.observation import observation_id
from chiphour.publish.signed import Proof
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns
from records import observation

STRIKE_NS = strike_ns(date(2026, 7, 20))
H100 = BY_TICKER["CHR.H100.SXM.OD"]
VENUES = ("coreweave", "crusoe", "jarvislabs", "lambda", "nebius", "ovh")


def rows(strike, usd=3):
    return [
        observation(strike - NS_PER_HOUR, venue=venue, price_nanousd=usd * 10**9 + 10**7 * place)
        for place, venue in enumerate(VENUES)
    ]


def two_fixes() -> list[tuple[Fixing, str]]:
    """Fix two days, the second fit for settlement; with each the root of its batch."""
    found, previous = [], None
    for strike in (STRIKE_NS, STRIKE_NS + NS_PER_DAY):
        seen = rows(strike)
        previous = fix_one(H100, seen, strike, previous)
        found.append((previous, batch_root(observation_id(row) for row in seen)))
    return found


class Published:
    """A publisher with its own key, who published the final fix of a day."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self.signer = Signer(folder / "log.key", name)
        self.log = Log(folder / "log", "", self.signer)
        self.fixings: list[Fixing] = []
        self.indexes: list[int] = []
        for provisional, root in two_fixes():
            strike = provisional.strike_ns
            fixing = as_final(provisional)
            batch = batch_leaf(strike, strike, len(VENUES), root)
            at = self.log.append([batch, fix_leaf(fixing, fixing.known_ns, root)])
            self.fixings.append(fixing)
            self.indexes.append(at + 1)

    @property
    def key(self) -> str:
        return self.signer.vkey

    def proof(self, place: int = -1) -> Proof:
        index = self.indexes[place]
        return Proof(
            index, self.log.leaf(index), tuple(self.log.inclusion(index)), self.log.checkpoint()
        )
