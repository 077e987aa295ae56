"""SPELLING: how the paper writes money, shares and tables.

Takes   values.
Gives   text.
Keeps   one way for all sections.
Source  docs/pricing/text.md.
"""

from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
from desks import Spread
from world import World

NONE = "\u2013"
MINUS = "\u2212"


def usd(value: float, decimals: int = 2) -> str:
    """Write dollars: 3.23, 166,921."""
    return f"{MINUS if value < 0 else ''}{abs(value):,.{decimals}f}"


def percent(share: float, decimals: int = 0) -> str:
    """Write a share: 22 %, 3.1 %, with a minus sign."""
    text = f"{abs(100 * share):.{decimals}f}"
    return f"{MINUS if share < 0 and float(text) else ''}{text} %"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def money(found: Spread) -> tuple[str, str, str]:
    """Write a spread in whole dollars."""
    return usd(found.mean, 0), usd(found.low, 0), usd(found.high, 0)


def last_price(world: World, series: str) -> float:
    """Give the last fix of a series, dollars."""
    return float(np.exp(world.histories[series][-1].logs[-1]))
