"""DRIVEN: clients that nobody here wrote, pointed at a market of ours.

Takes   a floor of `trading.py`, one of its members.
Gives   ccxt's clients, unmodified: only their addresses and their currency are told; what the
        exchange itself holds of an account, to compare with what a client says.
Keeps   the clients' own limit on requests off: the market's limit is what is tested.
Source  Decision 0036; docs/api/README.md.
"""

from fractions import Fraction

import ccxt
import ccxt.pro

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE

H100 = "H100SXMOD/USDC:USDC"
H100_DATED = "H100SXMOD/USDC:USDC-260831"
BASIS = "H100SXMODH200SXMOD/USDC:USDC-260831"
AVERAGE = "H100SXMODAVG/USDC:USDC-260831"
H200 = "H200SXMOD/USDC:USDC"
SYMBOLS = (H100, H100_DATED, BASIS, AVERAGE, H200)  # By the number of their contract.
MID = {H100: 3.0, H100_DATED: 3.0, BASIS: -0.6, AVERAGE: 3.0, H200: 3.6}
TICK = 0.0001
MICROUSD = 1_000_000


def rest_client(floor, member):
    """Give ccxt's REST client of a member."""
    return pointed(ccxt.deribit, floor, member)


def pro_client(floor, member):
    """Give ccxt.pro's client of a member; close it at the end."""
    return pointed(ccxt.pro.deribit, floor, member)


def pointed(kind, floor, member):
    """Give a client of a kind with our addresses."""
    client = kind({"apiKey": member.key, "secret": member.secret, "enableRateLimit": False})
    client.urls["api"]["rest"] = floor.url
    client.urls["api"]["ws"] = floor.socket_url
    client.options["code"], client.options["currencies"] = "USDC", ["USDC"]
    return client


def microusd(value) -> int:
    """Give what a client shows in dollars as micro-dollars; it must be whole."""
    exact = Fraction(str(value)) * MICROUSD
    assert exact.denominator == 1, value
    return int(exact)


def account_of(floor, member):
    """Give an account as the exchange itself has it."""
    return floor.market.ask(lambda engine: engine.account(member.account))


def lots_of(floor, member) -> dict[str, int]:
    """Give the lots of each position by symbol, as the exchange itself has them."""
    held = account_of(floor, member).positions
    return {SYMBOLS[each.contract]: each.lots for each in held if each.lots}


def pass_hours(floor, ticker: str, index_microusd: int, hours: int) -> None:
    """Let hours of the market pass: a tick of an index each minute, and what is due each hour."""
    start_ns = floor.market.time_ns
    rows = []
    for minute in range(1, hours * NS_PER_HOUR // NS_PER_MINUTE + 1):
        time_ns = start_ns + minute * NS_PER_MINUTE
        tick = {"index": BY_TICKER[ticker].number, "fit": Quality.LIVE}
        rows.append(command(Kind.ADVANCE, time_ns=time_ns))
        rows.append(
            command(Kind.MARK, time_ns=time_ns, value_microusd=index_microusd + minute % 2, **tick)
        )
    floor.market.submit(commands(rows))
