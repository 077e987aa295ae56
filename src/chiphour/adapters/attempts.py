"""ATTEMPTS: how often somebody may be wrong before being told to wait.

Takes   an address, each time that somebody there is about to be judged.
Gives   nothing, or how long to wait; `give_back` for one who was right.
Keeps   at most `each` wrong attempts of one address in a period, and `together` of all others than
        this machine; the memory for it bounded, whoever comes.
Source  The generic cell rate algorithm (ITU-T I.371); decision 0034.

An attempt is taken before the judgement, so that a hundred at once are not all judged first. An
IPv6 address counts as its /64, which is what one subscriber has.
"""

import ipaddress
import threading
import time
from collections.abc import Callable

from chiphour.units import NS_PER_SECOND

PERIOD_NS = 60 * NS_PER_SECOND
ADDRESSES_MAX = 4_096
_PREFIX = 64


class Attempts:
    """Who was wrong lately. Threads take turns."""

    def __init__(
        self,
        each: int,
        together: int | None = None,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Allow `each` attempts of an address in a period, and `together` of all; None: any."""
        self._turn = threading.Lock()
        self._now_ns = now_ns
        self._cost_ns = PERIOD_NS // each
        self._cost_together_ns = PERIOD_NS // together if together else 0
        self._until_ns: dict[str, int] = {}  # When the address has been quiet long enough.
        self._until_together_ns = 0

    def take(self, address: str) -> int:
        """Take one attempt: give 0, or the nanoseconds to wait where there are none left."""
        who, now_ns = source_of(address), self._now_ns()
        with self._turn:
            until_ns = max(self._until_ns.get(who, 0), now_ns) + self._cost_ns
            wait_ns = until_ns - now_ns - PERIOD_NS
            together_ns = max(self._until_together_ns, now_ns) + self._cost_together_ns
            if not is_loopback(address):
                wait_ns = max(wait_ns, together_ns - now_ns - PERIOD_NS)
            if wait_ns > 0:
                return wait_ns
            self._make_room(who, now_ns)
            self._until_ns[who] = until_ns
            if not is_loopback(address):
                self._until_together_ns = together_ns
            return 0

    def give_back(self, address: str) -> None:
        """Give an attempt back: whoever took it was right."""
        who = source_of(address)
        with self._turn:
            if who in self._until_ns:
                self._until_ns[who] -= self._cost_ns
            if not is_loopback(address):
                self._until_together_ns -= self._cost_together_ns

    def _make_room(self, who: str, now_ns: int) -> None:
        """Forget who has been quiet; where all are loud, the one that is quiet soonest."""
        if who in self._until_ns or len(self._until_ns) < ADDRESSES_MAX:
            return
        loud = {each: until for each, until in self._until_ns.items() if until > now_ns}
        if len(loud) == ADDRESSES_MAX:
            del loud[min(loud, key=lambda each: loud[each])]
        self._until_ns = loud


def source_of(address: str) -> str:
    """Give the network that an address is counted with."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""  # No address, or not one: all of these are one.
    plain = getattr(found, "ipv4_mapped", None) or found
    if isinstance(plain, ipaddress.IPv4Address):
        return str(plain)
    return str(ipaddress.ip_network((plain, _PREFIX), strict=False))


def is_loopback(address: str) -> bool:
    """Tell whether an address is of this machine."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
