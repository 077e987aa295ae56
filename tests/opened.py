"""OPENED: a market on its first day, for the tests that trade and fall over.

Takes   how many accounts, and the terms of the one contract.
Gives   `opening`, the commands that set it up; `STRIKE_NS`, the strike it begins at.
Keeps   the commands the same in every process.
Source  Rulebook 3 and 5.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts.table import TERMS
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.units import strike_ns

STRIKE_NS = strike_ns(date(2026, 7, 6))
FIX_MICROUSD = 2_500_000


def opening(accounts: int = 8, **terms: int) -> NDArray[np.int64]:
    """Open accounts from 8 on with money, and a perpetual on index 1 as contract 0."""
    given = {"index": 1, "funding_period_s": 3600} | terms
    rows = []
    for account in range(8, 8 + accounts):
        rows.append(command(Kind.OPEN_ACCOUNT, account=account))
        rows.append(command(Kind.DEPOSIT, account=account, amount_microusd=10**12))
    fixed = {"index": 1, "strike_ns": STRIKE_NS, "vintage": 1, "fit": 1}
    rows.append(command(Kind.FIXING, **fixed, value_microusd=FIX_MICROUSD))
    row = [given.get(term.name, term.default) for term in TERMS]
    return np.concatenate([commands(rows), listing(0, row)])
