"""HOSTS: what each machine of a book weighs, so that no host decides its venue's rate.

Takes   the host of each machine.
Gives   the weights, and how uneven the book is.
Keeps   any one host at no more than its share of all weight, exactly.
Source  Methodology v2026_1, "Host cap"; decision 0016.

With n(h) machines of host h, the cap c is the largest number, at most max n(h), with
c <= share * sum of min(n(h), c): the right side is concave in c and starts at 0, so between two
neighbouring n(h) the largest c is found by one division.
"""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.parameters import Parameters
from chiphour.units import PPM


class Weights(NamedTuple):
    """What each machine weighs, in the order given; the largest host's machines; capped or not."""

    weights: tuple[Fraction, ...]
    largest: int
    capped: bool


def host_weights(hosts: Sequence[str], parameters: Parameters) -> Weights:
    """Weigh machines by their hosts; "" is a host like any other, unless no host is named."""
    sizes = Counter(hosts)
    largest = max(sizes.values())
    if not any(hosts):
        return Weights((Fraction(1),) * len(hosts), largest, False)
    if len(sizes) < parameters.capped_hosts_min:
        weights = tuple(Fraction(1, sizes[host]) for host in hosts)
        return Weights(weights, largest, len(set(sizes.values())) > 1)
    cap = host_cap(sizes.values(), Fraction(parameters.host_share_max_ppm, PPM))
    of_size = {size: min(Fraction(1), Fraction(cap, size)) for size in set(sizes.values())}
    return Weights(tuple(of_size[sizes[host]] for host in hosts), largest, cap < largest)


def host_cap(sizes: Iterable[int], share: Fraction) -> Fraction:
    """Give the most that one host may weigh: the largest c <= share * sum of min(size, c).

    `share` times the number of hosts is at least one.
    """
    ordered = sorted(sizes)
    assert share * len(ordered) >= 1
    if ordered[-1] <= share * sum(ordered):
        return Fraction(ordered[-1])
    below, left = 0, len(ordered)  # Machines of the hosts under the cap; hosts above it.
    for size in ordered:
        # Were the cap to lie at `size` or above: is it reached before?
        slope = 1 - share * left
        if slope > 0 and share * below < slope * size:
            return Fraction(share * below, slope)
        below += size
        left -= 1
    raise AssertionError("the largest host was within its share")
